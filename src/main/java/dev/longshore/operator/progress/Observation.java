package dev.longshore.operator.progress;

import dev.longshore.queue.WorkQueues.Depth;
import dev.longshore.store.JobReading;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;

/**
 * What was read of a job at one moment.
 *
 * @param reading null when the ledger has no account of it
 * @param work messages that wait; null when the broker did not answer, or the queue has no leader
 * @param control feeds that wait; null when the broker did not answer, or while messages wait for workers and nothing is to be fed
 * @param at when
 */
public record Observation(JobReading reading, Depth work, Depth control, Instant at) {
  /** A reading that is older lowers nothing. */
  private static final Duration FRESH = Duration.ofSeconds(5);

  public boolean stale(Instant now) {
    return Duration.between(at, now).compareTo(FRESH) > 0;
  }

  /** Items that still need a worker, or messages where those are more; at least 1 while there may be more to come. */
  public long backlog() {
    if (reading == null || reading.failure() != null) {
      return 0;
    }
    long items = Math.max(reading.counts().remaining(), work == null ? 0 : work.ready());
    return reading.counts().allFinal() ? 0 : reading.counts().intakeComplete() ? items : Math.max(1, items);
  }

  /** Whether both show the same, whenever they were made. */
  boolean sameAs(Observation other) {
    return other != null && Objects.equals(work, other.work) && Objects.equals(control, other.control)
        && Objects.equals(timeless(reading), timeless(other.reading));
  }

  /** A reading without what changes by the mere passing of time. */
  private static JobReading timeless(JobReading r) {
    if (r == null) {
      return null;
    }
    JobReading.Steering steering = r.steering();
    return new JobReading(r.counts(), r.run(), r.ended(), new JobReading.Intake(r.intake().epoch(), r.intake().complete(), Duration.ZERO),
        new JobReading.Gaps(r.gaps().epoch(), r.gaps().items(), Duration.ZERO),
        new JobReading.Steering(steering.suspended(), steering.cancelled(), Duration.ZERO, steering.request(), steering.redriven(),
            steering.failedBefore()),
        r.firstStarted(), r.lastFinal(), r.intakeStarted(), r.busy(), r.failure(), r.groups());
  }
}
