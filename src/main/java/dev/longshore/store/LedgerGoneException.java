package dev.longshore.store;

import dev.longshore.job.JobRef;

/** The job has no account: it was deleted, or the store lost it. Nothing was changed. */
public final class LedgerGoneException extends RuntimeException {
  public LedgerGoneException(JobRef job) {
    super("no ledger for " + job + " (" + job.uid() + ")");
  }
}
