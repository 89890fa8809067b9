package dev.longshore.worker;

import dev.longshore.job.PoolRef;
import java.time.Duration;
import java.util.Objects;

/**
 * Who a worker is.
 *
 * @param pool the pool whose assignment it follows
 * @param pod its name, unique among all workers of the namespace at all times: it holds leases under it
 * @param holdLimit how long a delivery may stay unacked; what is unfinished then is handed on. Below the 10 minutes of the contracts
 */
public record WorkerSettings(PoolRef pool, String pod, Duration holdLimit) {
  /** Leaves time to hand on before the 10 minutes are over. */
  public static final Duration HOLD_LIMIT = Duration.ofMinutes(8);

  public WorkerSettings {
    Objects.requireNonNull(pool, "pool");
    Objects.requireNonNull(pod, "pod");
    Objects.requireNonNull(holdLimit, "holdLimit");
  }
}
