package dev.longshore.worker;

import dev.longshore.job.PoolRef;
import java.util.Objects;

/**
 * Who a worker is.
 *
 * @param pool the pool whose assignment it follows
 * @param pod its name, unique among all workers of the namespace at all times: it holds leases under it
 */
public record WorkerSettings(PoolRef pool, String pod) {
  public WorkerSettings {
    Objects.requireNonNull(pool, "pool");
    Objects.requireNonNull(pod, "pod");
  }
}
