package dev.longshore.store;

import dev.longshore.job.JobRef;

/** The job's account was written by a newer Longshore, and this one must not touch it. Nothing was changed. */
public final class NewerFormatException extends RuntimeException {
  public NewerFormatException(JobRef job, String format, int known) {
    super("the ledger of " + job + " has format " + format + ", and this Longshore knows formats up to " + known
        + ": update it, or let the newer one finish the job");
  }
}
