package dev.longshore.runtime;

import java.time.Duration;
import java.util.Locale;

/** The bounds that {@link LongshoreConfig} states; a process whose configuration is outside of them does not start. */
final class ConfigBounds {
  private static final Duration TEN_MINUTES = Duration.ofMinutes(10);
  private static final Duration HOUR = Duration.ofHours(1);

  private ConfigBounds() {}

  /** Throws {@link IllegalStateException} that names the option, its value and its bounds. */
  static void check(LongshoreConfig config) {
    check("LONGSHORE_WORKER_LEASE_TIME", config.worker().leaseTime(), Duration.ofSeconds(2), TEN_MINUTES);
    check("LONGSHORE_WORKER_HOLD_LIMIT", config.worker().holdLimit(), Duration.ofSeconds(2), TEN_MINUTES);
    check("LONGSHORE_AUDIT_QUIET", config.audit().quiet(), Duration.ofSeconds(3), HOUR);
    check("LONGSHORE_OPERATOR_LET_GO_AFTER", config.operator().letGoAfter(), Duration.ofSeconds(2), Duration.ofHours(24));
    check("LONGSHORE_AUDIT_GRACE", config.audit().grace(), Duration.ofSeconds(1), HOUR);
  }

  static void check(String option, Duration value, Duration least, Duration most) {
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw new IllegalStateException(option + " is " + text(value) + ", it must be from " + text(least) + " to " + text(most));
    }
  }

  /** As it is written in the configuration: {@code 90s}, {@code 1h}. */
  private static String text(Duration value) {
    return value.toString().substring(2).toLowerCase(Locale.ROOT);
  }
}
