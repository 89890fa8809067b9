package dev.longshore.operator.meters;

import dev.longshore.metrics.Metric;
import dev.longshore.metrics.PoolLabels;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The rows of gauges as one look finds them; those of the look before that it does not find are taken away. For one thread at a time. */
final class GaugeRows {
  private final MeterRegistry registry;
  private final Map<Metric, MultiGauge> gauges = new HashMap<>();
  private final Map<Metric, Map<Tags, Double>> found = new HashMap<>();
  private final Map<Metric, Double> kept = new HashMap<>();

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
    gauges.forEach((metric, gauge) -> {
      if (!found.containsKey(metric)) {
        gauge.register(List.of(), true);
      }
    });
    found.forEach((metric, rows) -> gauges.computeIfAbsent(metric, this::gauge)
        .register(rows.entrySet().stream().map(row -> Row.of(row.getKey(), row.getValue())).toList(), true));
    found.clear();
  }

  /** Nothing is shown any more. */
  void clear() {
    found.clear();
    kept.clear();
    show();
  }

  private MultiGauge gauge(Metric metric) {
    return MultiGauge.builder(metric.name()).description(metric.help()).register(registry);
  }
}
