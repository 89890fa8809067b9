package dev.longshore.operator.progress;

import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec.FailurePolicy;
import dev.longshore.job.PoolRef;
import dev.longshore.operator.forecast.EndEstimator;
import dev.longshore.operator.forecast.Sample;
import dev.longshore.operator.forecast.TimeLeft;
import dev.longshore.queue.QueueLeaderlessException;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.store.JobReading;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** One job that has its queues, its account and its pool, and has not ended. */
public final class ActiveJob {
  private static final Duration PACE_WINDOW = Duration.ofSeconds(10);
  /** A source that is read to its end sooner has no rate: it brings what it has at once. */
  private static final Duration ARRIVALS_LEAST = Duration.ofSeconds(30);
  private static final Duration ARRIVALS_WINDOW = Duration.ofSeconds(60);

  private final JobRef ref;
  private final PoolRef pool;
  private final Rate pace = new Rate(PACE_WINDOW, Duration.ZERO);
  private final Rate arrivals = new Rate(ARRIVALS_WINDOW, ARRIVALS_LEAST);
  private final FeedWatch intake = new FeedWatch();
  private final FeedWatch gaps = new FeedWatch();
  private final EndEstimator end = new EndEstimator();
  private final QueueWatch queues = new QueueWatch();
  private final Map<Kind, Outage<QueueLeaderlessException>> leaderless = new ConcurrentHashMap<>();
  private final AuditWatch audit;
  private volatile long generation;
  private volatile Observation last;
  private volatile String refusal;
  private volatile FailurePolicy policy = FailurePolicy.CONTINUE;
  private volatile Goal goal = Goal.NONE;
  /** Null until its pool has had a pass. */
  private volatile Workers workers;

  private record Workers(int ready, int planned) {}

  ActiveJob(JobRef ref, PoolRef pool, long generation, Duration auditQuiet) {
    this.ref = ref;
    this.pool = pool;
    this.generation = generation;
    this.audit = new AuditWatch(auditQuiet);
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

  /** It has been prepared for a changed spec. */
  void prepared(long forGeneration) {
    generation = forGeneration;
    refusal = null;
  }

  /** Why the changed spec of this generation is not followed, but the one before; empty when it is. */
  public Optional<String> refusal() {
    return Optional.ofNullable(refusal);
  }

  public void refused(String why) {
    refusal = why;
  }

  /** When failed items end it. */
  public FailurePolicy policy() {
    return policy;
  }

  public void policy(FailurePolicy now) {
    policy = now;
  }

  /** What its number of workers is measured by. */
  public Goal goal() {
    return goal;
  }

  public void goal(Goal now) {
    goal = now;
  }

  /**
   * How its pool stands.
   *
   * @param ready workers that take work
   * @param planned workers that were decided on
   */
  public void workers(int ready, int planned) {
    workers = new Workers(ready, planned);
  }

  /** How long it will go on from the last reading on; empty while too little is known, and as long as it is suspended. */
  public Optional<TimeLeft> timeLeft() {
    Observation observation = last;
    boolean suspended = observation != null && observation.reading() != null && observation.reading().steering().suspended();
    return suspended ? Optional.empty() : end.timeLeft();
  }

  /** The last thing read of it; empty before the first. */
  public Optional<Observation> last() {
    return Optional.ofNullable(last);
  }

  /** What was read does not hold any more: something was asked of the ledger since. */
  public void outdated() {
    last = null;
  }

  /** Items that became final in a second, over the last seconds. */
  public long itemsPerSecond(Instant now) {
    return Math.round(pace.perSecond(now));
  }

  /** Items a second that its source brought over the last minute, in tenths; 0 before it has been read for 30 s. */
  public double arrivals(Instant now) {
    return Math.round(10 * arrivals.perSecond(now)) / 10d;
  }

  /** Whether the intake feed shows no life and must be published again. */
  public boolean intakeIsDead() {
    return intake.dead();
  }

  public void intakeRestarted() {
    intake.restarted();
  }

  /** Whether items are marked to be fed again and no feed lives that brings them. */
  public boolean gapsAreDead() {
    return gaps.dead();
  }

  public void gapsRestarted() {
    gaps.restarted();
  }

  /** Whether this queue of it can be measured. */
  Outage<QueueLeaderlessException> queue(Kind kind) {
    return leaderless.computeIfAbsent(kind, which -> new Outage<>(WorkQueues.name(ref, which)));
  }

  /** Whether one of its queues is gone. */
  public boolean queuesAreLost() {
    return queues.lost();
  }

  /** Whether nothing has moved for so long that its queues and what leads to them are to be declared again. */
  public boolean standsStill() {
    return queues.still();
  }

  /** Its queues were declared again. @param lost whether one was gone, and with it what was in it */
  public void queuesDeclared(boolean lost) {
    queues.declared();
    if (lost) {
      intake.queueLost();
      gaps.queueLost();
      audit.queueLost();
    }
  }

  /** Whether its ledger is to be audited. */
  public boolean auditIsDue() {
    return audit.due();
  }

  public void audited() {
    audit.audited();
  }

  /** Whether it needs a pass: something but the time differs from before, or something is due. */
  boolean observed(Observation observation) {
    boolean changed = !observation.sameAs(last);
    last = observation;
    queues.seen(observation);
    audit.seen(observation);
    JobReading reading = observation.reading();
    if (reading != null) {
      boolean moves = reading.ended() == null && reading.failure() == null && !reading.steering().suspended();
      intake.seen(moves && !reading.intake().complete(), reading.intake().idle(), observation.control());
      gaps.seen(moves && reading.gaps().items() > 0, reading.gaps().idle(), observation.control());
      pace.sample(observation.at(), reading.counts().finished());
      arrivals.sample(observation.at(), reading.counts().known());
      forecast(observation.at(), reading);
    }
    return changed || intakeIsDead() || gapsAreDead() || queuesAreLost() || standsStill() || auditIsDue();
  }

  private void forecast(Instant at, JobReading reading) {
    Workers now = workers;
    if (now == null || goal == Goal.NONE) {
      return;
    }
    int ready = reading.steering().suspended() ? 0 : now.ready() * goal.concurrency();
    end.sample(new Sample(at, reading.counts().finished(), reading.counts().remaining(), reading.busy().time(),
        reading.busy().items(), ready, now.planned() * goal.concurrency()));
  }
}
