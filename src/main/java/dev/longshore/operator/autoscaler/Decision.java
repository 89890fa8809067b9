package dev.longshore.operator.autoscaler;

/**
 * How many workers a pool is to have.
 *
 * @param desired that number
 * @param wanted what the backlog alone asks for, within the bounds
 * @param reason why
 * @param limitedBy what keeps the pool from having more
 */
public record Decision(int desired, int wanted, Reason reason, LimitedBy limitedBy) {
  /** Why a number was decided. */
  public enum Reason {
    /** Somebody set the number. */
    PINNED,
    /** No active job: the minimum. */
    NO_JOBS,
    /** As the backlog asks. */
    BACKLOG,
    /** The backlog asks for less, but not yet for long enough. */
    STABILIZING,
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
}
