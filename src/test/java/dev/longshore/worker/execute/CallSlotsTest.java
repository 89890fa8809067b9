package dev.longshore.worker.execute;

import static dev.longshore.job.JobSpec.Priority.IMMEDIATE;
import static dev.longshore.job.JobSpec.Priority.LOW;
import static dev.longshore.job.JobSpec.Priority.NORMAL;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class CallSlotsTest {
  private final CallSlots slots = new CallSlots();

  @Test
  void aFreeSlotIsHadAtOnceAndAFullWorkerMakesWait() {
    Lane a = slots.join(NORMAL, 2);
    Lane b = slots.join(NORMAL, 1);
    Turn first = slots.ask(a, null).join();
    CompletableFuture<Turn> second = slots.ask(b, null);
    CompletableFuture<Turn> third = slots.ask(a, null);
    assertThat(second).isCompleted();
    assertThat(third).isNotDone();
    slots.giveBack(first, null);
    assertThat(third).isCompleted();
  }

  @Test
  void whoHasMoreToDoIsAmongThoseWhoAreAsked() {
    Lane urgent = slots.join(IMMEDIATE, 1);
    Lane low = slots.join(LOW, 1);
    Turn first = slots.ask(urgent, null).join();
    CompletableFuture<Turn> waiting = slots.ask(low, null);
    CompletableFuture<Turn> next = slots.ask(urgent, first);
    assertThat(next).as("its own slot, at once").isCompleted();
    assertThat(waiting).isNotDone();
    slots.giveBack(next.join(), null);
    assertThat(waiting).isCompleted();
  }

  @Test
  void whoRestsOrHasLeftGetsNoTurn() {
    Lane a = slots.join(NORMAL, 1);
    Lane b = slots.join(NORMAL, 1);
    Turn held = slots.ask(a, null).join();
    CompletableFuture<Turn> waiting = slots.ask(b, null);
    slots.rest(b, true);
    assertThat(waiting).isCompletedWithValue(null);
    assertThat(slots.ask(b, null)).isCompletedWithValue(null);
    slots.rest(b, false);
    CompletableFuture<Turn> again = slots.ask(b, null);
    slots.leave(b);
    assertThat(again).isCompletedWithValue(null);
    slots.leave(b);
    slots.rest(b, true);
    slots.giveBack(held, null);
    assertThat(slots.ask(a, null).join()).isNotNull();
  }

  @Test
  void aHigherConcurrencyMakesRoomAtOnce() {
    Lane a = slots.join(NORMAL, 1);
    slots.ask(a, null).join();
    CompletableFuture<Turn> waiting = slots.ask(a, null);
    assertThat(waiting).isNotDone();
    slots.change(a, NORMAL, 2);
    assertThat(waiting).isCompleted();
    assertThat(slots.capacity()).isEqualTo(2);
  }

  @Test
  void aTurnThatIsNotUsedGoesOn() {
    Lane a = slots.join(NORMAL, 1);
    Turn turn = slots.ask(a, null).join();
    CompletableFuture<Turn> waiting = slots.ask(a, null);
    slots.giveBack(null, turn);
    assertThat(waiting).isCompleted();
    slots.giveBack(null, null);
  }
}
