package dev.longshore.operator.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.operator.autoscaler.Worker.Stage;
import dev.longshore.store.Heartbeat;
import dev.longshore.store.Heartbeat.State;
import dev.longshore.store.Pools.Seen;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class CrashSlotsTest {
  private static final Instant NOW = Instant.parse("2026-11-22T00:00:00Z");
  private final CrashSlots slots = new CrashSlots();

  @Test
  void soManyCrashedWorkersHoldBackSoManyAndNoOthers() {
    slots.crashed("a", false, NOW);
    slots.crashed("b", false, NOW);
    assertThat(slots.allowed(10, NOW)).isEqualTo(8);
    assertThat(slots.allowed(1, NOW)).isZero();
    assertThat(slots.left(NOW)).isEqualTo(Duration.ofSeconds(1));
    assertThat(slots.allowed(10, NOW.plusSeconds(1))).isEqualTo(10);
    assertThat(slots.left(NOW.plusSeconds(1))).isZero();
  }

  @Test
  void onePlaceWaitsLongerEachTimeWhileAnotherDoesNot() {
    Instant now = NOW;
    int crashes = 0;
    String worker = "w0";
    for (long expected : new long[] {1, 2, 4, 8, 16, 32, 60, 60}) {
      slots.crashed(worker, false, now);
      assertThat(slots.left(now)).isEqualTo(Duration.ofSeconds(expected));
      assertThat(slots.crashes()).isEqualTo(++crashes);
      now = now.plusSeconds(expected);
      worker = "w" + crashes;
      slots.made(worker, now);
    }
    slots.crashed("neighbour", false, now);
    assertThat(slots.left(now)).as("its first").isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void thePlaceWithTheMostCrashesIsFilledFirst() {
    slots.crashed("a", false, NOW);
    slots.made("b", NOW.plusSeconds(1));
    slots.crashed("b", false, NOW.plusSeconds(1));
    slots.crashed("c", false, NOW.plusSeconds(1));
    Instant both = NOW.plusSeconds(3);
    slots.made("d", both);
    slots.crashed("d", false, both);
    assertThat(slots.crashes()).isEqualTo(3);
  }

  @Test
  void aWorkerThatFinishesItemsEndsItsOwnPlacesWaitOnly() {
    slots.crashed("a", false, NOW);
    slots.crashed("b", false, NOW);
    Instant then = NOW.plusSeconds(1);
    slots.made("c", then);
    slots.made("d", then);
    slots.seen(List.of(worker("c", 5), worker("d", 0), worker("neighbour", 100)), then);
    assertThat(slots.crashes()).as("d has not yet").isEqualTo(1);
    slots.crashed("c", false, then);
    assertThat(slots.left(then)).as("c starts from the first").isEqualTo(Duration.ofSeconds(1));
    slots.crashed("d", false, then);
    assertThat(slots.crashes()).isEqualTo(2);
  }

  @Test
  void aCrashThatIsExplainedWaitsShortlyAndDoublesNothing() {
    Instant now = NOW;
    for (String worker : List.of("a", "b", "c")) {
      slots.crashed(worker, true, now);
      assertThat(slots.left(now)).isEqualTo(Duration.ofMillis(250));
      assertThat(slots.crashes()).isZero();
      now = now.plusMillis(250);
      slots.made("next", now);
    }
  }

  @Test
  void aPlaceThatNobodyHeardOfForLongIsForgotten() {
    slots.crashed("a", false, NOW);
    slots.seen(List.of(), NOW.plusSeconds(600));
    assertThat(slots.crashes()).isEqualTo(1);
    slots.seen(List.of(), NOW.plusSeconds(602));
    assertThat(slots.crashes()).isZero();
  }

  private static Worker worker(String name, long done) {
    Heartbeat heartbeat = new Heartbeat(name, State.READY, 1, 1, null, null, 50, done, 20, "");
    return new Worker(name, Stage.RUNNING, new Seen(heartbeat, Duration.ofMillis(300)), "", false);
  }
}
