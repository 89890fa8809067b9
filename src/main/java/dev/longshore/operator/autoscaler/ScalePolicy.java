package dev.longshore.operator.autoscaler;

import java.time.Duration;
import java.util.List;

/**
 * How a pool's number of workers follows its work. Tolerance, window, steps and select mean what they mean in the {@code behavior} of a
 * Kubernetes HorizontalPodAutoscaler.
 *
 * @param kind what the work is measured against
 * @param backlogItems unfinished items for each worker, at least 1; also used where a time is asked for and none is measured yet
 * @param backlogTime work for each worker, as time with all its calls in use; null: {@code backlogItems} counts
 * @param tolerance how far, as a share of the present number, the need may differ before anything changes; 0 to 1
 * @param window how long a lower need must last before a worker goes
 * @param steps how many workers may go within a time; empty: any number
 * @param select which of several steps counts
 */
public record ScalePolicy(Kind kind, long backlogItems, Duration backlogTime, double tolerance, Duration window, List<Step> steps,
    Select select) {
  /** What an HPA keeps as its tolerance too. */
  public static final double TOLERANCE = 0.1;
  public static final ScalePolicy STANDARD = new ScalePolicy(Kind.BACKLOG, 1_000, null, TOLERANCE, Duration.ofSeconds(60), List.of(), Select.MAX);

  public ScalePolicy {
    steps = steps == null ? List.of() : List.copyOf(steps);
    if (backlogItems < 1 || tolerance < 0 || tolerance > 1 || window.isNegative()) {
      throw new IllegalArgumentException("not a policy: " + backlogItems + " items, tolerance " + tolerance + ", window " + window);
    }
  }

  /** What the work is measured against. */
  public enum Kind {
    /** So much for each worker. */
    BACKLOG,
    /** The time left of each job that has a target; a job without one is measured by its backlog. */
    DEADLINE
  }

  /** What a step counts in. */
  public enum Unit { PODS, PERCENT }

  /** Of several steps the one that lets most workers go, the one that lets fewest go, or nobody ever goes. */
  public enum Select { MAX, MIN, DISABLED }

  /** So many workers may go within a period. */
  public record Step(Unit unit, int value, Duration period) {}

  /** The longest time that the past is asked about. */
  public Duration reach() {
    return steps.stream().map(Step::period).reduce(window, (a, b) -> a.compareTo(b) >= 0 ? a : b);
  }
}
