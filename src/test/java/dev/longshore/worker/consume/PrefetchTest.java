package dev.longshore.worker.consume;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrefetchTest {
  private static final long MILLIS = 1_000_000;

  private final Prefetch prefetch = new Prefetch();

  @Test
  void staysWhereItIsUntilSomethingIsMeasured() {
    assertThat(prefetch.next(new Prefetch.Load(0, 0, 0, 10, 1, false), 0)).isEqualTo(Prefetch.FIRST);
  }

  @Test
  void aimsAtASecondOfWork() {
    // 100 items of 10 ms in 10 slots: 0.1 s a message
    assertThat(prefetch.next(new Prefetch.Load(100, 10_000, 1 * MILLIS, 10, 1, false), 0)).isEqualTo(100);
  }

  @Test
  void takesLittleOfLongWork() {
    assertThat(prefetch.next(new Prefetch.Load(1_000, 10_000, 300 * MILLIS, 10, 1, false), 0)).isEqualTo(2);
  }

  @Test
  void neverStarvesTheCallSlots() {
    assertThat(prefetch.next(new Prefetch.Load(1, 100, 5_000 * MILLIS, 300, 1, false), 0)).isEqualTo(600);
  }

  @Test
  void fillsTheCallSlotsBeforeAnythingIsMeasured() {
    assertThat(prefetch.next(new Prefetch.Load(1, 100, 0, 100, 1, false), 0)).isEqualTo(100);
    assertThat(prefetch.next(new Prefetch.Load(50, 100, 0, 100, 1, false), 0)).isEqualTo(100);
  }

  @Test
  void followsTheSlotsThatAJobGets() {
    assertThat(prefetch.next(new Prefetch.Load(100, 10_000, MILLIS, 10, 1, false), 0)).isEqualTo(100);
    assertThat(prefetch.next(new Prefetch.Load(100, 10_000, MILLIS, 1, 1, false), 0)).as("a second of its tenth").isEqualTo(10);
    assertThat(prefetch.next(new Prefetch.Load(100, 10_000, MILLIS, 0, 1, false), 0)).as("it has its turns taken by others").isEqualTo(2);
    assertThat(prefetch.next(new Prefetch.Load(1, 100, MILLIS, 0, 50, false), 0)).as("and still has a batch to begin with").isEqualTo(50);
    assertThat(new Prefetch().next(new Prefetch.Load(100, 10_000, 0, 0, 1, false), 0)).as("never had a turn").isEqualTo(2);
  }

  @Test
  void changesOnlyWhenItIsOffByTwo() {
    prefetch.next(new Prefetch.Load(100, 10_000, MILLIS, 10, 1, false), 0);
    assertThat(prefetch.next(new Prefetch.Load(100, 10_000, MILLIS, 15, 1, false), 0)).isEqualTo(100);
    assertThat(prefetch.next(new Prefetch.Load(100, 10_000, MILLIS, 20, 1, false), 0)).isEqualTo(200);
  }

  @Test
  void takesNothingAheadOfLongCallsWhileWorkersShare() {
    assertThat(prefetch.next(new Prefetch.Load(1, 100, 5_000 * MILLIS, 10, 1, true), 0)).as("a call slot each").isEqualTo(10);
    assertThat(prefetch.next(new Prefetch.Load(50, 100, 5_000 * MILLIS, 1, 50, true), 0)).as("a message is a call").isEqualTo(1);
    assertThat(prefetch.next(new Prefetch.Load(50, 100, 100 * MILLIS, 10, 1, true), 0)).as("messages of many calls").isEqualTo(2);
    // 2 items of 25 ms: 0.05 s a message
    assertThat(prefetch.next(new Prefetch.Load(2, 100, 25 * MILLIS, 1, 1, true), 0)).isEqualTo(5);
  }

  @Test
  void takesNothingAheadWhileWorkersShareAndNoCallHasEverComeBack() {
    assertThat(prefetch.next(new Prefetch.Load(1, 100, 0, 3, 1, true), 0)).isEqualTo(3);
  }

  @Test
  void isBoundedByMemory() {
    assertThat(prefetch.next(new Prefetch.Load(1_000, 1_000, 10, 1, 1_000, false), 0)).isEqualTo(256);
    assertThat(prefetch.next(new Prefetch.Load(1_000, 4 << 20, 10, 1, 1_000, false), 0)).isEqualTo(6);
  }

  @Test
  void halvesWhenTheHeapIsNearlyFull() {
    Prefetch.Load fast = new Prefetch.Load(1_000, 1_000, 10, 1, 1_000, false);
    assertThat(prefetch.next(fast, 0)).isEqualTo(256);
    assertThat(prefetch.next(fast, 81)).isEqualTo(128);
    assertThat(prefetch.next(fast, 81)).isEqualTo(64);
  }
}
