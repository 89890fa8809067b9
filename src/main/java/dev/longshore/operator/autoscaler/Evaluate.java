package dev.longshore.operator.autoscaler;

import dev.longshore.operator.autoscaler.Decision.LimitedBy;
import dev.longshore.operator.autoscaler.Decision.Reason;

/**
 * Decides how many workers a pool is to have: up at once, down only when the need has been lower for the whole window, and never on a
 * reading that is missing or old. The window works as the stabilization window of a Kubernetes HorizontalPodAutoscaler does.
 */
public final class Evaluate {

  public Decision evaluate(ScaleInput in) {
    if (in.pinned() != null) {
      int pinned = Math.max(0, in.pinned());
      return new Decision(pinned, pinned, Reason.PINNED, obstacle(in));
    }
    if (in.loads().isEmpty()) {
      return new Decision(in.bounds().min(), in.bounds().min(), Reason.NO_JOBS, LimitedBy.NOTHING);
    }
    long asked = asked(in);
    int wanted = in.bounds().clamp(asked);
    int previous = in.bounds().clamp(in.previous());
    LimitedBy limitedBy = limitedBy(in, asked);
    if (wanted >= previous) {
      return new Decision(wanted, wanted, Reason.BACKLOG, limitedBy);
    }
    if (in.loads().stream().anyMatch(JobLoad::stale)) {
      return new Decision(previous, wanted, Reason.STALE, limitedBy);
    }
    int held = Math.min(previous, Math.max(wanted, in.bounds().clamp(highestInWindow(in, previous))));
    return new Decision(held, wanted, held > wanted ? Reason.STABILIZING : Reason.BACKLOG, limitedBy);
  }

  private static long asked(ScaleInput in) {
    long items = 0;
    for (JobLoad load : in.loads()) {
      items += load.items();
    }
    return Math.ceilDiv(items, in.backlogPerWorker());
  }

  /** A history that does not reach back over the whole window proves nothing: the pool keeps what it has. */
  private static int highestInWindow(ScaleInput in, int previous) {
    boolean covered = in.history().stream().anyMatch(past -> past.age().compareTo(in.window()) >= 0);
    if (!covered) {
      return previous;
    }
    return in.history().stream().filter(past -> past.age().compareTo(in.window()) < 0).mapToInt(Recommendation::wanted).max().orElse(0);
  }

  private static LimitedBy limitedBy(ScaleInput in, long asked) {
    if (!in.obstacle().isEmpty()) {
      return obstacle(in);
    }
    if (asked > in.bounds().max()) {
      return new LimitedBy("MaxReplicas", "the backlog asks for " + asked + " workers, maxReplicas is " + in.bounds().max());
    }
    return LimitedBy.NOTHING;
  }

  private static LimitedBy obstacle(ScaleInput in) {
    return in.obstacle().isEmpty() ? LimitedBy.NOTHING : new LimitedBy("PodsNotStarting", in.obstacle());
  }
}
