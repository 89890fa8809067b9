package dev.longshore.operator.autoscaler;

import java.time.Duration;
import java.time.Instant;

/**
 * How long a place waits for the next worker after one that crashed: 1 s, doubling to 60 s, over once a new worker has finished items, and
 * forgotten 10 minutes later as a kubelet does. A crash that is explained by what was inside the worker's processors waits 250 ms and
 * doubles nothing: the search for the item that kills ends by itself.
 */
public final class CrashBackoff {
  private static final Duration FIRST = Duration.ofSeconds(1);
  private static final Duration LAST = Duration.ofSeconds(60);
  private static final Duration EXPLAINED = Duration.ofMillis(250);
  private static final Duration REMEMBERED = Duration.ofMinutes(10);

  private int crashes;
  private Instant until = Instant.MIN;

  public void crashed(Instant now) {
    Duration wait = crashes >= 6 ? LAST : FIRST.multipliedBy(1L << crashes);
    crashes++;
    until = now.plus(wait.compareTo(LAST) > 0 ? LAST : wait);
  }

  public void explained(Instant now) {
    if (until.isBefore(now.plus(EXPLAINED))) {
      until = now.plus(EXPLAINED);
    }
  }

  public void succeeded() {
    crashes = 0;
    until = Instant.MIN;
  }

  /** How long from {@code now} until a worker may be made; zero when it may be now. */
  public Duration left(Instant now) {
    return until.isAfter(now) ? Duration.between(now, until) : Duration.ZERO;
  }

  /** Whether the wait has been over for so long that it says nothing any more. */
  boolean old(Instant now) {
    return until.plus(REMEMBERED).isBefore(now);
  }

  public int crashes() {
    return crashes;
  }
}
