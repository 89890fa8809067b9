package dev.longshore.operator.mapping;

import dev.longshore.api.v1alpha1.BatchJobSpec;
import dev.longshore.api.v1alpha1.GuardSpec;
import java.time.Duration;

/** How long one processor call of a job may last, with the short retries inside its guard. */
public final class LongestCall {
  /** What {@code guard.timeout} is where nothing is said. */
  private static final Duration DEFAULT = Duration.ofSeconds(30);
  /** What {@code guard.timeout} can be. */
  private static final Duration LONGEST = Duration.ofHours(24);

  private LongestCall() {}

  /** Of a plugin that brings its own timeout only its workers know how long that is: then the longest that can be. */
  public static Duration of(BatchJobSpec spec) {
    GuardSpec guard = spec.guard();
    if (guard == null || guard.timeout() == null) {
      return spec.processor() != null && spec.processor().plugin() != null ? LONGEST : withRetries(DEFAULT, guard);
    }
    try {
      return withRetries(FieldValues.duration(guard.timeout()), guard);
    } catch (IllegalArgumentException e) {
      // Such a job is refused, and what it was before goes on.
      return LONGEST;
    }
  }

  private static Duration withRetries(Duration timeout, GuardSpec guard) {
    int calls = 1 + (guard == null || guard.retries() == null ? 0 : Math.max(0, guard.retries()));
    Duration bounded = timeout.compareTo(LONGEST) > 0 ? LONGEST : timeout;
    return bounded.multipliedBy(calls);
  }
}
