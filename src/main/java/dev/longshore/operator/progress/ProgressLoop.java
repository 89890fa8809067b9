package dev.longshore.operator.progress;

import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.WorkQueues;
import dev.longshore.store.JobReading;
import dev.longshore.store.Ledger;
import dev.longshore.store.StoreRefusedException;
import dev.longshore.store.StoreUnavailableException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Reads all active jobs once a second, those of which the ledger hints at once, and wakes the reconcilers of what changed. A job of which
 * nothing changes costs its share of the one read from the ledger, and a look at its queues each {@link ActiveJob#MEASURED}.
 */
public final class ProgressLoop implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ProgressLoop.class);
  /** Passes a second that only find out why jobs stand still: after a start of the operator that is due for all at once. */
  static final int MOST_DUE = 10;
  /** Between the passes that one second's read begins: all at once each would wait for all others. */
  private static final Duration APART = Duration.ofMillis(10);
  /** However many they are, the last begins before the next read. */
  private static final Duration SPREAD = Duration.ofMillis(800);

  /** Who is told. */
  public interface Listener {
    void jobChanged(JobRef job);

    void poolChanged(PoolRef pool);
  }

  private final ActiveJobs jobs;
  private final Ledger ledger;
  private final QueueDepths depths;
  private final Listener listener;
  private final InstantSource clock;
  private final Outage<StoreUnavailableException> store = new Outage<>("ledger");
  private final Set<JobRef> hinted = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().name("progress").daemon().factory());
  private AutoCloseable hints = () -> {};

  public ProgressLoop(ActiveJobs jobs, Ledger ledger, WorkQueues queues, Listener listener, InstantSource clock) {
    this.jobs = jobs;
    this.ledger = ledger;
    this.depths = new QueueDepths(queues);
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
        thread.execute(() -> guarded(this::readHinted));
      } catch (RejectedExecutionException closed) {
        // a hint that came while the loop ended interests nobody
        hinted.remove(job);
      }
    }
  }

  /** All that were hinted at meanwhile, in one read; their pools have a pass even where nothing is new. */
  private void readHinted() {
    List<ActiveJob> active = new ArrayList<>();
    for (Iterator<JobRef> each = hinted.iterator(); each.hasNext();) {
      jobs.find(each.next()).ifPresent(active::add);
      each.remove();
    }
    if (!active.isEmpty()) {
      read(active).forEach(job -> listener.jobChanged(job.ref()));
      pools(active).forEach(listener::poolChanged);
    }
  }

  /** Why the ledger does not answer; empty when it does. */
  public Optional<StoreUnavailableException> storeProblem() {
    return store.problem();
  }

  /** Why the broker does not answer; empty when it does. */
  public Optional<QueueUnavailableException> brokerProblem() {
    return depths.problem();
  }

  private void tick() {
    List<ActiveJob> active = jobs.all();
    if (!active.isEmpty()) {
      wakeInTurn(read(active));
    }
  }

  /** Each pool after the last of its jobs. */
  private void wakeInTurn(List<ActiveJob> woken) {
    long apart = Math.min(APART.toNanos(), SPREAD.toNanos() / Math.max(1, woken.size()));
    long after = 0;
    for (List<ActiveJob> ofPool : woken.stream().collect(Collectors.groupingBy(ActiveJob::pool, LinkedHashMap::new, Collectors.toList())).values()) {
      for (ActiveJob job : ofPool) {
        later(after, () -> listener.jobChanged(job.ref()));
        after += apart;
      }
      later(after - apart, () -> listener.poolChanged(ofPool.getLast().pool()));
    }
  }

  private void later(long nanos, Runnable wake) {
    thread.schedule(() -> guarded(wake), nanos, TimeUnit.NANOSECONDS);
  }

  /** Returns those that need a pass. */
  private List<ActiveJob> read(List<ActiveJob> active) {
    Map<JobRef, JobReading> readings;
    try {
      Optional<StoreRefusedException> refused = ledger.refusal();
      if (refused.isPresent()) {
        throw refused.get();
      }
      readings = ledger.read(ActiveJobs.refs(active));
    } catch (StoreUnavailableException e) {
      return store.began(e) ? active : List.of();
    }
    boolean news = store.ended();
    depths.nextRound();
    List<ActiveJob> changed = new ArrayList<>();
    int due = 0;
    for (ActiveJob job : active) {
      if (job.observed(depths.observe(job, readings.get(job.ref()), clock.instant()))) {
        changed.add(job);
      } else if (due < MOST_DUE && job.takesTurn()) {
        due++;
        changed.add(job);
      }
    }
    return news ? active : changed;
  }

  private static Set<PoolRef> pools(List<ActiveJob> of) {
    return of.stream().map(ActiveJob::pool).collect(Collectors.toSet());
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
