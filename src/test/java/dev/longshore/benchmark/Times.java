package dev.longshore.benchmark;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;

/** Durations of many trials of one thing, in milliseconds. */
final class Times {
  private final List<Double> millis = new CopyOnWriteArrayList<>();

  void add(long fromNanos, long toNanos) {
    millis.add((toNanos - fromNanos) / 1e6);
  }

  /** The least time that this share of all, in percent, were done within. */
  double percentile(int percent) {
    List<Double> sorted = millis.stream().sorted().toList();
    return sorted.get(Math.ceilDiv(sorted.size() * percent, 100) - 1);
  }

  /** Median, 99th percentile and longest. */
  String told() {
    return String.format(Locale.ROOT, "%.0f, %.0f, %.0f ms", percentile(50), percentile(99), percentile(100));
  }

  @Override
  public String toString() {
    return millis.stream().sorted().map(time -> String.format(Locale.ROOT, "%.0f", time)).toList().toString();
  }
}
