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
 * @param measured whether the queues were measured at that moment; else their sizes are those of the last time
 * @param at when
 */
public record Observation(JobReading reading, Depth work, Depth control, boolean measured, Instant at) {
  /** A reading that is older lowers nothing. */
  private static final Duration FRESH = Duration.ofSeconds(5);

  /** Everything was read at that moment. */
  public Observation(JobReading reading, Depth work, Depth control, Instant at) {
    this(reading, work, control, true, at);
  }

  /** What was read of a job whose queues are not measured again. @param last null when they have not been measured yet */
  static Observation unmeasured(JobReading reading, Observation last, Instant at) {
    return new Observation(reading, last == null ? null : last.work(), last == null ? null : last.control(), false, at);
  }

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
    return other != null && Objects.equals(work, other.work) && Objects.equals(control, other.control) && sameReading(other.reading);
  }

  /** Whether the ledger still said what {@code other} says, whenever that was. */
  boolean sameReading(JobReading other) {
    return Objects.equals(timeless(reading), timeless(other));
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
