package dev.longshore.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A metric as others may rely on it: docs/reference/metrics.md is made of these, and every meter of Longshore's is made by one.
 *
 * @param name with dots; Prometheus shows {@link #series}
 * @param labels in the order in which values are given
 * @param help one sentence, with the unit where the name does not tell it
 * @param buckets upper bounds of a timer's histogram; empty for the others
 */
public record Metric(String name, Kind kind, List<Label> labels, String help, List<Duration> buckets) {
  /** How it moves. */
  public enum Kind {
    /** Only grows, from 0 at the start of the process. */
    COUNTER,
    /** What is now. */
    GAUGE,
    /** A histogram of seconds. */
    TIMER
  }

  /** For what takes a round trip or a few: 1 ms, where a broker or Redis next door answers, to 10 s, where patience ends. */
  private static final List<Duration> TRIPS = millis(1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000);
  /** For processor calls: 1 ms for plain Java to the 10 min of long programs; guard.timeout's default, 30 s, is a bound. */
  private static final List<Duration> CALLS = millis(1, 5, 25, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000);
  /** For the start of jobs: 100 ms with a warm pool, seconds with new pods, minutes with new nodes. */
  private static final List<Duration> STARTS = millis(100, 250, 500, 1_000, 1_500, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000);

  public Metric {
    labels = List.copyOf(labels);
    buckets = List.copyOf(buckets);
  }

  public static Metric counter(String name, String help, Label... labels) {
    return new Metric(name, Kind.COUNTER, List.of(labels), help, List.of());
  }

  public static Metric gauge(String name, String help, Label... labels) {
    return new Metric(name, Kind.GAUGE, List.of(labels), help, List.of());
  }

  /** Of round trips. */
  public static Metric trips(String name, String help, Label... labels) {
    return new Metric(name, Kind.TIMER, List.of(labels), help, TRIPS);
  }

  /** Of processor calls. */
  public static Metric calls(String name, String help, Label... labels) {
    return new Metric(name, Kind.TIMER, List.of(labels), help, CALLS);
  }

  /** Of the start of jobs. */
  public static Metric starts(String name, String help, Label... labels) {
    return new Metric(name, Kind.TIMER, List.of(labels), help, STARTS);
  }

  /** The names of its series in Prometheus. */
  public List<String> series() {
    String base = name.replace('.', '_');
    return switch (kind) {
      case COUNTER -> List.of(base + "_total");
      case GAUGE -> List.of(base);
      case TIMER -> List.of(base + "_seconds_bucket", base + "_seconds_count", base + "_seconds_sum", base + "_seconds_max");
    };
  }

  /** Labels with these values, in the order of {@link #labels}. */
  public Tags tags(String... values) {
    if (values.length != labels.size()) {
      throw new IllegalArgumentException(name + " has " + labels.size() + " labels, given were " + values.length + " values");
    }
    List<Tag> tags = new ArrayList<>(values.length);
    for (int i = 0; i < values.length; i++) {
      tags.add(Tag.of(labels.get(i).name(), values[i]));
    }
    return Tags.of(tags);
  }

  public Counter counter(MeterRegistry registry, String... values) {
    return Counter.builder(name).description(help).tags(tags(values)).register(registry);
  }

  public Timer timer(MeterRegistry registry, String... values) {
    return Timer.builder(name).description(help).tags(tags(values)).serviceLevelObjectives(buckets.toArray(Duration[]::new)).register(registry);
  }

  private static List<Duration> millis(long... bounds) {
    return Arrays.stream(bounds).mapToObj(Duration::ofMillis).toList();
  }
}
