package dev.longshore.job;

/**
 * Where a job's items are. {@code known = pending + inFlight + retrying + succeeded + failed + skipped + cancelled} at every read.
 *
 * @param known items announced so far; it is the job's total once {@code intakeComplete}
 * @param intakeComplete whether the source has been read to its end
 * @param pending waiting in a queue, or about to be
 * @param inFlight leased by a worker
 * @param retrying waiting for a further attempt
 */
public record ItemCounts(long known, boolean intakeComplete, long pending, long inFlight, long retrying,
    long succeeded, long failed, long skipped, long cancelled) {
  public static final ItemCounts NONE = new ItemCounts(0, false, 0, 0, 0, 0, 0, 0, 0);

  /** Items that have reached their end, whatever it is. */
  public long finished() {
    return succeeded + failed + skipped + cancelled;
  }

  /** Items that still need a worker. */
  public long remaining() {
    return known - finished();
  }

  /** Whether the equation holds and no term is negative. */
  public boolean balanced() {
    return known == pending + inFlight + retrying + finished()
        && Math.min(pending, Math.min(inFlight, retrying)) >= 0
        && Math.min(Math.min(succeeded, failed), Math.min(skipped, cancelled)) >= 0;
  }

  /** Whether nothing is left to do: the only ground on which a job is complete. */
  public boolean allFinal() {
    return intakeComplete && finished() == known;
  }
}
