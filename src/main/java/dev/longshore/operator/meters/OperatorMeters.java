package dev.longshore.operator.meters;

import static dev.longshore.operator.meters.OperatorMetrics.DECISIONS;
import static dev.longshore.operator.meters.OperatorMetrics.FIRST_ITEM;
import static dev.longshore.operator.meters.OperatorMetrics.ITEMS;
import static dev.longshore.operator.meters.OperatorMetrics.LOST;
import static dev.longshore.operator.meters.OperatorMetrics.RUNS;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.BatchJobStatus;
import dev.longshore.api.v1alpha1.BatchJobStatus.Items;
import dev.longshore.api.v1alpha1.ProcessorSpec;
import dev.longshore.job.JobPhase;
import dev.longshore.job.PoolRef;
import dev.longshore.metrics.PoolLabels;
import dev.longshore.operator.autoscaler.Decision;
import dev.longshore.store.JobReading;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Counts what the operator tells and decides. Items are counted when a status with them was written: what a later process finds told already
 * it does not count again, and what workers did that nobody scraped is counted all the same.
 */
public final class OperatorMeters {
  private final SeriesBook book;
  private final GaugeRows gauges;
  private final Map<PoolRef, PoolCount> pools = new ConcurrentHashMap<>();

  public OperatorMeters(MeterRegistry registry) {
    this.book = new SeriesBook(registry);
    this.gauges = new GaugeRows(registry);
  }

  /** Of one term after the other, each with the rows as its lock. */
  GaugeRows gauges() {
    return gauges;
  }

  /** The labels of the pool that works on a job. */
  public static PoolLabels labels(BatchJob job) {
    boolean shared = job.getSpec() != null && job.getSpec().poolRef() != null;
    return PoolLabels.of(job.getMetadata().getNamespace(), shared ? job.getSpec().poolRef().name() : null, !shared);
  }

  /**
   * A status was written.
   *
   * @param before what it was; null when there was none
   * @param reading what the ledger said last; null when nothing was read
   */
  public void told(BatchJob job, BatchJobStatus before, BatchJobStatus after, JobReading reading) {
    PoolLabels pool = labels(job);
    Items was = before == null ? null : before.items();
    Items is = after.items();
    String processor = processor(job.getSpec() == null ? null : job.getSpec().processor());
    items(pool, processor, "succeeded", grown(was, is, Items::succeeded));
    items(pool, processor, "failed", grown(was, is, Items::failed));
    items(pool, processor, "skipped", grown(was, is, Items::skipped));
    items(pool, processor, "cancelled", grown(was, is, Items::cancelled));
    JobPhase phase = JobPhase.of(after.phase());
    if (phase.ended() && (before == null || !after.phase().equals(before.phase()))) {
      book.counter(RUNS, pool, phase.word()).increment();
    }
    if (reading != null && reading.firstStarted() != null && reading.intakeStarted() != null && reading.run() == 1 && untouched(was)) {
      Duration wait = Duration.between(reading.intakeStarted(), reading.firstStarted());
      book.timer(FIRST_ITEM, pool).record(wait.isNegative() ? Duration.ZERO : wait);
    }
  }

  /** Also by nothing: a series that is there from the start has a rate from its first item on. */
  private void items(PoolLabels pool, String processor, String outcome, long more) {
    book.counter(ITEMS, pool, processor, outcome).increment(more);
  }

  /** A redrive takes failed items away again: nothing is counted back. */
  private static long grown(Items was, Items is, Function<Items, Long> count) {
    return Math.max(0, count(is, count) - count(was, count));
  }

  private static long count(Items items, Function<Items, Long> count) {
    return items == null ? 0 : Objects.requireNonNullElse(count.apply(items), 0L);
  }

  /** Whether no worker had taken any item, as far as was told. */
  private static boolean untouched(Items was) {
    return count(was, Items::inFlight) + count(was, Items::retrying) + count(was, Items::succeeded) + count(was, Items::failed)
        + count(was, Items::skipped) + count(was, Items::cancelled) == 0;
  }

  private static String processor(ProcessorSpec spec) {
    return spec == null ? "plugin" : spec.http() != null ? "http" : spec.exec() != null ? "exec" : spec.noop() != null ? "noop" : "plugin";
  }

  /** A decision that is news. */
  public void decided(PoolLabels pool, Decision decision) {
    String limit = decision.limitedBy().reason();
    book.counter(DECISIONS, pool, decision.reason().name(), limit.isEmpty() ? "none" : limit).increment();
  }

  /** A pass over a pool ended. @param lost workers that it found ended though nobody told them to */
  public void passed(PoolRef pool, PoolCount count, int lost) {
    pools.put(pool, count);
    book.counter(LOST, count.labels()).increment(lost);
  }

  /** A pool is gone. */
  public void forget(PoolRef pool) {
    pools.remove(pool);
  }

  /** The last counts of all pools that are there. */
  Collection<PoolCount> pools() {
    return List.copyOf(pools.values());
  }

  /** Nothing is known of any pool: another replica acts from now on. */
  void forgetPools() {
    pools.clear();
  }

  /** Takes away the series of pools that have been gone for a while. */
  void retain(Set<PoolLabels> there, Instant now) {
    book.retain(there, now);
  }
}
