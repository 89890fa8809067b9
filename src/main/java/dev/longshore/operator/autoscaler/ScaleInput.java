package dev.longshore.operator.autoscaler;

import java.time.Duration;
import java.util.List;

/**
 * All that {@link Evaluate} may look at.
 *
 * @param bounds between which the number of workers moves
 * @param pinned the number that somebody set; null is automatic
 * @param backlogPerWorker items for each worker, at least 1
 * @param window how long a lower need must last before a worker goes
 * @param previous the number decided before; what runs, at the first decision
 * @param ready workers that take work
 * @param starting workers that do not yet
 * @param draining workers that finish what they have
 * @param loads one for each active job of the pool
 * @param history earlier recommendations, reaching back further than {@code window} when the pool is as old
 * @param obstacle why workers that were made do not start; empty when they do
 */
public record ScaleInput(Bounds bounds, Integer pinned, int backlogPerWorker, Duration window, int previous, int ready, int starting,
    int draining, List<JobLoad> loads, List<Recommendation> history, String obstacle) {

  /** The fewest and the most workers of a pool. */
  public record Bounds(int min, int max) {
    public Bounds {
      if (min < 0 || max < min) {
        throw new IllegalArgumentException("not 0 <= minReplicas <= maxReplicas: " + min + ", " + max);
      }
    }

    int clamp(long wanted) {
      return (int) Math.clamp(wanted, min, max);
    }
  }
}
