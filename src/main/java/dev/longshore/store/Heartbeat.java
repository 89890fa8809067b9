package dev.longshore.store;

import dev.longshore.job.JobRef;
import java.time.Duration;
import java.util.Set;

/**
 * What a worker says of itself each second.
 *
 * @param pod its name
 * @param state where it is in its life
 * @param chunks deliveries in hand
 * @param items items in hand that are not final
 * @param remaining how long it will take for what it has in hand; null where that is not known
 * @param holding uids of the jobs of which something is in hand; null where that is not said
 * @param busyPercent share of the last second in which its processor slots were in use, 0 to 100
 * @param done items settled since it started
 * @param heapPercent used heap after the last collection, 0 to 100
 * @param message what it waits for (a broker that is away, say); empty when all is well
 */
public record Heartbeat(String pod, State state, int chunks, long items, Duration remaining, Set<String> holding, int busyPercent,
    long done, int heapPercent, String message) {
  /** A worker's life. */
  public enum State { STARTING, READY, DRAINING, DRAINED }

  /** Whether the worker may have something of this job in hand. */
  public boolean holds(JobRef job) {
    return items > 0 && (holding == null || holding.contains(job.uid()));
  }
}
