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
  private static final String DISRUPTED = "DisruptionTarget";
  private static final String NOBODY_SAW = "ContainerStatusUnknown";
  private static final int SIGNAL_BASE = 128;
  private static final int LAST_SIGNAL = 31;

  private PodStages() {}

  /**
   * The worker of a pod.
   *
   * @param seen its last heartbeat; null when there is none
   * @param template what {@link WorkerPods#template} says of the pool now
   */
  public static Worker worker(Pod pod, Pools.Seen seen, String template) {
    return new Worker(pod.getMetadata().getName(), stage(pod), seen, obstacle(pod), !template.equals(WorkerPods.templateOf(pod)));
  }

  static Stage stage(Pod pod) {
    boolean told = pod.getMetadata().getDeletionTimestamp() != null;
    return switch (phase(pod)) {
      case "Succeeded" -> Stage.ENDED;
      // A pod that was told to end may be killed: no crash.
      case "Failed" -> told || byNode(pod) ? Stage.ENDED : Stage.CRASHED;
      // Unknown is a lost node, where it may run on.
      case "Running", "Unknown" -> told ? Stage.TERMINATING : Stage.RUNNING;
      default -> told ? Stage.TERMINATING : Stage.PENDING;
    };
  }

  /**
   * Whether the node, and not the process, is why it ended: an eviction, a shutdown, a lost node (a reason on the pod itself, or the condition
   * DisruptionTarget), or a kubelet that does not know how the process ended.
   */
  private static boolean byNode(Pod pod) {
    return pod.getStatus().getReason() != null
        || pod.getStatus().getConditions().stream().anyMatch(condition -> DISRUPTED.equals(condition.getType()) && "True".equals(condition.getStatus()))
        || terminated(pod).map(ContainerStateTerminated::getReason).filter(NOBODY_SAW::equals).isPresent();
  }

  /** How its process ended, for people. */
  public static String ending(Pod pod) {
    return terminated(pod).map(end -> (end.getReason() == null ? "ended" : end.getReason()) + ", exit code " + end.getExitCode()
        + signal(end) + (end.getMessage() == null ? "" : ": " + end.getMessage()))
        .orElseGet(() -> Objects.requireNonNullElse(pod.getStatus().getMessage(), "ended without a word"));
  }

  /** Kubelets leave the signal out and add 128 to it for the exit code, as shells do. */
  private static String signal(ContainerStateTerminated end) {
    int signal = end.getSignal() != null && end.getSignal() > 0 ? end.getSignal()
        : end.getExitCode() != null && end.getExitCode() > SIGNAL_BASE && end.getExitCode() <= SIGNAL_BASE + LAST_SIGNAL
            ? end.getExitCode() - SIGNAL_BASE : 0;
    return signal == 0 ? "" : " (signal " + signal + ")";
  }

  private static Optional<ContainerStateTerminated> terminated(Pod pod) {
    return container(pod).map(status -> status.getState()).map(state -> state.getTerminated());
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
