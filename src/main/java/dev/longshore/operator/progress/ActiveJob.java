package dev.longshore.operator.progress;

import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import java.time.Instant;
import java.util.Optional;

/** One job that has its queues, its account and its pool, and has not ended. */
public final class ActiveJob {
  private final JobRef ref;
  private final PoolRef pool;
  private final long generation;
  private final Throughput throughput = new Throughput();
  private final IntakeWatch intakeWatch = new IntakeWatch();
  private volatile Observation last;

  ActiveJob(JobRef ref, PoolRef pool, long generation) {
    this.ref = ref;
    this.pool = pool;
    this.generation = generation;
  }

  public JobRef ref() {
    return ref;
  }

  public PoolRef pool() {
    return pool;
  }

  /** The generation of the resource that queues, account and pool were made for. */
  public long generation() {
    return generation;
  }

  /** The last thing read of it; empty before the first. */
  public Optional<Observation> last() {
    return Optional.ofNullable(last);
  }

  /** Items that became final in a second, over the last seconds. */
  public long itemsPerSecond(Instant now) {
    return throughput.perSecond(now);
  }

  /** Whether the intake feed shows no life and must be published again. */
  public boolean intakeIsDead() {
    return intakeWatch.dead();
  }

  public void intakeRestarted() {
    intakeWatch.reset();
  }

  /** Whether anything but the time differs from before. */
  boolean observed(Observation observation) {
    boolean changed = !observation.sameAs(last);
    last = observation;
    intakeWatch.seen(observation);
    if (observation.reading() != null) {
      throughput.sample(observation.at(), observation.reading().counts().finished());
    }
    return changed;
  }
}
