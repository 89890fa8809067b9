package dev.longshore.worker.execute;

import static dev.longshore.job.JobSpec.Priority.IMMEDIATE;
import static dev.longshore.job.JobSpec.Priority.LOW;
import static dev.longshore.job.JobSpec.Priority.NORMAL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.longshore.job.JobSpec.Priority;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TurnsTest {
  private static final long MILLIS = 1_000_000;
  private static final long SECONDS = 1_000 * MILLIS;
  /** What is expected of a job's first call, so that every call is as long as expected. */
  private static final long USUAL = Turns.FIRST_GUESS;
  private static final int ROUNDS = 300;

  private final Turns turns = new Turns();
  private final Random random = new Random(20);
  /** In the order of their ends; calls that end together in the order of their begins. */
  private final PriorityQueue<Call> running = new PriorityQueue<>(Comparator.comparingLong(Call::end).thenComparing(Call::number));
  private final Map<Lane, LongSupplier> lengths = new HashMap<>();
  private final Map<Lane, Integer> inside = new HashMap<>();
  private final List<Lane> began = new ArrayList<>();
  private long now;

  private record Call(Turn turn, long end, int number) {}

  /** A job that has work for all its calls from now on. */
  private Lane busy(Priority priority, int concurrency, LongSupplier callNanos) {
    Lane lane = turns.join(priority, concurrency, now);
    lengths.put(lane, callNanos);
    for (int i = 0; i < concurrency; i++) {
      turns.waits(lane, now);
    }
    return lane;
  }

  private Lane busy(Priority priority, int concurrency, long callNanos) {
    return busy(priority, concurrency, () -> callNanos);
  }

  private void fill() {
    for (Turn next = turns.next(now); next != null; next = turns.next(now)) {
      began.add(next.lane());
      inside.merge(next.lane(), 1, Integer::sum);
      running.add(new Call(next, now + lengths.get(next.lane()).getAsLong(), began.size()));
    }
  }

  /** The next call ends; its job goes on with another. */
  private void step() {
    fill();
    Call over = running.remove();
    now = over.end();
    Lane lane = over.turn().lane();
    inside.merge(lane, -1, Integer::sum);
    turns.end(over.turn(), now);
    if (!lane.resting()) {
      turns.waits(lane, now);
    }
  }

  private void until(long nanos) {
    while (now < nanos) {
      step();
    }
  }

  private List<Lane> turnsOf(int count) {
    while (began.size() < count) {
      step();
    }
    return began.subList(0, count);
  }

  private double used(Lane lane) {
    return lane.time().used(now) / (double) SECONDS;
  }

  @Test
  void aJobAloneHasAllThatItMayHave() {
    Lane alone = busy(LOW, 3, USUAL);
    fill();
    assertThat(began).containsExactly(alone, alone, alone);
    assertThat(turns.capacity()).isEqualTo(3);
  }

  @Test
  void everyTenthTurnIsForTheLowerPriority() {
    Lane high = busy(IMMEDIATE, 1, USUAL);
    Lane low = busy(LOW, 1, USUAL);
    List<Lane> order = turnsOf(40);
    assertThat(IntStream.range(0, 40).filter(i -> order.get(i) == low)).containsExactly(9, 19, 29, 39);
    assertThat(order).contains(high);
  }

  @Test
  void theTenthIsSharedAsTheWholeIs() {
    Lane immediate = busy(IMMEDIATE, 1, USUAL);
    Lane normal = busy(NORMAL, 1, USUAL);
    Lane low = busy(LOW, 1, USUAL);
    List<Lane> order = turnsOf(1_000);
    assertThat(order.stream().filter(lane -> lane == immediate)).hasSize(900);
    assertThat(order.stream().filter(lane -> lane == normal)).hasSize(90);
    assertThat(order.stream().filter(lane -> lane == low)).hasSize(10);
  }

  @Test
  void jobsOfAPriorityTakeTurns() {
    Lane a = busy(NORMAL, 1, USUAL);
    Lane b = busy(NORMAL, 1, USUAL);
    Lane c = busy(NORMAL, 1, USUAL);
    assertThat(turnsOf(9)).containsExactly(a, b, c, a, b, c, a, b, c);
  }

  @Test
  void longCallsDoNotTakeTheWorkerFromShortOnes() {
    Lane slow = busy(NORMAL, 10, 5 * SECONDS);
    Lane quick = busy(NORMAL, 10, 50 * MILLIS);
    until(200 * SECONDS);
    assertThat(used(slow)).isCloseTo(used(quick), within(50.0));
    assertThat(used(slow) + used(quick)).isCloseTo(2_000, within(1.0));
    double before = used(quick);
    until(now + 5 * SECONDS);
    assertThat(used(quick) - before).as("of 50 s, at any time").isGreaterThan(15);
  }

  @Test
  void aLowerPrioritysLongCallsGetATenthOfTheTimeToo() {
    Lane high = busy(IMMEDIATE, 10, 50 * MILLIS);
    Lane low = busy(LOW, 10, 5 * SECONDS);
    until(1_000 * SECONDS);
    assertThat(used(low)).isCloseTo(1_000, within(60.0));
    assertThat(used(high)).isCloseTo(9_000, within(60.0));
  }

  @Test
  void aNewJobsFirstCallsDoNotTakeTheWorkerBeforeItIsKnownHowLongTheyAre() {
    busy(IMMEDIATE, 10, 50 * MILLIS);
    until(10 * SECONDS);
    Lane low = busy(LOW, 10, 60 * SECONDS);
    until(50 * SECONDS);
    assertThat(inside.get(low)).isBetween(1, 2);
    Lane equal = busy(IMMEDIATE, 10, 60 * SECONDS);
    until(55 * SECONDS);
    assertThat(inside.get(equal)).isBetween(3, 7);
  }

  @Test
  void nobodySavesUpTurns() {
    Lane old = busy(NORMAL, 1, USUAL);
    turnsOf(1_000);
    Lane late = busy(NORMAL, 1, USUAL);
    assertThat(turnsOf(1_009).subList(1_000, 1_009)).containsExactly(late, old, late, old, late, old, late, old, late);
  }

  @Test
  void whoGetsSlotsThatNobodyAboveWantsHasNoClaimToMore() {
    Lane high = busy(IMMEDIATE, 1, USUAL);
    Lane low = busy(LOW, 4, USUAL);
    until(100 * USUAL);
    fill();
    assertThat(inside.get(high)).isEqualTo(1);
    assertThat(inside.get(low)).isEqualTo(3);
    assertThat(used(high) * SECONDS).as("always one call inside").isEqualTo(now);
  }

  @Test
  void whoseClaimIsSettledStartsAnew() {
    Lane high = busy(IMMEDIATE, 4, USUAL);
    Lane low = busy(LOW, 4, USUAL);
    turnsOf(400);
    turns.rest(high, true);
    until(now + 1_000 * USUAL);
    turns.rest(high, false);
    for (int i = 0; i < 4; i++) {
      turns.waits(high, now);
    }
    int from = began.size();
    List<Lane> after = turnsOf(from + 100).subList(from, from + 100);
    assertThat(after.stream().filter(lane -> lane == low)).as("no credit and no debt from the time before").hasSizeBetween(9, 12);
  }

  @Test
  void aChangedPriorityHoldsAtOnce() {
    busy(NORMAL, 1, USUAL);
    Lane low = busy(LOW, 1, USUAL);
    turnsOf(50);
    turns.change(low, IMMEDIATE, 1, now);
    assertThat(turnsOf(59).subList(51, 59)).containsOnly(low);
  }

  @Test
  void aTurnThatWasNotUsedCostsNothing() {
    Lane a = turns.join(NORMAL, 1, now);
    Lane b = turns.join(NORMAL, 1, now);
    turns.waits(a, now);
    Turn unused = turns.next(now);
    now = SECONDS;
    turns.unused(unused);
    assertThat(a.time().counted(now)).isZero();
    assertThat(a.mean()).isZero();
    turns.waits(a, now);
    turns.waits(b, now);
    assertThat(turns.next(now).lane()).as("its last turn is longer ago").isSameAs(b);
  }

  @Test
  void theCapacityIsTheHighestConcurrencyOfThoseThatDoNotRest() {
    Lane small = turns.join(NORMAL, 2, now);
    Lane large = turns.join(LOW, 50, now);
    assertThat(turns.capacity()).isEqualTo(50);
    turns.rest(large, true);
    assertThat(turns.capacity()).isEqualTo(2);
    turns.rest(large, false);
    turns.change(large, LOW, 20, now);
    assertThat(turns.capacity()).isEqualTo(20);
    turns.leave(large);
    turns.leave(small);
    assertThat(turns.capacity()).isZero();
    assertThat(turns.next(now)).isNull();
  }

  @Test
  void callsThatLastKeepNoJobOutThatIsAsUrgent() {
    busy(NORMAL, 4, 3_600 * SECONDS);
    fill();
    now = SECONDS;
    Lane equal = busy(NORMAL, 4, 50 * MILLIS);
    Lane low = busy(LOW, 4, 50 * MILLIS);
    fill();
    assertThat(inside).as("the slots are taken").doesNotContainKeys(equal, low);
    now = Turns.PATIENCE;
    until(now + SECONDS);
    fill();
    assertThat(inside.get(equal)).as("one call, beyond the slots").isEqualTo(1);
    assertThat(began.stream().filter(lane -> lane == equal).count()).as("one after the other").isEqualTo(21);
    Lane urgent = busy(IMMEDIATE, 4, 50 * MILLIS);
    until(now + SECONDS);
    fill();
    assertThat(inside.get(urgent)).isEqualTo(1);
    assertThat(inside.get(equal)).as("not beside what is more urgent").isZero();
    assertThat(inside).doesNotContainKey(low);
  }

  @Test
  void whatStillRunsOfAJobThatRestsTakesNoSlot() {
    Lane resting = busy(NORMAL, 2, 3_600 * SECONDS);
    fill();
    Lane other = busy(NORMAL, 2, USUAL);
    turns.rest(resting, true);
    fill();
    assertThat(inside.get(other)).isEqualTo(2);
    turns.rest(resting, false);
    step();
    fill();
    assertThat(inside.get(other)).as("4 calls, 2 slots").isEqualTo(1);
  }

  @Test
  void aJobThatHasToWaitKnowsWhatItGets() {
    Lane a = busy(NORMAL, 10, 20 * MILLIS);
    Lane b = busy(NORMAL, 10, 20 * MILLIS);
    until(2_500 * MILLIS);
    assertThat(a.slots(now)).isCloseTo(5, within(0.1));
    assertThat(a.waited(now)).isLessThan(SECONDS);
    turns.leave(b);
    lengths.remove(b);
    running.clear();
    Lane alone = turns.join(LOW, 7, now);
    now += 3 * SECONDS;
    assertThat(alone.slots(now)).isEqualTo(7);
    assertThat(alone.waited(now)).isZero();
    turns.waits(alone, now);
    now += SECONDS;
    assertThat(alone.waited(now)).isEqualTo(SECONDS);
  }

  @Test
  void anyMixOfJobsKeepsTheRules() {
    for (int round = 0; round < ROUNDS; round++) {
      TurnsTest world = new TurnsTest();
      world.random.setSeed(round);
      world.playAtRandom("round " + round);
    }
  }

  private void playAtRandom(String name) {
    int concurrency = 1 + random.nextInt(12);
    long longest = 0;
    List<Lane> lanes = new ArrayList<>();
    for (int i = 2 + random.nextInt(5); i > 0; i--) {
      long mean = MILLIS * (1 + random.nextInt(500));
      longest = Math.max(longest, 2 * mean);
      lanes.add(busy(Priority.values()[random.nextInt(3)], concurrency, () -> 1 + random.nextLong(2 * mean)));
    }
    while (began.size() < 20_000) {
      step();
      fill();
      assertThat(running.size()).as("%s: no slot is free while somebody waits, and none is used twice", name).isEqualTo(concurrency);
    }
    double bound = 2.0 * concurrency * longest / SECONDS;
    double total = lanes.stream().mapToDouble(this::used).sum();
    double open = 1;
    for (Priority priority : Priority.values()) {
      List<Lane> level = lanes.stream().filter(lane -> lane.priority() == priority).toList();
      boolean lower = lanes.stream().anyMatch(lane -> lane.level() > priority.ordinal());
      double share = level.isEmpty() ? 0 : lower ? open * (Turns.FLOOR - 1) / Turns.FLOOR : open;
      open -= share;
      assertThat(level.stream().mapToDouble(this::used).sum()).as("%s: %s has its share of the time", name, priority)
          .isCloseTo(share * total, within(0.01 * total + bound));
      for (Lane lane : level) {
        assertThat(used(lane)).as("%s: jobs of a priority have the same", name)
            .isCloseTo(used(level.getFirst()), within(0.01 * total + bound));
        assertThat(began).as("%s: nobody starves", name).contains(lane);
      }
    }
  }
}
