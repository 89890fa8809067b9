package dev.longshore.processor.exec;

import dev.longshore.resilience.retry.RetryDelays;
import java.time.Duration;
import java.util.Optional;

/**
 * Keeps a program that cannot start, or ends before its first answer, from being started in a hot loop. The wait doubles from 100 ms up to
 * 30 s when it cannot start, and to 1 s when it starts and ends: then it is perhaps the items that end it, and each must get its turn.
 */
final class StartBackoff {
  private static final Duration INITIAL = Duration.ofMillis(100);
  private static final Duration LONGEST = Duration.ofSeconds(30);
  private static final Duration LONGEST_AFTER_START = Duration.ofSeconds(1);
  private static final int DOUBLINGS = 30;

  private int inRow;
  private long notBefore = System.nanoTime();

  /** How long until the program may be started; zero or less when it may be now. */
  synchronized Duration remaining() {
    return Duration.ofNanos(notBefore - System.nanoTime());
  }

  void couldNotStart() {
    failed(LONGEST);
  }

  void endedUnanswered() {
    failed(LONGEST_AFTER_START);
  }

  private synchronized void failed(Duration max) {
    inRow = Math.min(inRow + 1, DOUBLINGS);
    notBefore = System.nanoTime() + RetryDelays.next(INITIAL, 2, max, 0, inRow, Optional.empty(), 0).toNanos();
  }

  synchronized void worked() {
    inRow = 0;
    notBefore = System.nanoTime();
  }
}
