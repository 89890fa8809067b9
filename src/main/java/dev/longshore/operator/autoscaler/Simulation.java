package dev.longshore.operator.autoscaler;

import dev.longshore.operator.autoscaler.ScaleInput.Bounds;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Decides again what a pool's flight recorder kept, by the same policy (then it comes to exactly the same) or by another one. Open loop: the
 * work comes as it came, though with other workers it would have gone down at another pace. A pure function.
 */
public final class Simulation {
  private final Evaluate evaluate = new Evaluate();

  /**
   * What differs from the recorded pool; null: as recorded.
   *
   * @param pinned with {@code bounds} given, null is automatic
   */
  public record Change(Bounds bounds, Integer pinned, ScalePolicy policy) {
    public static final Change NONE = new Change(null, null, null);

    private ScaleInput applied(ScaleInput in, PoolMemory memory, Instant at) {
      return new ScaleInput(bounds == null ? in.bounds() : bounds, bounds == null ? in.pinned() : pinned,
          policy == null ? in.policy() : policy, memory.previous(), in.ready(), in.starting(), in.draining(), in.loads(), memory.past(at),
          in.ceilings());
    }
  }

  /** A recorded decision beside the simulated one. */
  public record Step(Recorded recorded, Decision simulated) {
    public boolean same() {
      return recorded.decision().equals(simulated);
    }
  }

  /**
   * Replays.
   *
   * @param trace oldest first
   */
  public List<Step> replay(List<Recorded> trace, Change change) {
    List<Step> steps = new ArrayList<>(trace.size());
    PoolMemory memory = null;
    for (Recorded each : trace) {
      if (memory == null || each.input().past().isEmpty()) {
        // the trace begins, or the operator had started again and knew no past
        memory = PoolMemory.of(each.input(), each.at());
      }
      ScaleInput in = change.applied(each.input(), memory, each.at());
      Decision decision = evaluate.evaluate(in);
      memory.decided(decision, in.policy().reach(), each.at());
      steps.add(new Step(each, decision));
    }
    return steps;
  }

  /** Workers that were to be there, times how long. */
  public static Duration workerTime(List<Step> steps, boolean simulated) {
    Duration sum = Duration.ZERO;
    for (int i = 1; i < steps.size(); i++) {
      Step before = steps.get(i - 1);
      Duration held = Duration.between(before.recorded().at(), steps.get(i).recorded().at());
      sum = sum.plus(held.multipliedBy((simulated ? before.simulated() : before.recorded().decision()).desired()));
    }
    return sum;
  }
}
