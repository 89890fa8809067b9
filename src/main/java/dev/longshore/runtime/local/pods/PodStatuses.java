package dev.longshore.runtime.local.pods;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** The status that a kubelet would write at each step of a pod with one container. */
final class PodStatuses {
  /** The node that all pods of this machine are bound to. */
  static final String NODE = "local";
  static final String IP = "127.0.0.1";

  private final String container;
  private final String image;
  private Instant started;

  PodStatuses(Pod pod) {
    var first = pod.getSpec().getContainers().getFirst();
    this.container = first.getName();
    this.image = first.getImage();
  }

  PodStatus waiting(Instant now, String reason, String message) {
    ContainerState state = new ContainerStateBuilder().withNewWaiting().withReason(reason).withMessage(message).endWaiting().build();
    return status("Pending", now, state, false, "ContainersNotReady").build();
  }

  PodStatus running(Instant now, boolean ready) {
    if (started == null) {
      started = now;
    }
    ContainerState state = new ContainerStateBuilder().withNewRunning().withStartedAt(text(started)).endRunning().build();
    return status("Running", now, state, ready, "ContainersNotReady").build();
  }

  PodStatus ended(Instant now, WorkerExit exit) {
    ContainerState state = new ContainerStateBuilder().withNewTerminated().withExitCode(exit.code()).withSignal(exit.signal() == 0 ? null
        : exit.signal())
        .withReason(exit.reason()).withMessage(exit.message().isEmpty() ? null : exit.message()).withStartedAt(text(started == null ? now
        : started))
        .withFinishedAt(text(now)).endTerminated().build();
    return status(exit.succeeded() ? "Succeeded" : "Failed", now, state, false, exit.succeeded() ? "PodCompleted" : "PodFailed").build();
  }

  /** For a process that did not end by itself when this machine's pods were to end: that is no crash of its. */
  PodStatus shutDown(Instant now, WorkerExit exit) {
    return ended(now, exit).edit().withReason("Terminated").withMessage("ended together with all pods of this machine").build();
  }

  /** For a pod whose process is gone without anybody having seen how. */
  PodStatus lost(Instant now) {
    WorkerExit exit = new WorkerExit(137, "Lost", "the process ended together with the runner that had started it");
    return ended(now, exit).edit().withReason("Lost").withMessage(exit.message()).build();
  }

  private PodStatusBuilder status(String phase, Instant now, ContainerState state, boolean ready, String whyNot) {
    boolean runs = state.getRunning() != null;
    return new PodStatusBuilder().withPhase(phase).withHostIP(IP).withPodIP(IP).addNewPodIP(IP).withStartTime(text(started == null ? now
        : started))
        .withConditions(condition("PodScheduled", true, null, now), condition("Initialized", true, null, now),
            condition("ContainersReady", ready, whyNot, now), condition("Ready", ready, whyNot, now))
        .withContainerStatuses(List.of(new ContainerStatusBuilder().withName(container).withImage(image).withImageID("").withRestartCount(0)
            .withReady(ready).withStarted(runs).withState(state).build()));
  }

  private static PodCondition condition(String type, boolean holds, String whyNot, Instant now) {
    return new PodConditionBuilder().withType(type).withStatus(holds ? "True" : "False").withReason(holds ? null : whyNot)
        .withLastTransitionTime(text(now)).build();
  }

  private static String text(Instant instant) {
    return instant.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** As a patch that fits only this very pod, not a later one of the same name. */
  static Pod patch(Pod pod, PodStatus status) {
    return new PodBuilder().withNewMetadata().withName(pod.getMetadata().getName()).withNamespace(pod.getMetadata().getNamespace())
        .withUid(pod.getMetadata().getUid()).endMetadata().withStatus(status).build();
  }
}
