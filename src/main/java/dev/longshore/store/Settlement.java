package dev.longshore.store;

import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import java.time.Duration;
import java.util.List;

/**
 * Outcomes of items that were taken together. The sets are disjoint and reach over at most {@link dev.longshore.job.Limits#CHUNK_ITEMS}.
 *
 * @param attempt the attempt that was worked on
 * @param holder who did
 * @param succeeded done
 * @param failed failed for good, with why
 * @param skipped left out, with why
 * @param retries to be tried again as attempt + 1 (or the same attempt when none was spent)
 * @param results what to keep of the final ones; null when nothing is kept
 * @param busy time spent inside the processor, summed over the items
 */
public record Settlement(int attempt, String holder, IndexSet succeeded, List<Failed> failed, List<Failed> skipped, List<RetryAt> retries,
    ResultBlob results, Duration busy) {

  /** An item that failed or was skipped, and why. */
  public record Failed(long index, Failure failure) {}

  /**
   * A retry entry.
   *
   * @param attempt the next one
   * @param delay until it is due
   * @param failure why this attempt failed, kept until the item is final ({@link Ledger#attempts}); null when nothing is to be kept
   */
  public record RetryAt(long index, int attempt, Duration delay, Failure failure) {}
}
