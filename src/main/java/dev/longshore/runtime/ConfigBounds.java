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
    double ratio = config.tracing().ratio();
    if (!(ratio >= 0 && ratio <= 1)) {
      throw new IllegalStateException("LONGSHORE_TRACING_RATIO is " + ratio + ", it must be from 0 to 1");
    }
    check("LONGSHORE_AUDIT_GRACE", config.audit().grace(), Duration.ofSeconds(1), HOUR);
    check("LONGSHORE_OPERATOR_FINALIZER_PATIENCE", config.operator().finalizerPatience(), Duration.ofSeconds(10), Duration.ofHours(24));
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
