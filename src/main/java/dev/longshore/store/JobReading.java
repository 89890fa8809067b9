package dev.longshore.store;

import dev.longshore.job.FailureGroup;
import dev.longshore.job.ItemCounts;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * A job's account at one moment.
 *
 * @param run 1 at first
 * @param ended the phase in which this run ended; null while it goes on
 * @param intake the state of the feed
 * @param gaps what is to be fed again
 * @param steering what was asked of the job while it ran
 * @param firstStarted when the first item was taken; null before
 * @param lastFinal when an item last became final; null before
 * @param intakeStarted when intake first read the source; null before
 * @param busy what the processor was needed for
 * @param failure why the run cannot go on ({@link Ledger#fail}); null when it can
 * @param groups the failures that are most frequent, at most 10
 */
public record JobReading(ItemCounts counts, int run, String ended, Intake intake, Gaps gaps, Steering steering, Instant firstStarted, Instant lastFinal,
    Instant intakeStarted, Busy busy, FatalError failure, List<FailureGroup> groups) {

  /**
   * The intake feed.
   *
   * @param epoch of the feed that may move
   * @param idle how long since the feed last showed that it lives, or since it was to be published; zero once complete
   */
  public record Intake(long epoch, boolean complete, Duration idle) {}

  /**
   * The gaps feed.
   *
   * @param items marked to be fed again and not final; zero: nothing is to be fed
   * @param idle how long since the feed last showed that it lives, or since it was to be published; zero when nothing is to be fed
   */
  public record Gaps(long epoch, long items, Duration idle) {
    public static final Gaps NONE = new Gaps(0, 0, Duration.ZERO);
  }

  /**
   * What was asked of the job.
   *
   * @param active how long this run has been going on, suspended time not counted
   * @param request the last redrive that was carried out; null when there was none
   * @param redriven items that it gave back to work
   * @param failedBefore items that had failed before this run and were not opened again: the rest of the failed ones failed in this run
   */
  public record Steering(boolean suspended, boolean cancelled, Duration active, String request, long redriven, long failedBefore) {
    public static final Steering NONE = new Steering(false, false, Duration.ZERO, null, 0, 0);
  }

  /**
   * What the processor was needed for, attempts that failed included.
   *
   * @param time inside it, summed over the items
   * @param items each as often as it was attempted
   */
  public record Busy(Duration time, long items) {
    public static final Busy NONE = new Busy(Duration.ZERO, 0);
  }

  /** Mean time inside the processor for one item; null before the first. */
  public Duration serviceTime() {
    return busy.items() == 0 ? null : busy.time().dividedBy(busy.items());
  }

  /** Why a job cannot go on. */
  public record FatalError(String reason, String message) {}
}
