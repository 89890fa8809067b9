package dev.longshore.operator.progress;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;

/** Items a second over the last ten seconds. */
final class Throughput {
  private static final Duration WINDOW = Duration.ofSeconds(10);

  private final Deque<Sample> samples = new ArrayDeque<>();

  private record Sample(Instant at, long finished) {}

  synchronized void sample(Instant at, long finished) {
    if (!samples.isEmpty() && samples.getLast().finished() > finished) {
      samples.clear();
    }
    samples.addLast(new Sample(at, finished));
    while (samples.size() > 2 && Duration.between(samples.getFirst().at(), at).compareTo(WINDOW) > 0) {
      samples.removeFirst();
    }
  }

  synchronized long perSecond(Instant now) {
    if (samples.size() < 2) {
      return 0;
    }
    long millis = Math.max(1, Duration.between(samples.getFirst().at(), now).toMillis());
    return Math.round((samples.getLast().finished() - samples.getFirst().finished()) * 1000d / millis);
  }
}
