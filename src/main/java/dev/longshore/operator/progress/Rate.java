package dev.longshore.operator.progress;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;

/** How fast a number that grows has grown over the last time. */
final class Rate {
  private final Duration window;
  private final Duration least;
  private final Deque<Sample> samples = new ArrayDeque<>();

  private record Sample(Instant at, long number) {}

  /**
   * A rate of nothing yet.
   *
   * @param window how far back it looks
   * @param least over how long the number must have been seen before there is a rate
   */
  Rate(Duration window, Duration least) {
    this.window = window;
    this.least = least;
  }

  /** A number that is lower than the one before begins anew. */
  synchronized void sample(Instant at, long number) {
    if (!samples.isEmpty() && samples.getLast().number() > number) {
      samples.clear();
    }
    samples.addLast(new Sample(at, number));
    while (samples.size() > 2 && Duration.between(samples.getFirst().at(), at).compareTo(window) > 0) {
      samples.removeFirst();
    }
  }

  /** 0 while too little has been seen. */
  synchronized double perSecond(Instant now) {
    if (samples.size() < 2 || Duration.between(samples.getFirst().at(), samples.getLast().at()).compareTo(least) < 0) {
      return 0;
    }
    long millis = Math.max(1, Duration.between(samples.getFirst().at(), now).toMillis());
    return (samples.getLast().number() - samples.getFirst().number()) * 1000d / millis;
  }
}
