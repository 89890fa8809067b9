package dev.longshore.worker.meters;

import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import dev.longshore.metrics.Metric;
import dev.longshore.metrics.PoolLabels;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.store.Ledger.SettleReply;
import dev.longshore.store.Settlement;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Counts one job's work in this worker under the labels of its pool and processor, which it shares with other jobs. What is counted often is
 * looked up once; and counted by the chunk.
 */
public final class JobMeters {
  private final MeterRegistry registry;
  private final PoolLabels pool;
  private final String processor;
  private final Counter succeeded;
  private final Counter failed;
  private final Counter skipped;
  private final Counter retried;
  private final Counter handedBack;
  private final Counter redeliveries;
  private final Counter leasesLost;
  private final Timer settle;
  private final Map<String, Timer> confirmed = new HashMap<>();

  /** @param processor the type of the job's processor */
  public JobMeters(MeterRegistry registry, PoolRef pool, JobRef job, String processor) {
    this.registry = registry;
    this.pool = PoolLabels.of(pool.namespace(), pool.name(), pool.name().equals(job.name()));
    this.processor = processor;
    succeeded = items("succeeded");
    failed = items("failed");
    skipped = items("skipped");
    retried = items("retried");
    handedBack = items("handed_back");
    redeliveries = ofPool(WorkerMetrics.REDELIVERIES);
    leasesLost = ofPool(WorkerMetrics.LEASES_LOST);
    settle = WorkerMetrics.SETTLE.timer(registry, this.pool.namespace(), this.pool.pool());
    for (String queue : List.of("work", "control", "dead", "delayed")) {
      confirmed.put(queue, publish(queue, "confirmed"));
    }
  }

  private Counter items(String outcome) {
    return WorkerMetrics.ITEMS.counter(registry, pool.namespace(), pool.pool(), processor, outcome);
  }

  private Counter ofPool(Metric metric) {
    return metric.counter(registry, pool.namespace(), pool.pool());
  }

  private Timer publish(String queue, String outcome) {
    return WorkerMetrics.PUBLISH.timer(registry, pool.namespace(), pool.pool(), queue, outcome);
  }

  /** A chunk's outcomes are booked. @param nanos how long that took */
  public void settled(Settlement settlement, SettleReply reply, long nanos) {
    settle.record(nanos, TimeUnit.NANOSECONDS);
    IndexSet won = reply.won();
    long asked = settlement.succeeded().size() + settlement.failed().size() + settlement.skipped().size() + settlement.retries().size();
    boolean all = won.size() == asked;
    succeeded.increment(all ? settlement.succeeded().size() : settlement.succeeded().size() - settlement.succeeded().minus(won).size());
    failed.increment(settlement.failed().stream().filter(one -> all || won.contains(one.index())).count());
    skipped.increment(settlement.skipped().stream().filter(one -> all || won.contains(one.index())).count());
    retried.increment(settlement.retries().stream().filter(one -> all || won.contains(one.index())).count());
    leasesLost.increment(asked - won.size());
    for (Settlement.RetryAt retry : settlement.retries()) {
      if (retry.failure() != null) {
        byReason(WorkerMetrics.RETRIES, retry.failure());
      }
    }
  }

  /** Items go back as they came. */
  public void handedBack(long items) {
    handedBack.increment(items);
  }

  /** A dead letter is in the broker's hands. */
  public void deadLetter(Failure failure) {
    byReason(WorkerMetrics.DEAD_LETTERS, failure);
  }

  private void byReason(Metric metric, Failure failure) {
    metric.counter(registry, pool.namespace(), pool.pool(), processor, Reasons.of(failure)).increment();
  }

  /** The broker delivered a chunk not for the first time. */
  public void redelivered() {
    redeliveries.increment();
  }

  /** The broker has confirmed a message, or not. */
  public void published(Kind kind, boolean delayed, boolean taken, long nanos) {
    String queue = delayed ? "delayed" : kind.name().toLowerCase(Locale.ROOT);
    (taken ? confirmed.get(queue) : publish(queue, "failed")).record(nanos, TimeUnit.NANOSECONDS);
  }
}
