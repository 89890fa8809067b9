package dev.longshore.operator.forecast;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Items of one second on ten slots, a sample each second. */
class EndEstimatorTest {
  private static final Instant START = Instant.parse("2026-11-22T06:00:00Z");
  private static final long ITEMS = 1_000;

  private final EndEstimator estimator = new EndEstimator();
  private long second;
  private long finished;

  @Test
  void nothingIsToldBeforeThereIsSomethingToKnow() {
    assertThat(estimator.timeLeft()).isEmpty();
    estimator.sample(sample(10, 10));
    assertThat(estimator.timeLeft()).isEmpty();
    second = 1;
    finished = 3;
    estimator.sample(sample(10, 10));
    assertThat(estimator.timeLeft()).isEmpty();
  }

  @Test
  void evenWorkEndsWhenItsItemsOverItsSlotsDo() {
    work(50, 10, 10);
    TimeLeft left = left();
    assertThat(left.p50()).isBetween(Duration.ofSeconds(48), Duration.ofSeconds(53));
    assertThat(left.p90()).isBetween(left.p50(), Duration.ofSeconds(60));
  }

  @Test
  void evenWorkIsToldOnceEachSlotHasDoneTenItems() {
    work(9, 10, 10);
    assertThat(estimator.timeLeft()).isEmpty();
    work(3, 10, 10);
    TimeLeft left = left();
    assertThat(left.p50()).isBetween(Duration.ofSeconds(80), Duration.ofSeconds(100));
    assertThat(left.p90()).isGreaterThan(left.p50().multipliedBy(21).dividedBy(20));
  }

  @Test
  void whileTheWorkersThatAreToComeDecideTheEndNothingIsTold() {
    work(20, 10, 10);
    assertThat(estimator.timeLeft()).isPresent();
    estimator.sample(sample(10, 40));
    assertThat(estimator.timeLeft()).isEmpty();
  }

  @Test
  void itemsThatWaitForAFurtherAttemptEndAfterTheQueueHasRunEmpty() {
    EndEstimator without = new EndEstimator();
    // half of the attempts fail, and 100 items always wait: as 5 begin to in a second, one waits 20 s, and 40 s until it is final
    for (int i = 0; i <= 150; i++) {
      estimator.sample(new Sample(START.plusSeconds(i), 5 * i, ITEMS - 5 * i, 100, Duration.ofSeconds(10 * i), 10 * i, 10, 10));
      without.sample(new Sample(START.plusSeconds(i), 5 * i, ITEMS - 5 * i, 0, Duration.ofSeconds(10 * i), 10 * i, 10, 10));
    }
    assertThat(left().p50()).isGreaterThan(without.timeLeft().orElseThrow().p50().plusSeconds(100));
  }

  @Test
  void workersThatAreAboutToComeCountOnceTheyMayBeThere() {
    work(50, 10, 10);
    Duration alone = left().p50();
    estimator.sample(sample(10, 20));
    TimeLeft together = left();
    assertThat(together.p50()).isBetween(alone.dividedBy(2), alone.multipliedBy(3).dividedBy(4));
    assertThat(together.p90()).isGreaterThan(together.p50());
  }

  @Test
  void workersThatDoNotComeAreExpectedEverLater() {
    work(20, 10, 15);
    Duration soon = left().p50();
    work(20, 10, 15);
    double perItem = left().p50().toMillis() / (double) (ITEMS - finished);
    assertThat(perItem).isGreaterThan(soon.toMillis() / (double) (ITEMS - 200));
  }

  @Test
  void withoutWorkersToComeThereIsNoEnd() {
    work(20, 10, 10);
    estimator.sample(sample(0, 0));
    assertThat(estimator.timeLeft()).isEmpty();
  }

  @Test
  void aSuspendedSpellDoesNotMakeTheItemsLonger() {
    work(50, 10, 10);
    TimeLeft before = left();
    pass(3_600, 0, 10);
    work(1, 10, 10);
    assertThat(left().p50()).isBetween(before.p50().minusSeconds(4), before.p50().plusSeconds(4));
  }

  @Test
  void anOutageDoesNotMakeTheItemsLonger() {
    work(50, 10, 10);
    TimeLeft before = left();
    pass(600, 10, 10);
    work(1, 10, 10);
    assertThat(left().p50()).isBetween(before.p50().minusSeconds(4), before.p50().plusSeconds(4));
  }

  @Test
  void halfTheSlotsTakeTwiceAsLong() {
    work(50, 10, 10);
    Duration all = left().p50();
    estimator.sample(sample(5, 5));
    assertThat(left().p50()).isBetween(all.multipliedBy(9).dividedBy(5), all.multipliedBy(11).dividedBy(5));
  }

  @Test
  void aJobThatIsOpenedAgainGoesOnFromWhatIsKnownOfItsItems() {
    work(100, 10, 10);
    assertThat(estimator.timeLeft()).isEmpty();
    estimator.sample(new Sample(START.plusSeconds(++second), ITEMS - 200, 200, 0, Duration.ofSeconds(ITEMS), ITEMS, 10, 10));
    assertThat(left().p50()).isBetween(Duration.ofSeconds(18), Duration.ofSeconds(24));
  }

  @Test
  void itemsThatTakeNoTimeAtAllAreToldByTheirPace() {
    for (int i = 0; i <= 20; i++) {
      estimator.sample(new Sample(START.plusSeconds(i), i * 1_000L, 100_000 - i * 1_000L, 0, Duration.ZERO, i * 1_000L, 4, 4));
    }
    assertThat(left().p50()).isBetween(Duration.ofSeconds(75), Duration.ofSeconds(85));
  }

  @Test
  void theLastItemMayBeOneThatHasTakenLongAlready() {
    work(99, 10, 10);
    finished = ITEMS - 1;
    estimator.sample(sample(10, 10));
    Duration atFirst = left().p90();
    pass(20, 10, 10);
    assertThat(left().p90()).isGreaterThan(atFirst);
  }

  private TimeLeft left() {
    return estimator.timeLeft().orElseThrow();
  }

  /** Ten items end in each second. */
  private void work(int seconds, int ready, int planned) {
    for (int i = 0; i <= seconds; i++) {
      estimator.sample(sample(ready, planned));
      if (i < seconds) {
        second++;
        finished += 10;
      }
    }
  }

  /** Nothing ends. */
  private void pass(int seconds, int ready, int planned) {
    for (int i = 0; i < seconds; i++) {
      second++;
      estimator.sample(sample(ready, planned));
    }
  }

  private Sample sample(int ready, int planned) {
    return new Sample(START.plusSeconds(second), finished, ITEMS - finished, 0, Duration.ofSeconds(finished), finished, ready, planned);
  }
}
