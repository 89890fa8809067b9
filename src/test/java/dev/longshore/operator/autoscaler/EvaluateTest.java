package dev.longshore.operator.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.JobRef;
import dev.longshore.operator.autoscaler.Decision.Reason;
import dev.longshore.operator.autoscaler.ScaleInput.Bounds;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EvaluateTest {
  private static final JobRef JOB = new JobRef("music", "tracks", "1f3a9c02-0000-0000-0000-000000000000");
  private static final Duration WINDOW = Duration.ofSeconds(60);
  private static final int ROUNDS = 20_000;

  private final Evaluate evaluate = new Evaluate();
  private final Random random = new Random(20261122);

  @Test
  void aPinnedNumberIsTaken() {
    assertThat(evaluate.evaluate(input(0, 10, 7, 0, 5_000, false, List.of())).desired()).isEqualTo(7);
  }

  @Test
  void theFirstItemBringsTheFirstWorker() {
    Decision decision = evaluate.evaluate(input(0, 10, null, 0, 1, true, List.of()));
    assertThat(decision.desired()).isEqualTo(1);
    assertThat(decision.reason()).isEqualTo(Reason.BACKLOG);
  }

  @Test
  void withoutJobsThePoolGoesToItsMinimumAtOnce() {
    ScaleInput in = new ScaleInput(new Bounds(0, 10), null, 1000, WINDOW, 6, 6, 0, 0, List.of(), List.of(), "");
    assertThat(evaluate.evaluate(in)).extracting(Decision::desired, Decision::reason).containsExactly(0, Reason.NO_JOBS);
  }

  @Test
  void aBacklogBeyondTheMaximumIsSaid() {
    Decision decision = evaluate.evaluate(input(0, 3, null, 0, 10_000, false, List.of()));
    assertThat(decision.desired()).isEqualTo(3);
    assertThat(decision.limitedBy().reason()).isEqualTo("MaxReplicas");
    assertThat(decision.limitedBy().message()).contains("10 workers").contains("maxReplicas is 3");
  }

  @Test
  void aLowerNeedWaitsForTheWindow() {
    List<Recommendation> half = List.of(past(30, 5), past(0, 2));
    List<Recommendation> all = List.of(past(61, 5), past(30, 2), past(0, 2));
    assertThat(evaluate.evaluate(input(0, 10, null, 5, 2_000, false, half)).reason()).isEqualTo(Reason.STABILIZING);
    assertThat(evaluate.evaluate(input(0, 10, null, 5, 2_000, false, half)).desired()).isEqualTo(5);
    assertThat(evaluate.evaluate(input(0, 10, null, 5, 2_000, false, all)).desired()).isEqualTo(2);
  }

  @Test
  void aSingleZeroLowersNothing() {
    List<Recommendation> busy = List.of(past(70, 5), past(59, 5), past(1, 5));
    assertThat(evaluate.evaluate(input(0, 10, null, 5, 0, false, busy)).desired()).isEqualTo(5);
  }

  @Test
  void theBoundsAlwaysHold() {
    for (int i = 0; i < ROUNDS; i++) {
      ScaleInput in = any();
      int desired = evaluate.evaluate(in).desired();
      assertThat(desired).as("%s", in).isBetween(in.bounds().min(), in.bounds().max());
    }
  }

  @Test
  void moreBacklogNeverMeansFewerWorkers() {
    for (int i = 0; i < ROUNDS; i++) {
      ScaleInput in = any();
      List<JobLoad> more = in.loads().stream().map(load -> new JobLoad(JOB, load.items() + random.nextInt(5_000), load.stale())).toList();
      assertThat(evaluate.evaluate(with(in, more)).desired()).as("%s", in).isGreaterThanOrEqualTo(evaluate.evaluate(in).desired());
    }
  }

  @Test
  void aStaleReadingNeverLowers() {
    for (int i = 0; i < ROUNDS; i++) {
      ScaleInput in = any();
      ScaleInput stale = with(in, List.of(new JobLoad(JOB, random.nextInt(3) * 500L, true)));
      int kept = Math.clamp(in.previous(), in.bounds().min(), in.bounds().max());
      assertThat(evaluate.evaluate(stale).desired()).as("%s", stale).isGreaterThanOrEqualTo(kept);
    }
  }

  @Test
  void aBacklogThatComesAndGoesWithinTheWindowMovesNoWorkerTwice() {
    Instant start = Instant.parse("2026-11-22T00:00:00Z");
    PoolMemory memory = new PoolMemory(0, List.of(), start);
    List<Integer> decided = new ArrayList<>();
    for (int second = 0; second < 600; second++) {
      Instant now = start.plusSeconds(second);
      long items = second % 40 < 20 ? 4_000 : 0;
      Decision decision = evaluate.evaluate(new ScaleInput(new Bounds(0, 10), null, 1000, WINDOW, memory.previous(), memory.previous(),
          0, 0, List.of(new JobLoad(JOB, items, false)), memory.history(now), ""));
      memory.decided(decision, WINDOW, now);
      decided.add(decision.desired());
    }
    assertThat(decided).containsOnly(4);
  }

  @Test
  void theHistoryStaysAsShortAsTheWindow() {
    Instant start = Instant.parse("2026-11-22T00:00:00Z");
    PoolMemory memory = new PoolMemory(0, List.of(), start);
    Decision decision = new Decision(1, 1, Reason.BACKLOG, Decision.LimitedBy.NOTHING);
    for (int second = 0; second < 600; second++) {
      memory.decided(decision, WINDOW, start.plusSeconds(second));
    }
    assertThat(memory.history(start.plusSeconds(599))).hasSize(61);
  }

  private ScaleInput any() {
    int min = random.nextInt(4);
    List<Recommendation> history = new ArrayList<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      history.add(past(random.nextInt(120), random.nextInt(12)));
    }
    List<JobLoad> loads = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      loads.add(new JobLoad(JOB, random.nextInt(12_000), random.nextInt(5) == 0));
    }
    int previous = random.nextInt(15);
    return new ScaleInput(new Bounds(min, min + random.nextInt(10)), null, 1 + random.nextInt(2_000), WINDOW, previous, previous, 0, 0,
        loads, history, "");
  }

  private static ScaleInput with(ScaleInput in, List<JobLoad> loads) {
    return new ScaleInput(in.bounds(), in.pinned(), in.backlogPerWorker(), in.window(), in.previous(), in.ready(), in.starting(),
        in.draining(), loads, in.history(), in.obstacle());
  }

  private static ScaleInput input(int min, int max, Integer pinned, int previous, long items, boolean stale, List<Recommendation> history) {
    return new ScaleInput(new Bounds(min, max), pinned, 1000, WINDOW, previous, previous, 0, 0, List.of(new JobLoad(JOB, items, stale)),
        history, "");
  }

  private static Recommendation past(int seconds, int wanted) {
    return new Recommendation(Duration.ofSeconds(seconds), wanted);
  }
}
