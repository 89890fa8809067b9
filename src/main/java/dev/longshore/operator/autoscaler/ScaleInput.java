package dev.longshore.operator.autoscaler;

import java.time.Duration;
import java.util.List;

/**
 * All that {@link Evaluate} may look at.
 *
 * @param bounds between which the number of workers moves
 * @param pinned the number that somebody set; null is automatic
 * @param policy how it follows the work
 * @param previous the number decided before; what runs, at the first decision
 * @param ready workers that take work
 * @param starting workers that do not yet
 * @param draining workers that finish what they have
 * @param loads one for each active job of the pool
 * @param past what was decided before, oldest first, reaching back further than the policy's {@link ScalePolicy#reach} when the pool is as old
 * @param ceilings what else keeps the pool from having more
 */
public record ScaleInput(Bounds bounds, Integer pinned, ScalePolicy policy, int previous, int ready, int starting, int draining,
    List<JobLoad> loads, List<Past> past, List<Ceiling> ceilings) {
  public ScaleInput {
    loads = List.copyOf(loads);
    past = List.copyOf(past);
    ceilings = List.copyOf(ceilings);
  }

  /** The fewest and the most workers of a pool. */
  public record Bounds(int min, int max) {
    public Bounds {
      if (min < 0 || max < min) {
        throw new IllegalArgumentException("not 0 <= minReplicas <= maxReplicas: " + min + ", " + max);
      }
    }

    int clamp(double wanted) {
      return (int) Math.clamp(wanted, min, max);
    }
  }

  /**
   * A decision that held until the next one.
   *
   * @param age how long ago it was made
   * @param wanted what the work alone asked for, within the bounds
   * @param desired what was decided
   */
  public record Past(Duration age, int wanted, int desired) {}
}
