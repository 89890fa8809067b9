package dev.longshore.operator.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.operator.autoscaler.Worker.Stage;
import dev.longshore.store.Heartbeat;
import dev.longshore.store.Heartbeat.State;
import dev.longshore.store.Pools.Seen;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ExecuteTest {
  private final Execute execute = new Execute();

  @Test
  void missingWorkersAreMade() {
    Execute.Plan plan = execute.plan(3, List.of(worker("a", State.READY, 2)), Set.of(), Set.of());
    assertThat(plan.create()).isEqualTo(2);
    assertThat(plan.draining()).isEmpty();
  }

  @Test
  void anIdleWorkerGoesBeforeABusyOne() {
    List<Worker> workers = List.of(worker("a", State.READY, 2), worker("b", State.READY, 0), worker("c", State.READY, 1));
    assertThat(execute.plan(2, workers, Set.of(), Set.of()).draining()).containsExactly("b");
    assertThat(execute.plan(1, workers, Set.of(), Set.of()).draining()).containsExactlyInAnyOrder("b", "c");
  }

  @Test
  void aWorkerThatHasNotStartedGoesFirstAndAtOnce() {
    Worker pending = new Worker("z", Stage.PENDING, null, "");
    Execute.Plan plan = execute.plan(1, List.of(worker("a", State.READY, 0), pending), Set.of(), Set.of());
    assertThat(plan.remove()).containsExactly(pending);
  }

  @Test
  void aDrainingWorkerIsRemovedOnlyWhenItSaysSoOrIsOverdue() {
    List<Worker> draining = List.of(worker("a", State.DRAINING, 1));
    assertThat(execute.plan(0, draining, Set.of("a"), Set.of()).remove()).isEmpty();
    assertThat(execute.plan(0, draining, Set.of("a"), Set.of("a")).remove()).hasSize(1);
    assertThat(execute.plan(0, List.of(worker("a", State.DRAINED, 0)), Set.of("a"), Set.of()).remove()).hasSize(1);
  }

  @Test
  void aDrainingWorkerIsReplacedWhenItIsNeededAgain() {
    assertThat(execute.plan(1, List.of(worker("a", State.READY, 1)), Set.of("a"), Set.of()).create()).isEqualTo(1);
  }

  @Test
  void aCrashedWorkerIsRemovedCountedAndReplaced() {
    Worker crashed = new Worker("a", Stage.CRASHED, null, "");
    Execute.Plan plan = execute.plan(1, List.of(crashed), Set.of(), Set.of());
    assertThat(plan.lost()).containsExactly(crashed);
    assertThat(plan.remove()).containsExactly(crashed);
    assertThat(plan.create()).isEqualTo(1);
  }

  @Test
  void aWorkerThatWasToldToEndIsNotLost() {
    Execute.Plan plan = execute.plan(0, List.of(new Worker("a", Stage.ENDED, null, "")), Set.of("a"), Set.of());
    assertThat(plan.lost()).isEmpty();
    assertThat(plan.remove()).hasSize(1);
    assertThat(plan.draining()).isEmpty();
  }

  @Test
  void aWorkerThatEndsUntoldIsLost() {
    assertThat(execute.plan(1, List.of(new Worker("a", Stage.ENDED, null, "")), Set.of(), Set.of()).lost()).hasSize(1);
  }

  @Test
  void crashesWaitLongerEachTimeUntilANewWorkerFinishesItems() {
    Instant now = Instant.parse("2026-11-22T00:00:00Z");
    PoolMemory memory = new PoolMemory(1, List.of(), now);
    Worker crashed = new Worker("a", Stage.CRASHED, null, "");
    for (long expected : new long[] {1, 2, 4, 8, 16, 32, 60, 60}) {
      memory.ended(List.of(crashed), List.of(crashed), now);
      assertThat(memory.backoff().left(now)).isEqualTo(Duration.ofSeconds(expected));
    }
    memory.ended(List.of(), List.of(worker("b", State.READY, 1)), now);
    assertThat(memory.backoff().left(now)).isZero();
  }

  @Test
  void aNeighbourThatWorkedBeforeTheCrashProvesNothing() {
    Instant now = Instant.parse("2026-11-22T00:00:00Z");
    PoolMemory memory = new PoolMemory(1, List.of(), now);
    Worker crashed = new Worker("a", Stage.CRASHED, null, "");
    Worker neighbour = worker("b", State.READY, 1);
    memory.ended(List.of(crashed), List.of(crashed, neighbour), now);
    memory.ended(List.of(), List.of(neighbour), now);
    assertThat(memory.backoff().left(now)).isEqualTo(Duration.ofSeconds(1));
  }

  private static Worker worker(String name, State state, int chunks) {
    Heartbeat heartbeat = new Heartbeat(name, state, chunks, chunks * 10L, chunks == 0 ? 0 : 50, 100, 20, "");
    return new Worker(name, Stage.RUNNING, new Seen(heartbeat, Duration.ofMillis(300)), "");
  }
}
