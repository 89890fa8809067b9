package dev.longshore.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.metrics.Label;
import dev.longshore.metrics.Metric;
import dev.longshore.operator.meters.OperatorMetrics;
import dev.longshore.worker.meters.WorkerMetrics;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/reference/metrics.md is what the catalogue makes of it, and the catalogue is whole. */
class MetricsReferenceTest {
  private static final Path PAGE = Path.of("docs/reference/metrics.md");
  private static final Map<String, List<Metric>> ROLES = new LinkedHashMap<>();

  static {
    ROLES.put("The operator", OperatorMetrics.ALL);
    ROLES.put("Workers", WorkerMetrics.ALL);
    ROLES.put("Both", ProcessMetrics.ALL);
  }

  @Test
  void thePageTellsOfEveryMetric() throws IOException {
    String page = page();
    if (Boolean.getBoolean("longshore.update")) {
      Files.writeString(PAGE, page);
    }
    assertThat(PAGE).as("run: ./mvnw test -Dtest=MetricsReferenceTest -Dlongshore.update=true").exists();
    assertThat(Files.readString(PAGE)).as("run: ./mvnw test -Dtest=MetricsReferenceTest -Dlongshore.update=true").isEqualTo(page);
  }

  @Test
  void theListsLeaveNothingOut() throws IllegalAccessException {
    for (Class<?> of : List.of(OperatorMetrics.class, WorkerMetrics.class, ProcessMetrics.class)) {
      List<Metric> declared = new ArrayList<>();
      List<?> listed = List.of();
      for (Field field : of.getDeclaredFields()) {
        if (field.getType() == Metric.class) {
          field.setAccessible(true);
          declared.add((Metric) field.get(null));
        } else if (field.getName().equals("ALL")) {
          field.setAccessible(true);
          listed = (List<?>) field.get(null);
        }
      }
      assertThat(List.<Object>copyOf(listed)).as(of.getSimpleName()).containsExactlyInAnyOrderElementsOf(declared);
    }
  }

  @Test
  void noLabelNamesAJobAnItemOrAPod() {
    Set<String> labels = ROLES.values().stream().flatMap(List::stream).flatMap(metric -> metric.labels().stream()).map(Label::name)
        .collect(Collectors.toSet());
    assertThat(labels).containsExactlyInAnyOrder("namespace", "pool", "processor", "outcome", "phase", "state", "reason", "limited_by",
        "controller", "queue", "operation", "service");
    assertThat(ROLES.values().stream().flatMap(List::stream).flatMap(metric -> metric.labels().stream())
        .filter(label -> label.values().isEmpty()).map(Label::name).collect(Collectors.toSet())).as("open ones")
        .containsExactlyInAnyOrder("namespace", "pool");
  }

  private static String page() {
    StringBuilder text = new StringBuilder("""
        # Metrics
        At `/q/metrics` of the management port (9000), in Prometheus' text. Generated from the code that records them. Names and labels are stable:
        one that changes is in the changelog. Beside them stand those of the JVM, of HTTP and of the process, under their usual names.

        - `namespace` is the jobs' namespace, and `pool` the name of a shared pool; all pools that jobs own stand together under `-`, because they have
          the jobs' names. No label names a job, an item or a pod. What scrapes must let these labels be as they are (`honorLabels: true`): the
          pod that is scraped has a namespace, too.
        - Counters begin at 0 with their process, and at 0 with the first job of their labels, so that a rate misses nothing. Those of a pool that is gone
          stay for 5 minutes and then go; gauges go at once. Only the operator that leads shows gauges of jobs and pools.
        - The operator's `longshore_items_total` is the one to count by: it tells what the jobs' statuses tell, whoever did the work and whether its
          pod was ever scraped. What a status has told, a new operator does not count again. The workers' counters add what only they know.
        - Timers are histograms of seconds with the buckets named; `_max` is the largest of the last 2 minutes.
        """);
    ROLES.forEach((role, metrics) -> {
      text.append("\n## ").append(role).append("\n| metric | type | labels | meaning |\n|---|---|---|---|\n");
      metrics.forEach(metric -> text.append(row(metric)));
    });
    text.append("\n## Label values\n| metric | label | values |\n|---|---|---|\n");
    ROLES.values().stream().flatMap(List::stream).forEach(metric -> metric.labels().stream().filter(label -> !label.values().isEmpty())
        .forEach(label -> text.append("| `").append(shown(metric)).append("` | `").append(label.name()).append("` | ")
            .append(label.values().stream().map(value -> "`" + value + "`").collect(Collectors.joining(", "))).append(" |\n")));
    text.append("\n## Buckets\n| metric | upper bounds |\n|---|---|\n");
    ROLES.values().stream().flatMap(List::stream).filter(metric -> !metric.buckets().isEmpty()).forEach(metric -> text.append("| `")
        .append(shown(metric)).append("` | ").append(metric.buckets().stream().map(MetricsReferenceTest::bound).collect(Collectors.joining(", ")))
        .append(" |\n"));
    text.append("""

        ## How many series
        At most, with every value of every label; what never happens has none. A worker works for one pool.

        | | for a process | and for each namespace | and for each pool |
        |---|---|---|---|
        """);
    ROLES.forEach((role, metrics) -> text.append("| ").append(role).append(" | ").append(most(metrics, Set.of())).append(" | ")
        .append(most(metrics, Set.of("namespace"))).append(" | ").append(most(metrics, Set.of("namespace", "pool"))).append(" |\n"));
    return text.toString();
  }

  /** The most series that metrics with these open labels may have for one value of each. */
  static int most(List<Metric> metrics, Set<String> open) {
    return metrics.stream().filter(metric -> metric.labels().stream().filter(label -> label.values().isEmpty()).map(Label::name)
        .collect(Collectors.toSet()).equals(open)).mapToInt(MetricsReferenceTest::most).sum();
  }

  private static int most(Metric metric) {
    int combinations = metric.labels().stream().filter(label -> !label.values().isEmpty()).mapToInt(label -> label.values().size())
        .reduce(1, (all, values) -> all * values);
    // beside its buckets a histogram has the one without a bound, count, sum and max
    return combinations * (metric.kind() == Metric.Kind.TIMER ? metric.buckets().size() + 4 : 1);
  }

  private static String row(Metric metric) {
    return "| `" + shown(metric) + "` | " + switch (metric.kind()) {
      case COUNTER -> "counter";
      case GAUGE -> "gauge";
      case TIMER -> "histogram";
    } + " | " + metric.labels().stream().map(label -> "`" + label.name() + "`").collect(Collectors.joining(", ")) + " | " + metric.help() + ". |\n";
  }

  /** The name without the endings of a histogram's series. */
  private static String shown(Metric metric) {
    return metric.kind() == Metric.Kind.TIMER ? metric.series().get(1).replace("_count", "") : metric.series().getFirst();
  }

  private static String bound(Duration bound) {
    return bound.toMillis() % 1_000 == 0 ? bound.toSeconds() + " s" : bound.toMillis() + " ms";
  }
}
