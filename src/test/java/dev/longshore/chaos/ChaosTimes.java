package dev.longshore.chaos;

import java.time.Duration;

/**
 * The times after which what is gone counts as gone.
 *
 * @param lease how long a worker may be silent before its leases end
 * @param auditQuiet how long a job's queues must have been empty before its ledger is audited
 * @param auditGrace how long after its due time a retry counts as on its way
 */
record ChaosTimes(Duration lease, Duration auditQuiet, Duration auditGrace) {
  /** As short as they may be, so that a test sees many of them pass. */
  static final ChaosTimes SHORT = new ChaosTimes(Duration.ofSeconds(3), Duration.ofSeconds(3), Duration.ofSeconds(5));
  /** Those of {@code docs/reference/options.md}. */
  static final ChaosTimes STANDARD = new ChaosTimes(Duration.ofSeconds(15), Duration.ofSeconds(30), Duration.ofSeconds(60));
}
