package dev.longshore.resilience.retry;

import java.time.Duration;
import java.util.Optional;

/** How long to wait before the next attempt: exponential backoff with jitter, unless the other side says itself when to come again. */
public final class RetryDelays {
  /** The longest wait that is honoured, whoever asks for it. */
  public static final Duration LONGEST = Duration.ofDays(7);

  private RetryDelays() {}

  /**
   * The wait after a failed attempt: {@code initial * factor^(attempt-1)}, at most {@code max}, then moved by up to {@code jitter} of
   * itself either way. A {@code retryAfter} wins over all of it. The answer is never negative and never above {@link #LONGEST}.
   *
   * @param initial wait after the first attempt
   * @param factor at least 1
   * @param max bound before jitter
   * @param jitter share of the wait, 0 to 1
   * @param attempt the attempt that failed, from 1
   * @param retryAfter what the other side asked for
   * @param random 0 (included) to 1 (excluded)
   */
  public static Duration next(Duration initial, double factor, Duration max, double jitter, int attempt, Optional<Duration> retryAfter,
      double random) {
    if (attempt < 1 || factor < 1 || jitter < 0 || jitter > 1 || random < 0 || random >= 1) {
      throw new IllegalArgumentException("attempt " + attempt + " (from 1), factor " + factor + " (from 1), jitter " + jitter
          + " (0 to 1), random " + random + " (0 to below 1): one is out of its bounds");
    }
    if (retryAfter.isPresent()) {
      return bounded(retryAfter.get());
    }
    // doubles: the power overflows to infinity, which the bound then catches
    double plain = Math.min(initial.toMillis() * Math.pow(factor, attempt - 1.0), Math.min(max.toMillis(), LONGEST.toMillis()));
    double moved = plain * (1 + jitter * (2 * random - 1));
    return bounded(Duration.ofMillis(Math.round(moved)));
  }

  private static Duration bounded(Duration delay) {
    if (delay.isNegative()) {
      return Duration.ZERO;
    }
    return delay.compareTo(LONGEST) > 0 ? LONGEST : delay;
  }
}
