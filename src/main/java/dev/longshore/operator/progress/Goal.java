package dev.longshore.operator.progress;

import java.time.Duration;
import java.time.Instant;

/**
 * What a job's number of workers is measured by.
 *
 * @param concurrency processor calls at once in each worker, at least 1
 * @param targetDuration how long a run is to take, suspended time not counted; null: not said
 * @param finishBy when it is to be finished; null: not said
 */
public record Goal(int concurrency, Duration targetDuration, Instant finishBy) {
  static final Goal NONE = new Goal(1, null, null);

  /**
   * Until the earlier of both, not positive when that is over; null when neither is said.
   *
   * @param active how long the run has been going on
   */
  public Duration timeLeft(Duration active, Instant now) {
    Duration byTarget = targetDuration == null ? null : targetDuration.minus(active);
    Duration byClock = finishBy == null ? null : Duration.between(now, finishBy);
    return byTarget == null ? byClock : byClock == null || byTarget.compareTo(byClock) <= 0 ? byTarget : byClock;
  }
}
