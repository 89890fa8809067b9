package dev.longshore.worker.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.IndexSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

class EntranceTest {
  private final Semaphore answers = new Semaphore(0);
  private final List<Thread> callers = new CopyOnWriteArrayList<>();
  private final List<IndexSet> told = new CopyOnWriteArrayList<>();
  private final Entrance entrance = new Entrance(inside -> {
    told.add(inside);
    answers.acquireUninterruptibly();
  });

  private static Batch batch(long first, int count) {
    return new Batch(List.of(new Batch.Segment(Items.taken(first, count), 0, count)), count);
  }

  private CompletableFuture<Void> enter(Batch batch) {
    CompletableFuture<Void> entered = new CompletableFuture<>();
    callers.add(Thread.startVirtualThread(() -> {
      try {
        entrance.enter(batch);
        entered.complete(null);
      } catch (Exception e) {
        entered.completeExceptionally(e);
      }
    }));
    return entered;
  }

  @Test
  void letsNobodyInBeforeTheLedgerHasAnswered() {
    CompletableFuture<Void> entered = enter(batch(0, 3));
    await().until(() -> told.size() == 1);
    assertThat(entered).isNotDone();
    answers.release();
    await().until(entered::isDone);
    assertThat(told).containsExactly(IndexSet.range(0, 2));
  }

  @Test
  void tellsOfAllThatWaitInOneGo() {
    CompletableFuture<Void> first = enter(batch(0, 1));
    await().until(() -> told.size() == 1);
    List<CompletableFuture<Void>> others = List.of(enter(batch(5, 2)), enter(batch(2, 1)), enter(batch(9, 1)));
    await().until(() -> callers.stream().allMatch(caller -> caller.getState() == Thread.State.WAITING));
    assertThat(told).hasSize(1);
    answers.release();
    await().until(() -> told.size() == 2);
    assertThat(told.getLast()).isEqualTo(IndexSet.parse("0,2,5-6,9"));
    assertThat(first).isDone();
    answers.release();
    await().until(() -> others.stream().allMatch(CompletableFuture::isDone));
    assertThat(told).hasSize(2);
  }

  @Test
  void doesNotTellOfWhatHasLeft() throws InterruptedException {
    answers.release(10);
    Batch left = batch(0, 3);
    entrance.enter(left);
    entrance.leave(left);
    entrance.enter(batch(3, 3));
    assertThat(told).containsExactly(IndexSet.range(0, 2), IndexSet.range(3, 5));
  }

  @Test
  void saysWhoLeftOnlyWhenTheLedgerBelievesSomebodyInside() throws InterruptedException {
    answers.release(10);
    entrance.sayWhoLeft();
    assertThat(told).isEmpty();
    Batch batch = batch(0, 3);
    entrance.enter(batch);
    entrance.leave(batch);
    entrance.sayWhoLeft();
    assertThat(told.getLast()).isEqualTo(IndexSet.empty());
  }

  @Test
  void tellsEachWhoWaitedThatItFailed() {
    Entrance broken = new Entrance(inside -> {
      throw new IllegalStateException("no");
    });
    assertThatThrownBy(() -> broken.enter(batch(0, 1))).isInstanceOf(IllegalStateException.class).hasMessage("no");
    assertThatThrownBy(() -> broken.enter(batch(1, 1))).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void canBeGivenUpWhileTheLedgerIsSilent() {
    CompletableFuture<Void> given = new CompletableFuture<>();
    Thread waiting = Thread.startVirtualThread(() -> {
      try {
        entrance.enter(batch(0, 1));
      } catch (InterruptedException e) {
        given.complete(null);
      }
    });
    await().until(() -> told.size() == 1);
    waiting.interrupt();
    await().until(given::isDone);
    answers.release();
  }
}
