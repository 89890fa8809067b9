package dev.longshore.operator.progress;

import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec.FailurePolicy;
import dev.longshore.job.PoolRef;
import dev.longshore.operator.forecast.EndEstimator;
import dev.longshore.operator.forecast.Sample;
import dev.longshore.operator.forecast.TimeLeft;
import dev.longshore.queue.QueueLeaderlessException;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.WorkQueues.Depth;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.store.JobReading;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** One job that has its queues, its account and its pool, and has not ended. */
public final class ActiveJob {
  /** How old the sizes of the queues of a job may be that does not move. */
  static final Duration MEASURED = Duration.ofSeconds(5);
  private static final Duration TURN = Duration.ofSeconds(10);
  private static final Duration PACE_WINDOW = Duration.ofSeconds(10);
  /** A source that is read to its end sooner has no rate: it brings what it has at once. */
  private static final Duration ARRIVALS_LEAST = Duration.ofSeconds(30);
  private static final Duration ARRIVALS_WINDOW = Duration.ofSeconds(60);

  private final JobRef ref;
  private final PoolRef pool;
  private final Rate pace = new Rate(PACE_WINDOW, Duration.ZERO);
  private final Rate arrivals = new Rate(ARRIVALS_WINDOW, ARRIVALS_LEAST);
  private final RecentServiceTime serviceTime = new RecentServiceTime();
  private final FeedWatch intake = new FeedWatch();
  private final FeedWatch gaps = new FeedWatch();
  private final EndEstimator end = new EndEstimator();
  private final QueueWatch queues = new QueueWatch();
  private final Map<Kind, Outage<QueueLeaderlessException>> leaderless = new ConcurrentHashMap<>();
  private final Repair repair = new Repair();
  private final AuditWatch audit;
  private volatile long generation;
  private volatile Observation last;
  /** When its queues were measured last; null before the first time. */
  private volatile Instant measured;
  /** When it was last looked at why it stands still; null before the first time. */
  private volatile Instant turn;
  /** When an item of it became final last, or it began; null before the first reading. */
  private volatile Instant progressed;
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
   * @return whether that is new
   */
  public boolean workers(int ready, int planned) {
    Workers now = new Workers(ready, planned);
    boolean news = !now.equals(workers);
    workers = now;
    return news;
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

  /** When it got further last: an item became final, or it was resumed, or it was first read; empty before that. */
  public Optional<Instant> progressed() {
    return Optional.ofNullable(progressed);
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

  /** Mean time inside the processor for one item, over the last minute or the last 100; null while none is measured. */
  public Duration serviceTime() {
    return serviceTime.mean();
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

  /** The repair of its queues. */
  public Repair repair() {
    return repair;
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

  /**
   * Whether its queues are to be measured with this reading: each second while it moves or something is in doubt, else rarely, because a
   * broker asks a process for each queue.
   */
  boolean isToBeMeasured(JobReading reading, Instant now) {
    Observation before = last;
    boolean doubt = queues.doubtful() || intake.doubtful() || gaps.doubtful() || audit.urgent();
    return doubt || before == null || before.work() == null || !before.sameReading(reading) || measured == null
        || !now.isBefore(measured.plus(MEASURED));
  }

  /** Whether it needs a pass now: something but the time differs from before, or something of it is lost. */
  boolean observed(Observation observation) {
    boolean changed = !observation.sameAs(last);
    progress(observation);
    last = observation;
    measured = observation.measured() ? observation.at() : measured;
    queues.seen(observation);
    audit.seen(observation);
    JobReading reading = observation.reading();
    if (reading != null) {
      boolean moves = reading.ended() == null && reading.failure() == null && !reading.steering().suspended();
      Depth control = observation.measured() ? observation.control() : null;
      intake.seen(moves && !reading.intake().complete(), reading.intake().idle(), control);
      gaps.seen(moves && reading.gaps().items() > 0, reading.gaps().idle(), control);
      pace.sample(observation.at(), reading.counts().finished());
      arrivals.sample(observation.at(), reading.counts().known());
      serviceTime.sample(observation.at(), reading.busy());
      forecast(observation.at(), reading);
    }
    return changed || intakeIsDead() || gapsAreDead() || queuesAreLost() || auditIsDue() && audit.urgent();
  }

  /**
   * Whether it needs a pass that may wait while others have theirs: nothing of it moves, and it is looked at why. Then that was its turn, and
   * the next comes after {@link #TURN} where this one could not help.
   */
  boolean takesTurn() {
    Observation now = last;
    boolean takes = now != null && (standsStill() || auditIsDue()) && (turn == null || !now.at().isBefore(turn.plus(TURN)));
    turn = takes ? now.at() : turn;
    return takes;
  }

  private void progress(Observation now) {
    JobReading reading = now.reading();
    JobReading before = last == null ? null : last.reading();
    if (reading == null) {
      return;
    }
    boolean further = before != null && reading.counts().finished() != before.counts().finished() || reading.steering().suspended();
    progressed = progressed == null || further ? now.at() : progressed;
  }

  private void forecast(Instant at, JobReading reading) {
    Workers now = workers;
    if (now == null || goal == Goal.NONE) {
      return;
    }
    int ready = reading.steering().suspended() ? 0 : now.ready() * goal.concurrency();
    end.sample(new Sample(at, reading.counts().finished(), reading.counts().remaining(), reading.counts().retrying(), reading.busy().time(),
        reading.busy().items(), ready, now.planned() * goal.concurrency()));
  }
}
