package dev.longshore.metrics;

import java.util.List;

/**
 * One label of a metric.
 *
 * @param name as it stands in Prometheus
 * @param values all that it may have; empty where what is there in the cluster decides (a namespace, a shared pool)
 */
public record Label(String name, List<String> values) {
  public static final Label NAMESPACE = new Label("namespace", List.of());
  /** See {@link PoolLabels}. */
  public static final Label POOL = new Label("pool", List.of());
  public static final Label PROCESSOR = of("processor", "noop", "exec", "http", "plugin");

  public Label {
    values = List.copyOf(values);
  }

  public static Label of(String name, String... values) {
    return new Label(name, List.of(values));
  }

  /** Whether a series may carry this value. */
  public boolean allows(String value) {
    return values.isEmpty() ? !value.isEmpty() : values.contains(value);
  }
}
