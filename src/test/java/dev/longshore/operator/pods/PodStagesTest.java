package dev.longshore.operator.pods;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.longshore.operator.autoscaler.Worker.Hindrance;
import dev.longshore.operator.autoscaler.Worker.Stage;
import io.fabric8.kubernetes.api.model.Pod;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodStagesTest {
  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "metadata: {name: a} | PENDING",
      "{metadata: {name: a}, status: {phase: Running}} | RUNNING",
      "{metadata: {name: a}, status: {phase: Succeeded}} | ENDED",
      "{metadata: {name: a}, status: {phase: Failed}} | CRASHED",
      "{metadata: {name: a}, status: {phase: Failed, reason: Evicted}} | ENDED",
      "{metadata: {name: a}, status: {phase: Failed, reason: NodeLost}} | ENDED",
      "{metadata: {name: a}, status: {phase: Failed, reason: Terminated, message: node shutdown}} | ENDED",
      "{metadata: {name: a}, status: {phase: Failed, conditions: [{type: DisruptionTarget, status: 'True', reason: PreemptionByScheduler}]}} | ENDED",
      "{metadata: {name: a}, status: {phase: Failed, containerStatuses: [{name: worker, state: {terminated: {exitCode: 137, reason: "
          + "ContainerStatusUnknown}}}]}} | ENDED",
      "{metadata: {name: a}, status: {phase: Failed, containerStatuses: [{name: worker, state: {terminated: {exitCode: 137, reason: "
          + "OOMKilled}}}]}} | CRASHED",
      "{metadata: {name: a}, status: {phase: Failed, containerStatuses: [{name: worker, state: {terminated: {exitCode: 1, reason: Error}}}]}} | CRASHED",
      "{metadata: {name: a}, status: {phase: Unknown}} | RUNNING",
      "{metadata: {name: a, deletionTimestamp: '2026-11-22T00:00:00Z'}, status: {phase: Running, reason: NodeLost, conditions: [{type: "
          + "DisruptionTarget, status: 'True', reason: DeletionByTaintManager}]}} | TERMINATING",
      "{metadata: {name: a, deletionTimestamp: '2026-11-22T00:00:00Z'}, status: {phase: Failed, conditions: [{type: DisruptionTarget, "
          + "status: 'True', reason: DeletionByPodGC}]}} | ENDED",
      "{metadata: {name: a, deletionTimestamp: '2026-11-22T00:00:00Z'}, status: {phase: Failed}} | ENDED",
      "{metadata: {name: a, deletionTimestamp: '2026-11-22T00:00:00Z'}, status: {phase: Running}} | TERMINATING"})
  void aPodIsInThisStage(String yaml, Stage stage) {
    assertThat(PodStages.stage(pod(yaml))).isEqualTo(stage);
  }

  @Test
  void aPodThatCannotStartSaysWhy() {
    assertThat(PodStages.worker(pod("{metadata: {name: a}, status: {phase: Pending, conditions: [{type: PodScheduled, status: 'False', "
        + "reason: Unschedulable, message: 0/3 nodes fit}]}}"), null, "").obstacle()).isEqualTo("Unschedulable: 0/3 nodes fit");
    assertThat(PodStages.worker(pod("{metadata: {name: a}, status: {phase: Pending, containerStatuses: [{name: worker, state: {waiting: "
        + "{reason: ImagePullBackOff}}}]}}"), null, "").obstacle()).isEqualTo("ImagePullBackOff");
    assertThat(PodStages.worker(pod("{metadata: {name: a}, status: {phase: Pending, containerStatuses: [{name: worker, state: {waiting: "
        + "{reason: ContainerCreating}}}]}}"), null, "").obstacle()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"ErrImagePull, IMAGE", "ImagePullBackOff, IMAGE", "InvalidImageName, IMAGE", "CreateContainerConfigError, CONTAINER",
      "CreateContainerError, CONTAINER", "SomethingNew, OTHER", "ContainerCreating, NONE", "PodInitializing, NONE"})
  void aWaitingContainerIsThisHindrance(String reason, Hindrance kind) {
    assertThat(PodStages.worker(pod("{metadata: {name: a}, status: {phase: Pending, containerStatuses: [{name: worker, state: {waiting: {reason: "
        + reason + "}}}]}}"), null, "").hindrance()).isEqualTo(kind);
  }

  @ParameterizedTest
  @CsvSource({"Unschedulable, UNSCHEDULABLE", "SchedulingGated, OTHER"})
  void aPodWithoutANodeIsThisHindrance(String reason, Hindrance kind) {
    assertThat(PodStages.worker(pod("{metadata: {name: a}, status: {phase: Pending, conditions: [{type: PodScheduled, status: 'False', reason: "
        + reason + "}]}}"), null, "").hindrance()).isEqualTo(kind);
  }

  @Test
  void aPodThatEndedSaysHow() {
    assertThat(PodStages.ending(pod("{metadata: {name: a}, status: {phase: Failed, containerStatuses: [{name: worker, state: {terminated: "
        + "{exitCode: 137, reason: OOMKilled}}}]}}"))).isEqualTo("OOMKilled, exit code 137 (signal 9)");
  }

  private static Pod pod(String yaml) {
    try {
      return new YAMLMapper().readValue(yaml, Pod.class);
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }
}
