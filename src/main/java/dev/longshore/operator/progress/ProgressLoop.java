package dev.longshore.operator.progress;

import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import dev.longshore.queue.QueueLeaderlessException;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.WorkQueues.Depth;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.store.JobReading;
import dev.longshore.store.Ledger;
import dev.longshore.store.StoreRefusedException;
import dev.longshore.store.StoreUnavailableException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Reads all active jobs once a second, one of them at once when the ledger hints at it, and wakes the reconcilers of what changed. */
public final class ProgressLoop implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ProgressLoop.class);

  /** Who is told. */
  public interface Listener {
    void jobChanged(JobRef job);

    /** Its next pass is not to wait for the second. */
    void poolChanged(PoolRef pool);
  }

  private final ActiveJobs jobs;
  private final Ledger ledger;
  private final WorkQueues queues;
  private final Listener listener;
  private final InstantSource clock;
  private final Outage<StoreUnavailableException> store = new Outage<>("ledger");
  private final Outage<QueueUnavailableException> broker = new Outage<>("broker");
  private final Set<JobRef> hinted = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().name("progress").daemon().factory());
  private AutoCloseable hints = () -> {};

  public ProgressLoop(ActiveJobs jobs, Ledger ledger, WorkQueues queues, Listener listener, InstantSource clock) {
    this.jobs = jobs;
    this.ledger = ledger;
    this.queues = queues;
    this.listener = listener;
    this.clock = clock;
  }

  public void start() {
    hints = ledger.listen(this::readSoon);
    thread.scheduleWithFixedDelay(() -> guarded(this::tick), 0, 1, TimeUnit.SECONDS);
  }

  /** Reads one job without waiting for the next second. */
  public void readSoon(JobRef job) {
    if (jobs.find(job).isPresent() && hinted.add(job)) {
      try {
        thread.execute(() -> guarded(() -> readNow(job)));
      } catch (RejectedExecutionException closed) {
        // a hint that came while the loop ended interests nobody
        hinted.remove(job);
      }
    }
  }

  private void readNow(JobRef job) {
    hinted.remove(job);
    jobs.find(job).ifPresent(active -> {
      read(List.of(active));
      listener.poolChanged(active.pool());
    });
  }

  /** Why the ledger does not answer; empty when it does. */
  public Optional<StoreUnavailableException> storeProblem() {
    return store.problem();
  }

  /** Why the broker does not answer; empty when it does. */
  public Optional<QueueUnavailableException> brokerProblem() {
    return broker.problem();
  }

  private void tick() {
    List<ActiveJob> active = jobs.all();
    if (!active.isEmpty()) {
      read(active);
    }
  }

  private void read(List<ActiveJob> active) {
    Map<JobRef, JobReading> readings;
    try {
      Optional<StoreRefusedException> refused = ledger.refusal();
      if (refused.isPresent()) {
        throw refused.get();
      }
      readings = ledger.read(ActiveJobs.refs(active));
    } catch (StoreUnavailableException e) {
      if (store.began(e)) {
        active.forEach(job -> listener.jobChanged(job.ref()));
      }
      return;
    }
    boolean news = store.ended();
    List<ActiveJob> changed = new ArrayList<>();
    for (ActiveJob job : active) {
      JobReading reading = readings.get(job.ref());
      Depth work = depth(job, Kind.WORK);
      Observation seen = new Observation(reading, work, feeds(reading, work) ? depth(job, Kind.CONTROL) : null, clock.instant());
      if (job.observed(seen)) {
        changed.add(job);
      }
    }
    (news ? active : changed).forEach(job -> listener.jobChanged(job.ref()));
  }

  /** Whether feeds are of interest: something is to be fed, or it may turn out that something is missing. */
  private static boolean feeds(JobReading reading, Depth work) {
    return reading != null && (!reading.intake().complete() || reading.gaps().items() > 0 || work != null && work.ready() == 0);
  }

  /** A queue that cannot be measured is no news of the broker's. */
  private Depth depth(ActiveJob job, Kind kind) {
    try {
      Depth depth = queues.depth(job.ref(), kind);
      broker.ended();
      job.queue(kind).ended();
      return depth;
    } catch (QueueLeaderlessException e) {
      broker.ended();
      job.queue(kind).began(e);
      return null;
    } catch (QueueUnavailableException e) {
      broker.began(e);
      return null;
    }
  }

  /** A scheduled task that throws is never run again. */
  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      LOG.error("reading the progress of jobs failed; the next second tries again", e);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
    try {
      hints.close();
    } catch (Exception e) {
      LOG.debugf("the ledger's hints could not be unsubscribed: %s", e.getMessage());
    }
  }
}
