package dev.longshore.operator.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.operator.autoscaler.Decision.LimitedBy;
import dev.longshore.operator.autoscaler.Decision.Reason;
import dev.longshore.operator.autoscaler.Worker.Hindrance;
import dev.longshore.operator.autoscaler.Worker.Stage;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CeilingsTest {
  private static final Instant NOW = Instant.parse("2026-11-22T00:00:00Z");
  private static final Worker RUNS = new Worker("runs", Stage.RUNNING, null, "", false);
  private static final Worker WAITS =
      new Worker("waits", Stage.PENDING, null, "Unschedulable: 0/3 nodes fit", false, Hindrance.UNSCHEDULABLE);
  private static final Ceiling NO_NODE = new Ceiling("Unschedulable", 2, "Unschedulable: 0/3 nodes fit");

  @Test
  void withoutTroubleThereIsNone() {
    assertThat(Ceilings.of(List.of(RUNS, new Worker("new", Stage.PENDING, null, "", false)), Set.of(), Optional.empty())).isEmpty();
  }

  @Test
  void aWorkerThatFitsOnNoNodeEndsTheGrowth() {
    assertThat(Ceilings.of(List.of(RUNS, WAITS), Set.of(), Optional.empty())).containsExactly(NO_NODE);
  }

  @Test
  void whoeverEndsOrDrainsDoesNotCount() {
    List<Worker> workers = List.of(RUNS, WAITS, new Worker("gone", Stage.CRASHED, null, "", false),
        new Worker("goes", Stage.TERMINATING, null, "", false),
        new Worker("told", Stage.RUNNING, null, "", false));
    assertThat(Ceilings.of(workers, Set.of("told"), Optional.empty())).containsExactly(NO_NODE);
    assertThat(Ceilings.of(workers, Set.of("told", "waits"), Optional.empty())).isEmpty();
  }

  @Test
  void anImageThatCannotBeHadOrAnOldTemplateSaysNothingOfTheCluster() {
    Worker noImage = new Worker("a", Stage.PENDING, null, "ImagePullBackOff", false, Hindrance.IMAGE);
    Worker outdated = new Worker("b", Stage.PENDING, null, "no node", true, Hindrance.UNSCHEDULABLE);
    assertThat(Ceilings.of(List.of(noImage, outdated), Set.of(), Optional.empty())).isEmpty();
  }

  @Test
  void aRefusalIsACeilingInTheApiServersWords() {
    assertThat(Ceilings.of(List.of(RUNS), Set.of(), Optional.of("exceeded quota: pods")))
        .containsExactly(new Ceiling("PodsRefused", 1, "exceeded quota: pods"));
  }

  @Test
  void onlyACeilingThatIsReachedLimits() {
    LimitedBy decided = new LimitedBy("MaxReplicas", "10");
    assertThat(Ceilings.limitedBy(new Decision(1, 1, Reason.WORK, decided, List.of()), List.of(NO_NODE))).isEqualTo(decided);
    assertThat(Ceilings.limitedBy(new Decision(2, 9, Reason.WORK, decided, List.of()), List.of(NO_NODE)))
        .isEqualTo(new LimitedBy("Unschedulable", "Unschedulable: 0/3 nodes fit"));
    assertThat(Ceilings.limitedBy(new Decision(0, 0, Reason.NO_JOBS, LimitedBy.NOTHING, List.of()), List.of(new Ceiling("PodsRefused", 0, "quota"))))
        .isEqualTo(LimitedBy.NOTHING);
  }

  @Test
  void afterARefusalNobodyAsksFor5SecondsDoublingTo60() {
    Refusals refusals = new Refusals();
    Instant now = NOW;
    for (long pause : new long[] {5, 10, 20, 40, 60, 60}) {
      refusals.refused("exceeded quota", now);
      now = now.plusSeconds(pause);
      assertThat(refusals.current(now.minusMillis(1))).contains("exceeded quota");
      assertThat(refusals.current(now)).isEmpty();
    }
    refusals.refused("exceeded quota", now);
    refusals.made();
    assertThat(refusals.current(now)).isEmpty();
    refusals.refused("exceeded quota", now);
    assertThat(refusals.current(now.plusSeconds(5))).as("from the start again").isEmpty();
    Instant later = now.plus(Duration.ofMinutes(5));
    refusals.refused("exceeded quota", later);
    assertThat(refusals.current(later.plusSeconds(5))).as("what was long ago does not count").isEmpty();
  }
}
