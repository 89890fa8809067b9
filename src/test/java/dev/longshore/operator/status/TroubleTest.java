package dev.longshore.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.api.v1alpha1.WorkerPoolStatus;
import dev.longshore.operator.autoscaler.Ceilings;
import dev.longshore.operator.autoscaler.Decision.LimitedBy;
import dev.longshore.operator.autoscaler.Evaluate;
import dev.longshore.operator.autoscaler.Worker;
import dev.longshore.operator.autoscaler.Worker.Hindrance;
import dev.longshore.operator.autoscaler.Worker.Stage;
import dev.longshore.operator.meters.OperatorMetrics;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TroubleTest {
  private static final Worker RUNS = new Worker("a", Stage.RUNNING, null, "", false);

  @Test
  void theWorstIsTold() {
    List<Worker> workers = List.of(blocked("z", Hindrance.UNSCHEDULABLE, "no node"),
        blocked("y", Hindrance.IMAGE, "ImagePullBackOff: denied"), RUNS);
    assertThat(Trouble.of("exceeded quota", 3, 1, workers)).isEqualTo(new Trouble("WorkersRefused", "exceeded quota"));
    assertThat(Trouble.of("", 3, 2, workers).reason()).isEqualTo("WorkersCrash");
    assertThat(Trouble.of("", 3, 2, workers).message()).contains("3 workers in a row").contains("the next 2 come later");
    assertThat(Trouble.of("", 1, 1, workers)).as("one crash is no series")
        .isEqualTo(new Trouble("ImagePull", "2 of 3 workers do not start; y: ImagePullBackOff: denied"));
    assertThat(Trouble.of("", 1, 0, List.of(RUNS))).isEqualTo(Trouble.NONE);
  }

  @ParameterizedTest
  @CsvSource({"IMAGE, ImagePull", "CONTAINER, ContainerNotStarting", "UNSCHEDULABLE, Unschedulable", "GATED, SchedulingGated",
      "OTHER, PodsNotStarting"})
  void eachHindranceHasAReason(Hindrance hindrance, String reason) {
    assertThat(Trouble.of("", 0, 0, List.of(blocked("a", hindrance, "why"))))
        .isEqualTo(new Trouble(reason, "1 of 1 workers do not start; a: why"));
  }

  @Test
  void whateverLimitsAPoolIsAValueOfItsMetricsLabel() {
    Set<String> reasons = new TreeSet<>(Set.of(Evaluate.MAX_REPLICAS, Ceilings.UNSCHEDULABLE, Ceilings.REFUSED,
        Trouble.of("quota", 0, 0, List.of()).reason(), Trouble.of("", 2, 0, List.of()).reason()));
    EnumSet.complementOf(EnumSet.of(Hindrance.NONE))
        .forEach(hindrance -> reasons.add(Trouble.of("", 0, 0, List.of(blocked("a", hindrance, "why"))).reason()));
    assertThat(OperatorMetrics.LIMITED.labels()).filteredOn(label -> label.name().equals("reason")).singleElement()
        .satisfies(label -> assertThat(label.values()).containsExactlyInAnyOrderElementsOf(reasons));
    assertThat(OperatorMetrics.DECISIONS.labels()).filteredOn(label -> label.name().equals("limited_by")).singleElement()
        .satisfies(label -> assertThat(label.values()).containsAll(reasons));
  }

  @Test
  void itIsThePoolsConditionUntilItIsOver() {
    PoolFigures figures = new PoolFigures(2, 2, 1, 0, 0, 0, new LimitedBy("Unschedulable", "no node"), List.of());
    PoolStates states = new PoolStates(7, Instant.parse("2026-11-22T00:00:00Z"), "s");
    WorkerPoolStatus stuck = states.passed(null, figures, new Trouble("Unschedulable", "no node"));
    assertThat(stuck.conditions()).singleElement().satisfies(condition -> {
      assertThat(condition.getType()).isEqualTo("Progressing");
      assertThat(condition.getStatus()).isEqualTo("False");
      assertThat(condition.getReason()).isEqualTo("Unschedulable");
      assertThat(condition.getObservedGeneration()).isEqualTo(7);
    });
    assertThat(stuck.limitedBy().message()).isEqualTo("no node");
    assertThat(states.passed(stuck, figures, Trouble.NONE).conditions()).singleElement()
        .satisfies(condition -> assertThat(condition.getReason()).isEqualTo("Scaling"));
  }

  private static Worker blocked(String name, Hindrance hindrance, String why) {
    return new Worker(name, Stage.PENDING, null, why, false, hindrance);
  }
}
