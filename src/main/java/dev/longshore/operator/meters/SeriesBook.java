package dev.longshore.operator.meters;

import dev.longshore.metrics.Metric;
import dev.longshore.metrics.PoolLabels;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Counters and timers by pool. Those of a pool that is gone go too, when Prometheus has had time to read their last values. */
final class SeriesBook {
  /** A few times the usual interval between two scrapes. */
  static final Duration KEPT = Duration.ofMinutes(5);

  private final MeterRegistry registry;
  private final Map<PoolLabels, Set<Meter>> meters = new HashMap<>();
  private final Map<PoolLabels, Instant> goneSince = new HashMap<>();

  SeriesBook(MeterRegistry registry) {
    this.registry = registry;
  }

  synchronized Counter counter(Metric metric, PoolLabels pool, String... values) {
    return noted(pool, metric.counter(registry, with(pool, values)));
  }

  synchronized Timer timer(Metric metric, PoolLabels pool, String... values) {
    return noted(pool, metric.timer(registry, with(pool, values)));
  }

  private <M extends Meter> M noted(PoolLabels pool, M meter) {
    meters.computeIfAbsent(pool, key -> new HashSet<>()).add(meter);
    goneSince.remove(pool);
    return meter;
  }

  /** These pools are there now. */
  synchronized void retain(Set<PoolLabels> there, Instant now) {
    goneSince.keySet().removeAll(there);
    for (PoolLabels pool : Set.copyOf(meters.keySet())) {
      if (!there.contains(pool) && !goneSince.computeIfAbsent(pool, key -> now).plus(KEPT).isAfter(now)) {
        meters.remove(pool).forEach(registry::remove);
        goneSince.remove(pool);
      }
    }
  }

  private static String[] with(PoolLabels pool, String... values) {
    return Stream.concat(Stream.of(pool.namespace(), pool.pool()), Stream.of(values)).toArray(String[]::new);
  }
}
