package dev.longshore.operator.meters;

import dev.longshore.metrics.Metric;
import dev.longshore.metrics.PoolLabels;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The rows of gauges as one look finds them; those of the look before that it does not find are taken away. A row that stays keeps its
 * gauge, so that no scrape misses it. For one thread at a time, and once a registry.
 */
final class GaugeRows {
  private final MeterRegistry registry;
  private final Map<Metric, Map<Tags, Row>> shown = new HashMap<>();
  private final Map<Metric, Map<Tags, Double>> found = new HashMap<>();
  private final Map<Metric, Double> kept = new HashMap<>();

  /** What a scrape reads. */
  private static final class Row {
    private final Gauge gauge;
    private volatile double value;

    Row(MeterRegistry registry, Metric metric, Tags tags, double value) {
      this.value = value;
      gauge = Gauge.builder(metric.name(), this, row -> row.value).description(metric.help()).tags(tags).strongReference(true)
          .register(registry);
    }
  }

  GaugeRows(MeterRegistry registry) {
    this.registry = registry;
  }

  /** Pools that share their labels are added up. */
  void add(Metric metric, double value, PoolLabels pool, String... more) {
    rows(metric).merge(tags(metric, pool, more), value, Double::sum);
  }

  void add(Metric metric, double value, String... values) {
    rows(metric).merge(metric.tags(values), value, Double::sum);
  }

  /** Of pools that share their labels the largest value stands. */
  void most(Metric metric, double value, PoolLabels pool, String... more) {
    rows(metric).merge(tags(metric, pool, more), value, Math::max);
  }

  /** A gauge without labels that stays until it is set again. */
  void keep(Metric metric, double value) {
    kept.put(metric, value);
  }

  private Map<Tags, Double> rows(Metric metric) {
    return found.computeIfAbsent(metric, key -> new HashMap<>());
  }

  private static Tags tags(Metric metric, PoolLabels pool, String... more) {
    return metric.tags(Stream.concat(Stream.of(pool.namespace(), pool.pool()), Stream.of(more)).toArray(String[]::new));
  }

  /** The look is over. */
  void show() {
    kept.forEach((metric, value) -> rows(metric).put(Tags.empty(), value));
    shown.forEach((metric, rows) -> takeAway(rows, found.getOrDefault(metric, Map.of())));
    found.forEach((metric, rows) -> rows.forEach((tags, value) -> shown.computeIfAbsent(metric, key -> new HashMap<>())
        .computeIfAbsent(tags, key -> new Row(registry, metric, tags, value)).value = value));
    found.clear();
  }

  private void takeAway(Map<Tags, Row> rows, Map<Tags, Double> there) {
    rows.entrySet().removeIf(row -> {
      boolean gone = !there.containsKey(row.getKey());
      if (gone) {
        registry.remove(row.getValue().gauge);
      }
      return gone;
    });
  }

  /** Nothing is shown any more. */
  void clear() {
    found.clear();
    kept.clear();
    show();
  }
}
