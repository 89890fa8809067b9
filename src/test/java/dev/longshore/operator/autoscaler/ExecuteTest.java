package dev.longshore.operator.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.operator.autoscaler.Worker.Stage;
import dev.longshore.store.Heartbeat;
import dev.longshore.store.Heartbeat.State;
import dev.longshore.store.Pools.Seen;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
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
  void ofBusyWorkersTheOneThatIsDoneSoonestGoes() {
    List<Worker> workers = List.of(worker("a", State.READY, 1, Duration.ofMinutes(5)), worker("b", State.READY, 9, Duration.ofSeconds(2)),
        worker("c", State.READY, 3, null), worker("d", State.READY, 2, null), worker("e", State.READY, 5, Duration.ofSeconds(3)));
    List<String> gone = new ArrayList<>();
    for (int left = 4; left >= 0; left--) {
      Set<String> draining = execute.plan(left, workers, Set.of(), Set.of()).draining();
      gone.add(draining.stream().filter(name -> !gone.contains(name)).findFirst().orElseThrow());
    }
    assertThat(gone).as("those that do not say how long they need come last, by their items").containsExactly("b", "e", "a", "d", "c");
  }

  @Test
  void aWorkerThatHasNotStartedGoesFirstAndAtOnce() {
    Worker pending = new Worker("z", Stage.PENDING, null, "", false);
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
    Worker crashed = new Worker("a", Stage.CRASHED, null, "", false);
    Execute.Plan plan = execute.plan(1, List.of(crashed), Set.of(), Set.of());
    assertThat(plan.lost()).containsExactly(crashed);
    assertThat(plan.remove()).containsExactly(crashed);
    assertThat(plan.create()).isEqualTo(1);
  }

  @Test
  void aWorkerThatWasToldToEndIsNotLost() {
    Execute.Plan plan = execute.plan(0, List.of(new Worker("a", Stage.ENDED, null, "", false)), Set.of("a"), Set.of());
    assertThat(plan.lost()).isEmpty();
    assertThat(plan.remove()).hasSize(1);
    assertThat(plan.draining()).isEmpty();
  }

  @Test
  void aWorkerThatEndsUntoldIsLost() {
    assertThat(execute.plan(1, List.of(new Worker("a", Stage.ENDED, null, "", false)), Set.of(), Set.of()).lost()).hasSize(1);
  }

  @Test
  void anOutdatedWorkerStaysUntilANewOneWorks() {
    List<Worker> workers = new ArrayList<>(List.of(outdated("a")));
    Execute.Plan first = execute.plan(1, workers, Set.of(), Set.of());
    assertThat(first.create()).as("the new one is made beside it").isEqualTo(1);
    assertThat(first.draining()).isEmpty();

    workers.add(new Worker("b", Stage.RUNNING, null, "", false));
    Execute.Plan second = execute.plan(1, workers, Set.of(), Set.of());
    assertThat(second).as("the new one starts").isEqualTo(new Execute.Plan(0, Set.of(), List.of(), List.of()));

    workers.set(1, worker("b", State.READY, 0));
    assertThat(execute.plan(1, workers, Set.of(), Set.of())).isEqualTo(new Execute.Plan(0, Set.of("a"), List.of(), List.of()));
  }

  @Test
  void aTemplateWhoseWorkersNeverStartCostsNoWorkerThatDoes() {
    Worker broken = new Worker("z", Stage.PENDING, null, "ImagePullBackOff", false);
    List<Worker> workers = List.of(outdated("a"), outdated("b"), outdated("c"), outdated("d"), broken);
    assertThat(execute.plan(4, workers, Set.of(), Set.of())).isEqualTo(new Execute.Plan(0, Set.of(), List.of(), List.of()));

    Execute.Plan fewer = execute.plan(2, workers, Set.of(), Set.of());
    assertThat(fewer.draining()).as("a lower need takes old ones, but leaves as many as are needed").hasSize(2).doesNotContain("z");
    Execute.Plan none = execute.plan(0, workers, Set.of(), Set.of());
    assertThat(none.draining()).hasSize(5);
    assertThat(none.remove()).containsExactly(broken);
  }

  @Test
  void aTemplateThatIsRepairedReplacesTheBrokenOneAtOnce() {
    Worker broken = new Worker("z", Stage.PENDING, null, "ImagePullBackOff", true);
    Execute.Plan plan = execute.plan(2, List.of(outdated("a"), outdated("b"), broken), Set.of(), Set.of());
    assertThat(plan.remove()).containsExactly(broken);
    assertThat(plan.create()).isEqualTo(1);
    assertThat(plan.draining()).containsExactly("z");
  }

  @Test
  void aQuarterIsReplacedAtATimeUntilAllAreNew() {
    Map<String, Worker> pool = new TreeMap<>();
    for (char name = 'a'; name < 'a' + 8; name++) {
      pool.put("old-" + name, outdated("old-" + name));
    }
    Set<String> told = Set.of();
    int made = 0;
    for (int pass = 0; pass < 40 && pool.values().stream().anyMatch(Worker::outdated); pass++) {
      Execute.Plan plan = execute.plan(8, List.copyOf(pool.values()), told, Set.of());
      told = plan.draining();
      assertThat(told).as("pass %d", pass).hasSizeLessThanOrEqualTo(2);
      plan.remove().forEach(worker -> pool.remove(worker.name()));
      // Those of the pass before have started meanwhile, and those told before are done.
      pool.replaceAll((name, worker) -> worker.stage() == Stage.PENDING ? worker(name, State.READY, 1) : worker);
      for (String name : plan.draining()) {
        pool.computeIfPresent(name, (n, worker) -> drained(n));
      }
      for (int i = 0; i < plan.create(); i++) {
        pool.put("new-" + made, new Worker("new-" + made++, Stage.PENDING, null, "", false));
      }
      long working = pool.values().stream().filter(worker -> worker.ready() && !plan.draining().contains(worker.name())).count();
      assertThat(working).as("pass %d: %s", pass, pool.keySet()).isGreaterThanOrEqualTo(8);
      assertThat(pool).as("pass %d", pass).hasSizeLessThanOrEqualTo(12);
    }
    assertThat(pool.values()).as("all are new").noneMatch(Worker::outdated).hasSize(8);
    assertThat(made).as("none was made in vain").isEqualTo(8);
  }

  @Test
  void oldWorkersWithoutAWordAreNotTakenForUseless() {
    List<Worker> silent = List.of(new Worker("a", Stage.RUNNING, null, "", true), new Worker("b", Stage.RUNNING, null, "", true));
    Execute.Plan plan = execute.plan(2, silent, Set.of(), Set.of());
    assertThat(plan.draining()).isEmpty();
    assertThat(plan.create()).isEqualTo(1);
  }

  @Test
  void aCeilingKeepsNewWorkersBackAndSendsNobodyAway() {
    List<Worker> three = List.of(worker("a", State.READY, 1), worker("b", State.READY, 1), new Worker("c", Stage.PENDING, null, "no node", false));
    List<Ceiling> here = List.of(new Ceiling("Unschedulable", 3, "no node"));
    assertThat(execute.plan(10, here, three, Set.of(), Set.of())).isEqualTo(new Execute.Plan(0, Set.of(), List.of(), List.of()));
    assertThat(execute.plan(10, List.of(new Ceiling("Other", 5, "")), three, Set.of(), Set.of()).create()).as("up to a higher one").isEqualTo(2);
    assertThat(execute.plan(10, List.of(new Ceiling("Lower", 1, "")), three, Set.of(), Set.of())).as("nobody goes")
        .isEqualTo(new Execute.Plan(0, Set.of(), List.of(), List.of()));
    assertThat(execute.plan(2, here, three, Set.of(), Set.of()).remove()).as("a lower need takes the one that waits").extracting(Worker::name)
        .containsExactly("c");
  }

  private static Worker outdated(String name) {
    return new Worker(name, Stage.RUNNING, worker(name, State.READY, 1).seen(), "", true);
  }

  private static Worker drained(String name) {
    return new Worker(name, Stage.RUNNING, worker(name, State.DRAINED, 0).seen(), "", true);
  }

  private static Worker worker(String name, State state, int chunks) {
    return worker(name, state, chunks, Duration.ofSeconds(chunks));
  }

  private static Worker worker(String name, State state, int chunks, Duration remaining) {
    Heartbeat heartbeat = new Heartbeat(name, state, chunks, chunks * 10L, remaining, null, chunks == 0 ? 0 : 50, 100, 20, "");
    return new Worker(name, Stage.RUNNING, new Seen(heartbeat, Duration.ofMillis(300)), "", false);
  }
}
