package dev.longshore.operator.pods;

import dev.longshore.operator.autoscaler.Worker;
import dev.longshore.operator.autoscaler.Worker.Stage;
import dev.longshore.store.Pools;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Objects;
import java.util.Optional;

/** Reads from a pod what became of its worker. */
public final class PodStages {

  private PodStages() {}

  /** @param seen the worker's last heartbeat; null when there is none */
  public static Worker worker(Pod pod, Pools.Seen seen) {
    return new Worker(pod.getMetadata().getName(), stage(pod), seen, obstacle(pod));
  }

  static Stage stage(Pod pod) {
    boolean told = pod.getMetadata().getDeletionTimestamp() != null;
    return switch (phase(pod)) {
      case "Succeeded" -> Stage.ENDED;
      // A reason on the pod itself is the node's doing (an eviction, a shutdown), and a pod that was told to end may be killed: no crash.
      case "Failed" -> told || pod.getStatus().getReason() != null ? Stage.ENDED : Stage.CRASHED;
      case "Running" -> told ? Stage.TERMINATING : Stage.RUNNING;
      default -> told ? Stage.TERMINATING : Stage.PENDING;
    };
  }

  /** How its process ended, for people. */
  public static String ending(Pod pod) {
    Optional<ContainerStateTerminated> ended = container(pod).map(status -> status.getState()).map(state -> state.getTerminated());
    return ended.map(end -> (end.getReason() == null ? "ended" : end.getReason()) + ", exit code " + end.getExitCode()
        + (end.getMessage() == null ? "" : ": " + end.getMessage()))
        .orElseGet(() -> Objects.requireNonNullElse(pod.getStatus().getMessage(), "ended without a word"));
  }

  private static String obstacle(Pod pod) {
    if (!phase(pod).equals("Pending") || pod.getStatus() == null) {
      return "";
    }
    String unschedulable = pod.getStatus().getConditions().stream()
        .filter(condition -> "PodScheduled".equals(condition.getType()) && "False".equals(condition.getStatus()))
        .map(condition -> condition.getReason() + ": " + condition.getMessage()).findFirst().orElse("");
    return unschedulable.isEmpty() ? waiting(pod) : unschedulable;
  }

  private static String waiting(Pod pod) {
    return container(pod).map(status -> status.getState()).map(state -> state.getWaiting())
        .filter(waiting -> waiting.getReason() != null && !waiting.getReason().equals("ContainerCreating"))
        .map(PodStages::words).orElse("");
  }

  private static String words(ContainerStateWaiting waiting) {
    return waiting.getReason() + (waiting.getMessage() == null ? "" : ": " + waiting.getMessage());
  }

  private static Optional<ContainerStatus> container(Pod pod) {
    return Optional.ofNullable(pod.getStatus()).stream().flatMap(status -> status.getContainerStatuses().stream())
        .filter(status -> WorkerPods.CONTAINER.equals(status.getName())).findFirst();
  }

  private static String phase(Pod pod) {
    return pod.getStatus() == null || pod.getStatus().getPhase() == null ? "Pending" : pod.getStatus().getPhase();
  }
}
