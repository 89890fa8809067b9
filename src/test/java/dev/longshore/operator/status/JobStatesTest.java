package dev.longshore.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.api.v1alpha1.BatchJobStatus;
import dev.longshore.job.JobPhase;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class JobStatesTest {
  private static final Instant FIRST = Instant.parse("2026-11-22T06:00:00.5Z");
  private final JobStates states = new JobStates(1, FIRST);
  private final JobStates later = new JobStates(2, FIRST.plusSeconds(60));

  @Test
  void theCriteriaAreMetBeforeTheJobIsComplete() {
    BatchJobStatus working = states.working(states.working(states.accepted(null), JobPhase.INTAKE), JobPhase.RUNNING);
    BatchJobStatus finishing = later.finishing(working);
    assertThat(finishing.phase()).isEqualTo("Finishing");
    assertThat(Conditions.isTrue(finishing.conditions(), "SuccessCriteriaMet")).isTrue();
    assertThat(Conditions.isTrue(finishing.conditions(), "Complete")).isFalse();
    BatchJobStatus complete = later.complete(finishing, "3 items");
    assertThat(complete.phase()).isEqualTo("Complete");
    assertThat(complete.startTime()).isEqualTo("2026-11-22T06:00:00Z");
    assertThat(complete.completionTime()).isEqualTo("2026-11-22T06:01:00Z");
    assertThat(complete.conditions()).extracting(Condition::getType).containsExactly("Progressing", "SuccessCriteriaMet", "Complete");
    assertThat(Conditions.isTrue(complete.conditions(), "Progressing")).isFalse();
  }

  @Test
  void theTargetIsMissedBeforeTheJobHasFailed() {
    BatchJobStatus failing = states.failing(states.accepted(null), "InvalidSource", "spec.source.file: no such file");
    assertThat(failing.phase()).isEqualTo("Pending");
    assertThat(Conditions.isTrue(failing.conditions(), "FailureTarget")).isTrue();
    BatchJobStatus failed = states.failed(failing, "InvalidSource", "spec.source.file: no such file");
    assertThat(failed.phase()).isEqualTo("Failed");
    assertThat(Conditions.find(failed.conditions(), "Failed").orElseThrow().getReason()).isEqualTo("InvalidSource");
    assertThat(Conditions.find(failed.conditions(), "Complete")).isEmpty();
  }

  @Test
  void aConditionsTimeIsThatOfItsLastChange() {
    BatchJobStatus first = states.working(states.accepted(null), JobPhase.INTAKE);
    BatchJobStatus same = later.working(first, JobPhase.RUNNING);
    assertThat(same.conditions().getFirst().getLastTransitionTime()).isEqualTo("2026-11-22T06:00:00Z");
    assertThat(same.conditions().getFirst().getObservedGeneration()).isEqualTo(2);
    assertThat(later.waiting(first, "BrokerUnavailable", "away", false).conditions().getFirst().getLastTransitionTime())
        .isEqualTo("2026-11-22T06:01:00Z");
  }

  @Test
  void anIllegalStepIsNotShown() {
    BatchJobStatus running = states.working(states.working(states.accepted(null), JobPhase.INTAKE), JobPhase.RUNNING);
    assertThat(states.working(running, JobPhase.INTAKE).phase()).isEqualTo("Running");
  }

  @Test
  void oldNumbersAreMarkedUntilTheyAreReadAgain() {
    BatchJobStatus stale = states.waiting(states.accepted(null), "LedgerUnavailable", "away", true);
    assertThat(Conditions.isTrue(stale.conditions(), "MetricsStale")).isTrue();
    assertThat(Conditions.isTrue(later.working(stale, JobPhase.INTAKE).conditions(), "MetricsStale")).isFalse();
    assertThat(Conditions.find(states.working(states.accepted(null), JobPhase.INTAKE).conditions(), "MetricsStale")).isEmpty();
  }

  @Test
  void aSuspendedJobSaysSoUntilItGoesOnOrEnds() {
    BatchJobStatus suspended = states.suspended(states.accepted(null));
    assertThat(suspended.phase()).isEqualTo("Suspended");
    assertThat(Conditions.isTrue(suspended.conditions(), "Suspended")).isTrue();
    BatchJobStatus resumed = later.working(suspended, JobPhase.INTAKE);
    assertThat(resumed.phase()).isEqualTo("Intake");
    assertThat(Conditions.find(resumed.conditions(), "Suspended").orElseThrow().getReason()).isEqualTo("JobResumed");
    BatchJobStatus cancelled = later.cancelled(later.failing(suspended, "Cancelled", "asked"), "2 items");
    assertThat(cancelled.phase()).isEqualTo("Cancelled");
    assertThat(Conditions.isTrue(cancelled.conditions(), "Suspended")).isFalse();
    assertThat(Conditions.find(cancelled.conditions(), "Failed").orElseThrow().getReason()).isEqualTo("Cancelled");
  }

  @Test
  void theNextRunTakesBackWhatTheLastOneEndedWith() {
    BatchJobStatus failed = states.failed(states.failing(states.accepted(null), "FailFast", "1 failed"), "FailFast", "1 failed");
    BatchJobStatus next = later.reopened(failed, 2, JobPhase.RUNNING, "redrive");
    assertThat(next.phase()).isEqualTo("Running");
    assertThat(next.run()).isEqualTo(2);
    assertThat(next.completionTime()).isNull();
    assertThat(next.conditions()).filteredOn(condition -> "Redriven".equals(condition.getReason())).extracting(Condition::getType)
        .contains("Failed", "FailureTarget");
    assertThat(Conditions.isTrue(next.conditions(), "Failed")).isFalse();
  }
}
