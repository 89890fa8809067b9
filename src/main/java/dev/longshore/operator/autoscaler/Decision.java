package dev.longshore.operator.autoscaler;

import dev.longshore.job.JobRef;
import java.util.List;

/**
 * How many workers a pool is to have.
 *
 * @param desired that number
 * @param wanted what the work alone asks for, within the bounds
 * @param reason why
 * @param limitedBy what keeps the pool from having more
 * @param atRisk jobs that will not be finished in time
 */
public record Decision(int desired, int wanted, Reason reason, LimitedBy limitedBy, List<AtRisk> atRisk) {
  /** Why a number was decided. */
  public enum Reason {
    /** Somebody set the number. */
    PINNED,
    /** No active job: the minimum. */
    NO_JOBS,
    /** As the work asks. */
    WORK,
    /** The work asks for a little more or less, within the tolerance. */
    TOLERANCE,
    /** The work asks for less, but not yet for long enough. */
    STABILIZING,
    /** The work asks for less, and more workers may not go within this time. */
    STEP,
    /** A reading is missing or old: nothing is lowered. */
    STALE
  }

  /**
   * What keeps a pool from having more workers.
   *
   * @param reason a word; empty when nothing does
   * @param message at most 256 characters
   */
  public record LimitedBy(String reason, String message) {
    public static final LimitedBy NOTHING = new LimitedBy("", "");

    public LimitedBy {
      message = message.length() > 256 ? message.substring(0, 255) + "…" : message;
    }
  }

  /** A job that is not finished in time even with all workers that the pool may have. */
  public record AtRisk(JobRef job, String message) {}
}
