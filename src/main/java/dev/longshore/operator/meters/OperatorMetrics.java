package dev.longshore.operator.meters;

import dev.longshore.metrics.Label;
import dev.longshore.metrics.Metric;
import java.util.Arrays;
import java.util.List;

/** What the operator that leads tells of its jobs and pools. */
public final class OperatorMetrics {
  /** What {@code status.limitedBy.reason} may say, and {@code none}. */
  private static final String[] LIMITS = {"none", "MaxReplicas", "Unschedulable", "PodsRefused", "WorkersRefused", "WorkersCrash", "ImagePull",
      "ContainerNotStarting", "PodsNotStarting", "SchedulingGated"};

  public static final Metric ITEMS = Metric.counter("longshore.items",
      "Items that reached their end, as the jobs' statuses told it; one that a redrive brings back counts again",
      Label.NAMESPACE, Label.POOL, Label.PROCESSOR, Label.of("outcome", "succeeded", "failed", "skipped", "cancelled"));
  public static final Metric RUNS = Metric.counter("longshore.runs", "Runs of jobs that ended",
      Label.NAMESPACE, Label.POOL, Label.of("outcome", "Complete", "Failed", "Cancelled"));
  public static final Metric FIRST_ITEM = Metric.starts("longshore.first.item",
      "From the first read of a job's source to its first item taken by a worker, publishing in between, by the ledger's clock; once a job",
      Label.NAMESPACE, Label.POOL);
  public static final Metric JOBS = Metric.gauge("longshore.jobs", "BatchJobs that are there, those that ended included",
      Label.NAMESPACE, Label.of("phase", "Pending", "Intake", "Running", "Suspended", "Finishing", "Complete", "Failed", "Cancelled"));
  public static final Metric ACTIVE_JOBS = Metric.gauge("longshore.operator.active.jobs", "Jobs that the operator follows");
  public static final Metric BACKLOG_ITEMS = Metric.gauge("longshore.backlog.items",
      "Items of active jobs that are not final: waiting for a worker, held by one, or waiting for a further attempt",
      Label.NAMESPACE, Label.POOL, Label.of("state", "pending", "in_flight", "retrying"));
  public static final Metric BACKLOG_MESSAGES = Metric.gauge("longshore.backlog.messages",
      "Chunks that are ready in the work queues of active jobs", Label.NAMESPACE, Label.POOL);
  public static final Metric STALL = Metric.gauge("longshore.jobs.longest.stall.seconds",
      "The longest time for which an active job with items left, not suspended, has had no item become final; a job with calls as long as that "
          + "is well", Label.NAMESPACE, Label.POOL);
  public static final Metric AT_RISK = Metric.gauge("longshore.jobs.at.risk",
      "Jobs that will not be finished in time, even with all workers that their pool may have", Label.NAMESPACE, Label.POOL);
  public static final Metric WORKERS = Metric.gauge("longshore.workers",
      "Worker pods: ready has no work, busy has, starting has a process that takes none yet, pending has no process yet",
      Label.NAMESPACE, Label.POOL, Label.of("state", "ready", "busy", "draining", "starting", "pending"));
  public static final Metric DESIRED = Metric.gauge("longshore.workers.desired", "Workers that the autoscaler decided on",
      Label.NAMESPACE, Label.POOL);
  public static final Metric MOST = Metric.gauge("longshore.workers.max", "Workers that the pools may have by their maxReplicas",
      Label.NAMESPACE, Label.POOL);
  public static final Metric LIMITED = Metric.gauge("longshore.pools.limited", "Pools that something keeps from having more workers",
      Label.NAMESPACE, Label.POOL, Label.of("reason", withoutNone()));
  public static final Metric DECISIONS = Metric.counter("longshore.decisions",
      "Decisions of the autoscaler that differ from the one before, or were made of something else",
      Label.NAMESPACE, Label.POOL, Label.of("reason", "PINNED", "NO_JOBS", "WORK", "TOLERANCE", "STABILIZING", "STEP", "STALE"),
      Label.of("limited_by", LIMITS));
  public static final Metric LOST = Metric.counter("longshore.workers.lost", "Workers that ended though nobody told them to",
      Label.NAMESPACE, Label.POOL);
  public static final Metric RECONCILE = Metric.trips("longshore.reconcile",
      "Time of a pass over one resource; failure is a pass that threw and is tried again",
      Label.of("controller", "batchjob", "workerpool"), Label.of("outcome", "success", "failure"));
  public static final Metric LADDER = Metric.gauge("longshore.ladder.messages",
      "Messages that wait on the delay ladder of the virtual host, for retries above all");
  public static final Metric LADDER_LOST = Metric.gauge("longshore.ladder.lost.messages",
      "Messages that came off the ladder and found no queue: at most 1,000 whose job is gone; others are brought there within 10 s");
  public static final Metric LEADING = Metric.gauge("longshore.operator.leading", "1 while this replica acts, 0 while another does or none can");

  /** All of them, as the reference shows them. */
  public static final List<Metric> ALL = List.of(ITEMS, RUNS, FIRST_ITEM, JOBS, ACTIVE_JOBS, BACKLOG_ITEMS, BACKLOG_MESSAGES, STALL, AT_RISK,
      WORKERS, DESIRED, MOST, LIMITED, DECISIONS, LOST, RECONCILE, LADDER, LADDER_LOST, LEADING);

  private OperatorMetrics() {}

  private static String[] withoutNone() {
    return Arrays.copyOfRange(LIMITS, 1, LIMITS.length);
  }
}
