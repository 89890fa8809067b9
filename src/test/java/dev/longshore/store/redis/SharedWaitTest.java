package dev.longshore.store.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.store.StoreUnavailableException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SharedWaitTest {
  private static final int MANY = 50;

  private final SharedWait shared = new SharedWait();
  private final AtomicInteger begun = new AtomicInteger();
  private final Semaphore end = new Semaphore(0);
  private final List<Thread> threads = new ArrayList<>();

  @Test
  void allThatComeDuringOneWaitShareTheNext() {
    List<CompletableFuture<Void>> all = many(this::waitForEnd);
    await().until(() -> begun.get() == 1);
    end.release();
    await().until(() -> begun.get() == 2);
    assertThat(all).filteredOn(CompletableFuture::isDone).as("who came before the first wait began").hasSizeLessThanOrEqualTo(1);
    end.release();

    CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
    assertThat(begun).hasValue(2);
  }

  @Test
  void aStoreThatIsAwayIsAwayForAllThatShare() {
    List<CompletableFuture<Void>> all = many(() -> {
      waitForEnd();
      throw new StoreUnavailableException("away", null);
    });
    end.release(2);

    await().until(() -> all.stream().allMatch(CompletableFuture::isCompletedExceptionally));
    assertThat(begun).hasValue(2);
  }

  @Test
  void aJobThatIsGoneIsNotTheOthersAffair() {
    AtomicInteger tries = new AtomicInteger();
    List<CompletableFuture<Void>> all = many(() -> {
      if (tries.incrementAndGet() == 2) {
        throw new IllegalStateException("this job is gone");
      }
      waitForEnd();
    });
    end.release();
    await("another of them waits in its place").until(() -> begun.get() == 2 && threads.stream()
        .allMatch(thread -> thread.getState() == Thread.State.WAITING || thread.getState() == Thread.State.TERMINATED));
    end.release(MANY);

    await().until(() -> all.stream().allMatch(CompletableFuture::isDone));
    assertThat(all).filteredOn(CompletableFuture::isCompletedExceptionally).as("the one whose job is gone").hasSize(1);
    assertThat(begun.get()).as("waits that went well").isLessThanOrEqualTo(3);
  }

  /** Calls from as many threads, all of which wait when this returns. */
  private List<CompletableFuture<Void>> many(Runnable wait) {
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      CompletableFuture<Void> one = new CompletableFuture<>();
      all.add(one);
      threads.add(Thread.startVirtualThread(() -> {
        try {
          shared.join(wait);
          one.complete(null);
        } catch (RuntimeException e) {
          one.completeExceptionally(e);
        }
      }));
      await().until(() -> begun.get() == 1);
    }
    await().until(() -> threads.stream().allMatch(thread -> thread.getState() == Thread.State.WAITING));
    return all;
  }

  private void waitForEnd() {
    begun.incrementAndGet();
    end.acquireUninterruptibly();
  }
}
