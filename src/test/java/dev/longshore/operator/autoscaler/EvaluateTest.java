package dev.longshore.operator.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.JobRef;
import dev.longshore.operator.autoscaler.Decision.Reason;
import dev.longshore.operator.autoscaler.ScaleInput.Bounds;
import dev.longshore.operator.autoscaler.ScaleInput.Past;
import dev.longshore.operator.autoscaler.ScalePolicy.Kind;
import dev.longshore.operator.autoscaler.ScalePolicy.Select;
import dev.longshore.operator.autoscaler.ScalePolicy.Step;
import dev.longshore.operator.autoscaler.ScalePolicy.Unit;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
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
    assertThat(decision.reason()).isEqualTo(Reason.WORK);
  }

  @Test
  void withoutJobsThePoolGoesToItsMinimumAtOnce() {
    ScaleInput in = new ScaleInput(new Bounds(0, 10), null, ScalePolicy.STANDARD, 6, 6, 0, 0, List.of(), List.of(), List.of());
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
  void theTightestCeilingHoldsAndIsNamed() {
    List<Ceiling> ceilings = List.of(new Ceiling("Quota", 6, "pods: 6"), new Ceiling("Unschedulable", 4, "0/3 nodes are available"));
    Decision decision = evaluate.evaluate(under(input(0, 10, null, 4, 10_000, false, List.of()), ceilings));
    assertThat(decision.desired()).isEqualTo(4);
    assertThat(decision.limitedBy().reason()).isEqualTo("Unschedulable");
    assertThat(decision.limitedBy().message()).isEqualTo("0/3 nodes are available");
    assertThat(evaluate.evaluate(under(input(0, 10, null, 4, 3_900, false, List.of()), ceilings)).limitedBy().reason())
        .as("what asks for no more is not limited").isEmpty();
    assertThat(evaluate.evaluate(under(input(5, 10, null, 4, 9_000, false, List.of()), ceilings)).desired()).as("the minimum holds").isEqualTo(5);
  }

  @Test
  void aLowerNeedWaitsForTheWindow() {
    List<Past> half = List.of(past(90, 5), past(30, 2));
    List<Past> all = List.of(past(90, 5), past(60, 2));
    assertThat(evaluate.evaluate(input(0, 10, null, 5, 2_000, false, half)).reason()).isEqualTo(Reason.STABILIZING);
    assertThat(evaluate.evaluate(input(0, 10, null, 5, 2_000, false, half)).desired()).isEqualTo(5);
    assertThat(evaluate.evaluate(input(0, 10, null, 5, 2_000, false, all)).desired()).isEqualTo(2);
    assertThat(evaluate.evaluate(input(0, 10, null, 5, 2_000, false, List.of(past(20, 2)))).desired())
        .as("a past that is shorter than the window proves nothing").isEqualTo(5);
  }

  @Test
  void aSingleZeroLowersNothing() {
    assertThat(evaluate.evaluate(input(0, 10, null, 5, 0, false, List.of(past(70, 5)))).desired()).isEqualTo(5);
    ScalePolicy noWindow = policy(p -> new ScalePolicy(p.kind(), p.backlogItems(), null, 0.1, Duration.ZERO, List.of(), Select.MAX));
    ScaleInput in = by(noWindow, input(0, 10, null, 5, 0, false, List.of(past(70, 5))));
    assertThat(evaluate.evaluate(in).desired()).as("without a window").isEqualTo(5);
    assertThat(evaluate.evaluate(by(noWindow, input(0, 10, null, 5, 0, false, List.of(past(70, 5), past(1, 0))))).desired())
        .as("the second zero does").isZero();
  }

  @Test
  void aSmallDifferenceChangesNothing() {
    for (long items : List.of(9_001, 10_000, 10_999)) {
      Decision decision = evaluate.evaluate(input(0, 50, null, 10, items, false, List.of(past(90, 10))));
      assertThat(decision.desired()).as("%d items", items).isEqualTo(10);
      assertThat(decision.reason()).isEqualTo(Reason.TOLERANCE);
    }
    assertThat(evaluate.evaluate(input(0, 50, null, 10, 11_001, false, List.of(past(90, 10)))).desired()).isEqualTo(12);
    assertThat(evaluate.evaluate(input(0, 50, null, 1, 1, false, List.of(past(90, 1)))).desired()).as("the last item keeps its worker").isEqualTo(1);
  }

  @Test
  void stepsSayHowManyMayGoWithinATime() {
    List<Past> past = List.of(new Past(Duration.ofSeconds(200), 2, 10), new Past(Duration.ofSeconds(10), 2, 8));
    Step pods = new Step(Unit.PODS, 3, Duration.ofSeconds(15));
    Step percent = new Step(Unit.PERCENT, 50, Duration.ofSeconds(15));
    assertThat(stepped(past, List.of(pods), Select.MAX)).as("of 10 that there were 15 s ago 2 have gone").isEqualTo(7);
    assertThat(stepped(past, List.of(pods, percent), Select.MAX)).isEqualTo(5);
    assertThat(stepped(past, List.of(pods, percent), Select.MIN)).isEqualTo(7);
    assertThat(stepped(past, List.of(percent), Select.DISABLED)).isEqualTo(8);
    assertThat(stepped(List.of(new Past(Duration.ofSeconds(200), 2, 8)), List.of(new Step(Unit.PERCENT, 100, Duration.ofSeconds(15))), Select.MAX))
        .isEqualTo(2);
  }

  private int stepped(List<Past> past, List<Step> steps, Select select) {
    ScalePolicy policy = policy(p -> new ScalePolicy(p.kind(), p.backlogItems(), null, 0.1, WINDOW, steps, select));
    return evaluate.evaluate(by(policy, input(0, 20, null, 8, 2_000, false, past))).desired();
  }

  @Test
  void aBacklogInSecondsAsksForWhatTheMeasuredTimeSays() {
    ScalePolicy seconds = policy(p -> new ScalePolicy(Kind.BACKLOG, 1_000, Duration.ofSeconds(30), 0.1, WINDOW, List.of(), Select.MAX));
    ScaleInput in = by(seconds, input(0, 100, null, 0, 0, false, List.of()));
    JobLoad slow = new JobLoad(JOB, 600, false, Duration.ofSeconds(2), 10, null);
    assertThat(evaluate.evaluate(with(in, List.of(slow))).desired()).as("600 items of 2 s, 10 at once, 30 s each worker").isEqualTo(4);
    assertThat(evaluate.evaluate(with(in, List.of(new JobLoad(JOB, 2_500, false, null, 10, null)))).desired()).as("not measured yet").isEqualTo(3);
  }

  @Test
  void jobsThatShareWorkersNeedSlotsForAllAndWorkersForTheOneThatNeedsMost() {
    ScalePolicy seconds = policy(p -> new ScalePolicy(Kind.BACKLOG, 1_000, Duration.ofSeconds(10), 0.1, WINDOW, List.of(), Select.MAX));
    ScaleInput in = by(seconds, input(0, 100, null, 0, 0, false, List.of()));
    JobLoad needsTenOfFifty = new JobLoad(JOB, 5_000, false, Duration.ofSeconds(1), 50, null);
    JobLoad needsTenOfTwo = new JobLoad(JOB, 200, false, Duration.ofSeconds(1), 2, null);
    JobLoad waitsForWork = new JobLoad(JOB, 0, false, null, 50, null);
    JobLoad notMeasured = new JobLoad(JOB, 3_000, false, null, 50, null);

    assertThat(desired(in, needsTenOfFifty, needsTenOfFifty)).as("of one concurrency: the sum").isEqualTo(20);
    assertThat(desired(in, needsTenOfTwo, needsTenOfTwo)).as("likewise").isEqualTo(20);
    assertThat(desired(in, needsTenOfFifty, needsTenOfTwo)).as("500 slots and 20, of 50 in each worker").isEqualTo(11);
    assertThat(desired(in, needsTenOfTwo, needsTenOfTwo, waitsForWork)).as("a worker has slots for both").isEqualTo(10);
    assertThat(desired(in, needsTenOfTwo, needsTenOfTwo, notMeasured)).as("what is counted by its items comes on top").isEqualTo(13);
    assertThat(evaluate.evaluate(with(in, List.of(timed(36_000, 1_200), timed(36_000, 1_200)))).atRisk()).as("6 of 100 workers").isEmpty();
    ScaleInput fewer = input(0, 5, null, 0, 0, false, List.of());
    assertThat(evaluate.evaluate(with(fewer, List.of(timed(36_000, 1_200), timed(36_000, 1_200)))).atRisk()).as("3 and 3 of 5").hasSize(2);
  }

  private int desired(ScaleInput in, JobLoad... loads) {
    return evaluate.evaluate(with(in, List.of(loads))).desired();
  }

  @Test
  void aDeadlineAsksForWhatFinishesInTimeAndCatchesUp() {
    ScaleInput in = by(policy(p -> new ScalePolicy(Kind.DEADLINE, 1_000, null, 0.1, WINDOW, List.of(), Select.MAX)),
        input(0, 20, null, 0, 0, false, List.of()));
    assertThat(evaluate.evaluate(with(in, List.of(timed(36_000, 3_600)))).desired()).as("36,000 items of 1 s, 10 at once, in 54 of 60 minutes").isEqualTo(2);
    assertThat(evaluate.evaluate(with(in, List.of(timed(36_000, 600)))).desired()).as("late").isEqualTo(7);
    assertThat(evaluate.evaluate(with(in, List.of(timed(36_000, 0)))).desired()).as("over").isEqualTo(20);
    assertThat(evaluate.evaluate(with(in, List.of(timed(3, 0)))).desired()).as("no more workers than items").isEqualTo(3);
    assertThat(evaluate.evaluate(with(in, List.of(timed(36_000, 3_600), timed(36_000, 600)))).desired()).as("both").isEqualTo(8);
  }

  @Test
  void aSourceThatGoesOnNeedsWorkersForWhatItBrings() {
    ScaleInput in = by(policy(p -> new ScalePolicy(Kind.DEADLINE, 1_000, null, 0.1, WINDOW, List.of(), Select.MAX)),
        input(0, 20, null, 0, 0, false, List.of()));
    JobLoad steady = new JobLoad(JOB, 1, false, Duration.ofSeconds(1), 10, Duration.ofHours(1), 45);
    assertThat(evaluate.evaluate(with(in, List.of(steady))).desired()).as("45 items of 1 s come in a second, 10 at once").isEqualTo(5);
    JobLoad behind = new JobLoad(JOB, 36_000, false, Duration.ofSeconds(1), 10, Duration.ofHours(1), 45);
    assertThat(evaluate.evaluate(with(in, List.of(behind))).desired()).as("and two for what waits").isEqualTo(6);
    JobLoad tooMany = new JobLoad(JOB, 1, false, Duration.ofSeconds(1), 10, Duration.ofHours(1), 210);
    assertThat(evaluate.evaluate(with(in, List.of(tooMany))).atRisk()).as("more comes than 20 workers do").hasSize(1);
  }

  @Test
  void aDeadlineThousandsOfYearsAwayIsOne() {
    ScaleInput in = by(policy(p -> new ScalePolicy(Kind.DEADLINE, 1_000, null, 0.1, WINDOW, List.of(), Select.MAX)),
        input(0, 20, null, 0, 0, false, List.of()));
    JobLoad far = new JobLoad(JOB, 36_000, false, Duration.ofSeconds(1), 10, Duration.ofDays(365L * 8_000));
    assertThat(evaluate.evaluate(with(in, List.of(far)))).extracting(Decision::desired, Decision::atRisk).containsExactly(1, List.of());
  }

  @Test
  void whatAllWorkersCannotDoInTimeIsAtRisk() {
    ScaleInput in = input(0, 3, null, 0, 0, false, List.of());
    assertThat(evaluate.evaluate(with(in, List.of(timed(36_000, 1_200)))).atRisk()).isEmpty();
    assertThat(evaluate.evaluate(with(in, List.of(timed(36_000, 1_199)))).atRisk()).singleElement()
        .satisfies(risk -> assertThat(risk.message()).contains("have: 3"));
    assertThat(evaluate.evaluate(with(in, List.of(timed(36_000, -1)))).atRisk()).singleElement()
        .satisfies(risk -> assertThat(risk.message()).contains("the time is over"));
    ScaleInput pinned = new ScaleInput(in.bounds(), 1, in.policy(), 1, 1, 0, 0, List.of(timed(36_000, 1_200)), List.of(), List.of());
    assertThat(evaluate.evaluate(pinned).atRisk()).as("pinned to fewer than it needs").hasSize(1);
  }

  private static JobLoad timed(long items, int secondsLeft) {
    return new JobLoad(JOB, items, false, Duration.ofSeconds(1), 10, Duration.ofSeconds(secondsLeft));
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
      List<JobLoad> more = in.loads().stream().map(load -> new JobLoad(JOB, load.items() + random.nextInt(5_000), load.stale(),
          load.serviceTime(), load.concurrency(), load.timeLeft(), load.arrivals())).toList();
      assertThat(evaluate.evaluate(with(in, more)).desired()).as("%s", in).isGreaterThanOrEqualTo(evaluate.evaluate(in).desired());
    }
  }

  @Test
  void aStaleReadingNeverLowers() {
    for (int i = 0; i < ROUNDS; i++) {
      ScaleInput in = under(any(), List.of());
      ScaleInput stale = with(in, List.of(new JobLoad(JOB, random.nextInt(3) * 500L, true)));
      int kept = Math.clamp(in.previous(), in.bounds().min(), in.bounds().max());
      assertThat(evaluate.evaluate(stale).desired()).as("%s", stale).isGreaterThanOrEqualTo(kept);
    }
  }

  @Test
  void aSteadyLoadDoesNotSwing() {
    for (int round = 0; round < 200; round++) {
      ScalePolicy policy = any().policy();
      long steady = 1 + random.nextInt(12_000);
      Pool pool = new Pool(policy);
      List<Integer> decided = new ArrayList<>();
      for (int second = 0; second < 400; second++) {
        long items = steady + random.nextInt((int) Math.max(1, steady / 25));
        decided.add(pool.pass(second, new JobLoad(JOB, items, false, Duration.ofMillis(40), 10, Duration.ofMinutes(5))).desired());
      }
      List<Integer> settled = decided.subList(200, decided.size());
      int turns = 0;
      for (int i = 2; i < settled.size(); i++) {
        turns += (settled.get(i) - settled.get(i - 1)) * (settled.get(i - 1) - settled.get(i - 2)) < 0 ? 1 : 0;
      }
      assertThat(settled.stream().distinct().count()).as("%s, %d items: %s", policy, steady, settled).isLessThanOrEqualTo(2);
      assertThat(turns).as("%s, %d items: %s", policy, steady, settled).isZero();
    }
  }

  /** A pool that always has what was decided. */
  private final class Pool {
    private final Instant start = Instant.parse("2026-11-22T00:00:00Z");
    private final PoolMemory memory = new PoolMemory(0, List.of(), start);
    private final ScalePolicy policy;

    Pool(ScalePolicy policy) {
      this.policy = policy;
    }

    Decision pass(int second, JobLoad load) {
      Instant now = start.plusSeconds(second);
      Decision decision = evaluate.evaluate(new ScaleInput(new Bounds(0, 100), null, policy, memory.previous(), memory.previous(), 0, 0,
          List.of(load), memory.past(now), List.of()));
      memory.decided(decision, policy.reach(), now);
      return decision;
    }
  }

  @Test
  void aBacklogThatComesAndGoesWithinTheWindowMovesNoWorkerTwice() {
    Pool pool = new Pool(ScalePolicy.STANDARD);
    List<Integer> decided = new ArrayList<>();
    for (int second = 0; second < 600; second++) {
      decided.add(pool.pass(second, new JobLoad(JOB, second % 40 < 20 ? 4_000 : 0, false)).desired());
    }
    assertThat(decided).containsOnly(4);
  }

  @Test
  void thePastStaysAsShortAsItsReach() {
    Instant start = Instant.parse("2026-11-22T00:00:00Z");
    PoolMemory memory = new PoolMemory(0, List.of(), start);
    for (int second = 0; second < 600; second++) {
      memory.decided(new Decision(second / 2, second / 2, Reason.WORK, Decision.LimitedBy.NOTHING, List.of()), WINDOW, start.plusSeconds(second));
    }
    assertThat(memory.past(start.plusSeconds(599))).as("a point for each change").hasSize(31);
  }

  private ScaleInput any() {
    int min = random.nextInt(4);
    List<Past> past = new ArrayList<>();
    int age = 0;
    for (int i = random.nextInt(5); i > 0; i--) {
      age += random.nextInt(40);
      past.addFirst(new Past(Duration.ofSeconds(age), random.nextInt(12), random.nextInt(12)));
    }
    List<JobLoad> loads = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      loads.add(new JobLoad(JOB, random.nextInt(12_000), random.nextInt(5) == 0, random.nextBoolean() ? null : Duration.ofMillis(random.nextInt(900)),
          1 + random.nextInt(20), random.nextBoolean() ? null : Duration.ofSeconds(random.nextInt(-10, 900)),
          random.nextBoolean() ? 0 : random.nextInt(500) / 10d));
    }
    List<Step> steps = random.nextBoolean() ? List.of() : List.of(new Step(random.nextBoolean() ? Unit.PODS : Unit.PERCENT,
        1 + random.nextInt(100), Duration.ofSeconds(1 + random.nextInt(60))));
    ScalePolicy policy = new ScalePolicy(random.nextBoolean() ? Kind.BACKLOG : Kind.DEADLINE, 1 + random.nextInt(2_000),
        random.nextInt(3) == 0 ? Duration.ofSeconds(1 + random.nextInt(60)) : null, 0.1, WINDOW, steps,
        Select.values()[random.nextInt(3)]);
    List<Ceiling> ceilings = random.nextInt(4) == 0 ? List.of(new Ceiling("Quota", random.nextInt(12), "")) : List.of();
    int previous = random.nextInt(15);
    return new ScaleInput(new Bounds(min, min + random.nextInt(10)), null, policy, previous, previous, 0, 0, loads, past, ceilings);
  }

  private static ScalePolicy policy(UnaryOperator<ScalePolicy> change) {
    return change.apply(ScalePolicy.STANDARD);
  }

  private static ScaleInput with(ScaleInput in, List<JobLoad> loads) {
    return new ScaleInput(in.bounds(), in.pinned(), in.policy(), in.previous(), in.ready(), in.starting(), in.draining(), loads, in.past(),
        in.ceilings());
  }

  private static ScaleInput under(ScaleInput in, List<Ceiling> ceilings) {
    return new ScaleInput(in.bounds(), in.pinned(), in.policy(), in.previous(), in.ready(), in.starting(), in.draining(), in.loads(), in.past(),
        ceilings);
  }

  private static ScaleInput by(ScalePolicy policy, ScaleInput in) {
    return new ScaleInput(in.bounds(), in.pinned(), policy, in.previous(), in.ready(), in.starting(), in.draining(), in.loads(), in.past(),
        in.ceilings());
  }

  private static ScaleInput input(int min, int max, Integer pinned, int previous, long items, boolean stale, List<Past> past) {
    return new ScaleInput(new Bounds(min, max), pinned, ScalePolicy.STANDARD, previous, previous, 0, 0,
        List.of(new JobLoad(JOB, items, stale)), past, List.of());
  }

  private static Past past(int seconds, int wanted) {
    return new Past(Duration.ofSeconds(seconds), wanted, wanted);
  }
}
