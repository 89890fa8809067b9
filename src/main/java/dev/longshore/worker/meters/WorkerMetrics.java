package dev.longshore.worker.meters;

import dev.longshore.metrics.Label;
import dev.longshore.metrics.Metric;
import java.util.List;

/** What a worker tells of its work. */
public final class WorkerMetrics {
  private static final Label REASON = Label.of("reason", Reasons.ALL);

  public static final Metric ITEMS = Metric.counter("longshore.worker.items",
      "Items that this worker settled: final ones that it won, those that come again after a failure, and those handed back as they came",
      Label.NAMESPACE, Label.POOL, Label.PROCESSOR, Label.of("outcome", "succeeded", "failed", "skipped", "retried", "handed_back"));
  public static final Metric RETRIES = Metric.counter("longshore.retries", "Failed attempts that are followed by another, by the kind of failure",
      Label.NAMESPACE, Label.POOL, Label.PROCESSOR, REASON);
  public static final Metric DEAD_LETTERS = Metric.counter("longshore.dead.letters",
      "Items that were published as dead letters, by the kind of failure", Label.NAMESPACE, Label.POOL, Label.PROCESSOR, REASON);
  public static final Metric SETTLE = Metric.trips("longshore.settle",
      "From the outcomes of a chunk's items to their place in the ledger, tries again while it is away included", Label.NAMESPACE, Label.POOL);
  public static final Metric PUBLISH = Metric.trips("longshore.publish",
      "From a message on its way to the broker's confirm; delayed is what goes onto the ladder first",
      Label.NAMESPACE, Label.POOL, Label.of("queue", "work", "control", "dead", "delayed"), Label.of("outcome", "confirmed", "failed"));
  public static final Metric REDELIVERIES = Metric.counter("longshore.redeliveries",
      "Chunks that the broker had delivered before: to a worker that ended, or on a connection that broke", Label.NAMESPACE, Label.POOL);
  public static final Metric LEASES_LOST = Metric.counter("longshore.leases.lost",
      "Items that this worker had done when their lease was another's or they were booked already; they count once, where they were booked",
      Label.NAMESPACE, Label.POOL);
  public static final Metric CALL = Metric.calls("longshore.processor.call",
      "Time of one processor call, short retries of the guard included, for a batch or a single item; a fallback's calls apart, by its type",
      Label.NAMESPACE, Label.POOL, Label.PROCESSOR);
  public static final Metric CALLS = Metric.counter("longshore.processor.calls", "Processor calls, short retries not counted",
      Label.NAMESPACE, Label.PROCESSOR);
  public static final Metric CALLS_FAILED = Metric.counter("longshore.processor.calls.failed",
      "Calls that threw, timed out or brought nothing but retries", Label.NAMESPACE, Label.PROCESSOR);
  public static final Metric CALLS_TIMED_OUT = Metric.counter("longshore.processor.calls.timed.out", "Calls that reached guard.timeout",
      Label.NAMESPACE, Label.PROCESSOR);
  public static final Metric CALLS_PREVENTED = Metric.counter("longshore.processor.calls.prevented",
      "Calls that an open circuit kept from the processor", Label.NAMESPACE, Label.PROCESSOR);

  /** All of them, as the reference shows them. */
  public static final List<Metric> ALL = List.of(ITEMS, RETRIES, DEAD_LETTERS, SETTLE, PUBLISH, REDELIVERIES, LEASES_LOST, CALL, CALLS,
      CALLS_FAILED, CALLS_TIMED_OUT, CALLS_PREVENTED);

  private WorkerMetrics() {}
}
