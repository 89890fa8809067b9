package dev.longshore.operator.status;

import dev.longshore.api.v1alpha1.LimitedBy;
import dev.longshore.api.v1alpha1.WorkerPoolStatus;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.util.List;

/** The status of a pool, as a pure function of what a pass found. */
public final class PoolStates {
  private static final String PROGRESSING = "Progressing";

  private final long generation;
  private final Instant now;
  private final String selector;

  public PoolStates(long generation, Instant now, String selector) {
    this.generation = generation;
    this.now = now;
    this.selector = selector;
  }

  /**
   * After a pass.
   *
   * @param trouble what keeps the pool from getting further
   */
  public WorkerPoolStatus passed(WorkerPoolStatus before, PoolFigures figures, Trouble trouble) {
    Conditions conditions = conditions(before);
    if (!trouble.equals(Trouble.NONE)) {
      conditions.set(PROGRESSING, false, trouble.reason(), trouble.message());
    } else if (figures.replicas() == figures.desired() && figures.ready() == figures.desired()) {
      conditions.set(PROGRESSING, true, "AsDesired", "the pool has the workers that it is to have");
    } else {
      conditions.set(PROGRESSING, true, "Scaling", "workers start or drain");
    }
    LimitedBy limit = figures.limitedBy().reason().isEmpty() ? null : new LimitedBy(figures.limitedBy().reason(),
        figures.limitedBy().message());
    return status(figures.replicas(), figures.ready(), figures.busy(), figures.draining(), figures.desired(), limit, conditions.list());
  }

  /** Without a pass: the numbers stay what they were. */
  public WorkerPoolStatus waiting(WorkerPoolStatus before, String reason, String message) {
    List<Condition> conditions = conditions(before).set(PROGRESSING, false, reason, message).list();
    return before == null ? status(0, 0, 0, 0, 0, null, conditions)
        : status(before.replicas(), before.ready(), before.busy(), before.draining(), before.desired(), before.limitedBy(), conditions);
  }

  private Conditions conditions(WorkerPoolStatus before) {
    return new Conditions(before == null ? null : before.conditions(), generation, now);
  }

  private WorkerPoolStatus status(Integer replicas, Integer ready, Integer busy, Integer draining, Integer desired, LimitedBy limit,
      List<Condition> conditions) {
    return new WorkerPoolStatus(replicas, selector, ready, busy, draining, desired, limit, conditions);
  }
}
