package dev.longshore.operator.meters;

import static dev.longshore.operator.meters.OperatorMetrics.AT_RISK;
import static dev.longshore.operator.meters.OperatorMetrics.BACKLOG_ITEMS;
import static dev.longshore.operator.meters.OperatorMetrics.BACKLOG_MESSAGES;
import static dev.longshore.operator.meters.OperatorMetrics.DESIRED;
import static dev.longshore.operator.meters.OperatorMetrics.JOBS;
import static dev.longshore.operator.meters.OperatorMetrics.LADDER;
import static dev.longshore.operator.meters.OperatorMetrics.LADDER_LOST;
import static dev.longshore.operator.meters.OperatorMetrics.LIMITED;
import static dev.longshore.operator.meters.OperatorMetrics.MOST;
import static dev.longshore.operator.meters.OperatorMetrics.STALL;
import static dev.longshore.operator.meters.OperatorMetrics.WORKERS;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.metrics.PoolLabels;
import dev.longshore.operator.progress.ActiveJob;
import dev.longshore.operator.progress.ActiveJobs;
import dev.longshore.operator.progress.Observation;
import dev.longshore.operator.reconciler.KnownJobs;
import dev.longshore.operator.status.JobStates;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.WorkQueues;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * How jobs and pools stand, looked at every two seconds for as long as this replica acts. What is gone at a look is gone from the metrics; a
 * replica that acts no more shows nothing, so that sums over replicas are right.
 */
public final class OperatorGauges implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(OperatorGauges.class);
  private static final int SECONDS = 2;
  /** The ladder's two dozen queues are asked for one after the other. */
  private static final int LOOKS_BETWEEN_LADDERS = 5;

  private final OperatorMeters meters;
  private final GaugeRows rows;
  private final ActiveJobs active;
  private final KnownJobs known;
  private final WorkQueues queues;
  private final InstantSource clock;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().name("gauges").daemon().factory());
  private int looks;
  private volatile boolean closed;

  public OperatorGauges(OperatorMeters meters, ActiveJobs active, KnownJobs known, WorkQueues queues, InstantSource clock) {
    this.meters = meters;
    this.rows = meters.gauges();
    this.active = active;
    this.known = known;
    this.queues = queues;
    this.clock = clock;
  }

  public void start() {
    thread.scheduleWithFixedDelay(this::lookGuarded, 0, SECONDS, TimeUnit.SECONDS);
  }

  private void lookGuarded() {
    try {
      look();
    } catch (RuntimeException e) {
      // a scheduled task that throws is never run again
      LOG.error("looking at jobs and pools for the metrics failed; the next look tries again", e);
    }
  }

  /** Looks now. */
  void look() {
    synchronized (rows) {
      Set<PoolLabels> there = new HashSet<>();
      pools(there);
      List<BatchJob> jobs = known.all();
      jobs(jobs, there);
      backlog(jobs, there);
      if (looks++ % LOOKS_BETWEEN_LADDERS == 0) {
        ladder();
      }
      if (closed) {
        rows.clear();
        return;
      }
      rows.show();
      meters.retain(there, clock.instant());
    }
  }

  private void pools(Set<PoolLabels> there) {
    for (PoolCount pool : meters.pools()) {
      PoolLabels labels = pool.labels();
      there.add(labels);
      rows.add(WORKERS, pool.ready(), labels, "ready");
      rows.add(WORKERS, pool.busy(), labels, "busy");
      rows.add(WORKERS, pool.draining(), labels, "draining");
      rows.add(WORKERS, pool.starting(), labels, "starting");
      rows.add(WORKERS, pool.pending(), labels, "pending");
      rows.add(DESIRED, pool.desired(), labels);
      rows.add(MOST, pool.most(), labels);
      rows.add(AT_RISK, pool.atRisk(), labels);
      if (!pool.limitedBy().isEmpty()) {
        rows.add(LIMITED, 1, labels, pool.limitedBy());
      }
    }
  }

  private void jobs(List<BatchJob> jobs, Set<PoolLabels> there) {
    for (BatchJob job : jobs) {
      there.add(OperatorMeters.labels(job));
      rows.add(JOBS, 1, job.getMetadata().getNamespace(), JobStates.phase(job.getStatus()).word());
    }
  }

  private void backlog(List<BatchJob> jobs, Set<PoolLabels> there) {
    Map<String, PoolLabels> labels = new HashMap<>();
    jobs.forEach(job -> labels.put(job.getMetadata().getUid(), OperatorMeters.labels(job)));
    Instant now = clock.instant();
    for (ActiveJob job : active.all()) {
      PoolLabels pool = labels.get(job.ref().uid());
      Observation last = job.last().orElse(null);
      if (pool == null || last == null || last.reading() == null) {
        continue;
      }
      rows.add(BACKLOG_ITEMS, last.reading().counts().pending(), pool, "pending");
      rows.add(BACKLOG_ITEMS, last.reading().counts().inFlight(), pool, "in_flight");
      rows.add(BACKLOG_ITEMS, last.reading().counts().retrying(), pool, "retrying");
      rows.add(BACKLOG_MESSAGES, last.work() == null ? 0 : last.work().ready(), pool);
      rows.most(STALL, stall(job, last, now).toSeconds(), pool);
    }
  }

  private static Duration stall(ActiveJob job, Observation last, Instant now) {
    boolean rests = last.reading().steering().suspended() || last.reading().counts().allFinal();
    return rests ? Duration.ZERO : job.progressed().map(at -> Duration.between(at, now)).filter(Duration::isPositive).orElse(Duration.ZERO);
  }

  private void ladder() {
    try {
      WorkQueues.Delayed delayed = queues.delayed();
      rows.keep(LADDER, delayed.waiting());
      rows.keep(LADDER_LOST, delayed.lost());
    } catch (QueueUnavailableException e) {
      // what it was stays; that the broker is away shows elsewhere
      LOG.debugf("the delay ladder cannot be measured: %s", Objects.toString(e.getMessage()));
    }
  }

  /** Another replica acts from now on, or none. Returns at once, also while a look waits for the broker. */
  @Override
  public void close() {
    closed = true;
    thread.shutdownNow();
    meters.forgetPools();
    Thread.ofVirtual().name("gauges-end").start(this::clear);
  }

  /** What a term that began meanwhile has shown already, it shows again with its next look. */
  private void clear() {
    synchronized (rows) {
      rows.clear();
    }
  }
}
