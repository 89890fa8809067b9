package dev.longshore.operator.pods;

import dev.longshore.operator.autoscaler.Worker;
import dev.longshore.operator.autoscaler.Worker.Hindrance;
import dev.longshore.operator.autoscaler.Worker.Stage;
import dev.longshore.store.Pools;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSchedulingGate;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads from a pod what became of its worker. */
public final class PodStages {
  private static final String DISRUPTED = "DisruptionTarget";
  private static final String NOBODY_SAW = "ContainerStatusUnknown";
  private static final String UNSCHEDULABLE = "Unschedulable";
  private static final int SIGNAL_BASE = 128;
  private static final int LAST_SIGNAL = 31;

  private static final Set<String> IMAGE = Set.of("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull",
      "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed");
  private static final Set<String> CONTAINER = Set.of("CreateContainerConfigError", "CreateContainerError", "RunContainerError",
      "PreCreateHookError", "PreStartHookError", "PostStartHookError");
  private static final Set<String> ON_ITS_WAY = Set.of("ContainerCreating", "PodInitializing");

  private PodStages() {}

  private record Obstacle(Hindrance kind, String message) {
    static final Obstacle NONE = new Obstacle(Hindrance.NONE, "");

    static Obstacle of(Hindrance kind, String reason, String message) {
      return new Obstacle(kind, message == null || message.isEmpty() ? reason : reason + ": " + message);
    }
  }

  /**
   * The worker of a pod.
   *
   * @param seen its last heartbeat; null when there is none
   * @param template what {@link WorkerPods#template} says of the pool now
   */
  public static Worker worker(Pod pod, Pools.Seen seen, String template) {
    Obstacle obstacle = obstacle(pod);
    return new Worker(pod.getMetadata().getName(), stage(pod), seen, obstacle.message(), !template.equals(WorkerPods.templateOf(pod)),
        obstacle.kind());
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

  private static Obstacle obstacle(Pod pod) {
    if (!phase(pod).equals("Pending")) {
      return Obstacle.NONE;
    }
    // the gates themselves, and not what a scheduler says of them: it may be late or another one
    List<PodSchedulingGate> gates = pod.getSpec() == null ? List.of() : pod.getSpec().getSchedulingGates();
    if (!gates.isEmpty()) {
      return new Obstacle(Hindrance.GATED, "held back by scheduling gate "
          + gates.stream().map(PodSchedulingGate::getName).collect(Collectors.joining(", ")));
    }
    if (pod.getStatus() == null) {
      return Obstacle.NONE;
    }
    return pod.getStatus().getConditions().stream()
        .filter(condition -> "PodScheduled".equals(condition.getType()) && "False".equals(condition.getStatus())
            && condition.getReason() != null)
        .map(condition -> Obstacle.of(UNSCHEDULABLE.equals(condition.getReason()) ? Hindrance.UNSCHEDULABLE : Hindrance.OTHER,
            condition.getReason(), condition.getMessage()))
        .findFirst().orElseGet(() -> waiting(pod));
  }

  private static Obstacle waiting(Pod pod) {
    return container(pod).map(status -> status.getState()).map(state -> state.getWaiting())
        .filter(waiting -> waiting.getReason() != null && !ON_ITS_WAY.contains(waiting.getReason()))
        .map(waiting -> Obstacle.of(kind(waiting.getReason()), waiting.getReason(), waiting.getMessage())).orElse(Obstacle.NONE);
  }

  private static Hindrance kind(String reason) {
    return IMAGE.contains(reason) ? Hindrance.IMAGE : CONTAINER.contains(reason) ? Hindrance.CONTAINER : Hindrance.OTHER;
  }

  private static Optional<ContainerStatus> container(Pod pod) {
    return Optional.ofNullable(pod.getStatus()).stream().flatMap(status -> status.getContainerStatuses().stream())
        .filter(status -> WorkerPods.CONTAINER.equals(status.getName())).findFirst();
  }

  private static String phase(Pod pod) {
    return pod.getStatus() == null || pod.getStatus().getPhase() == null ? "Pending" : pod.getStatus().getPhase();
  }
}
