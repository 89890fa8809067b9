package dev.longshore.processor.exec;

import dev.longshore.resilience.retry.RetryDelays;
import java.time.Duration;
import java.util.Optional;

/** Keeps a program that cannot start, or ends before its first answer, from being started in a hot loop: waits of 100 ms to 30 s in between. */
final class StartBackoff {
  private static final Duration INITIAL = Duration.ofMillis(100);
  private static final Duration MAX = Duration.ofSeconds(30);
  private static final int DOUBLINGS = 30;

  private int inRow;
  private long notBefore = System.nanoTime();

  /** How long until the program may be started; zero or less when it may be now. */
  synchronized Duration remaining() {
    return Duration.ofNanos(notBefore - System.nanoTime());
  }

  synchronized void failed() {
    inRow = Math.min(inRow + 1, DOUBLINGS);
    notBefore = System.nanoTime() + RetryDelays.next(INITIAL, 2, MAX, 0, inRow, Optional.empty(), 0).toNanos();
  }

  synchronized void worked() {
    inRow = 0;
    notBefore = System.nanoTime();
  }
}
