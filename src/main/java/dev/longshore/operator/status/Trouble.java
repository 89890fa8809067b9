package dev.longshore.operator.status;

import dev.longshore.operator.autoscaler.Decision.LimitedBy;
import dev.longshore.operator.autoscaler.Evaluate;
import dev.longshore.operator.autoscaler.Worker;
import dev.longshore.operator.autoscaler.Worker.Hindrance;
import dev.longshore.operator.autoscaler.Worker.Stage;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Why a pool gets no further with its workers, worst first: they cannot be made, they crash, they do not start.
 *
 * @param reason the condition's; empty when nothing is wrong
 * @param message in the words of the API server or of a pod, where they have any
 */
public record Trouble(String reason, String message) {
  public static final Trouble NONE = new Trouble("", "");
  /** Workers are held back on purpose. */
  private static final String GATED = "SchedulingGated";

  /**
   * The worst trouble of a pool.
   *
   * @param refused why no worker could be made; empty when it could
   * @param crashes in a row, at the place that has most
   * @param held replacements that wait
   */
  public static Trouble of(String refused, int crashes, int held, List<Worker> workers) {
    if (!refused.isEmpty()) {
      return new Trouble("WorkersRefused", refused);
    }
    if (crashes > 1) {
      return new Trouble("WorkersCrash", crashes + " workers in a row ended though nobody told them to; "
          + (held == 0 ? "the next has not finished items yet" : held == 1 ? "the next comes later" : "the next " + held + " come later"));
    }
    return blocked(workers);
  }

  /** What limits a pool of which something else may be known already; workers that are held back are fewer than its maximum. */
  public LimitedBy limit(LimitedBy known) {
    boolean tighter = known.reason().isEmpty() || known.reason().equals(Evaluate.MAX_REPLICAS) && reason.equals(GATED);
    return tighter && !reason.isEmpty() ? new LimitedBy(reason, message) : known;
  }

  private static Trouble blocked(List<Worker> workers) {
    List<Worker> blocked = workers.stream()
        .filter(worker -> worker.stage() == Stage.PENDING && worker.hindrance() != Hindrance.NONE).toList();
    Optional<Worker> first = blocked.stream().min(Comparator.comparing(Worker::hindrance).thenComparing(Worker::name));
    return first.map(worker -> new Trouble(reason(worker.hindrance()), blocked.size() + " of "
        + workers.stream().filter(other -> !other.gone()).count() + " workers do not start; " + worker.name() + ": " + worker.obstacle()))
        .orElse(NONE);
  }

  private static String reason(Hindrance hindrance) {
    return switch (hindrance) {
      case IMAGE -> "ImagePull";
      case CONTAINER -> "ContainerNotStarting";
      case UNSCHEDULABLE -> "Unschedulable";
      case GATED -> GATED;
      case OTHER, NONE -> "PodsNotStarting";
    };
  }
}
