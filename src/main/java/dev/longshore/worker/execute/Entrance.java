package dev.longshore.worker.execute;

import dev.longshore.job.IndexSet;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Tells the ledger what a job has inside its processor, before it is there: only that can be suspect when this process dies. One telling is
 * under way at a time; calls that come meanwhile go with the next, so that many short calls share one.
 */
final class Entrance {
  private final Consumer<IndexSet> tell;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Batch, IndexSet> inside = new IdentityHashMap<>();
  private CompletableFuture<Void> next;
  private boolean underWay;
  private boolean toldOfSome;

  /** {@code tell} may block, and throw: then no call that waits for it begins. */
  Entrance(Consumer<IndexSet> tell) {
    this.tell = tell;
  }

  /** Returns once the ledger knows that {@code batch} is inside; {@link #leave} follows, whatever comes of this. */
  void enter(Batch batch) throws InterruptedException {
    IndexSet indexes = batch.indexes();
    CompletableFuture<Void> answer;
    lock.lock();
    try {
      inside.put(batch, indexes);
      answer = telling();
    } finally {
      lock.unlock();
    }
    await(answer);
  }

  /** The batch's call is back, or did not begin. The next telling says so. */
  void leave(Batch batch) {
    lock.lock();
    try {
      inside.remove(batch);
    } finally {
      lock.unlock();
    }
  }

  /** Returns once the ledger does not take anything for inside that has left. */
  void sayWhoLeft() throws InterruptedException {
    CompletableFuture<Void> answer;
    lock.lock();
    try {
      if (!toldOfSome && !underWay) {
        return;
      }
      answer = telling();
    } finally {
      lock.unlock();
    }
    await(answer);
  }

  private CompletableFuture<Void> telling() {
    if (next == null) {
      next = new CompletableFuture<>();
      if (!underWay) {
        underWay = true;
        Thread.ofVirtual().name("enter").start(this::tellAll);
      }
    }
    return next;
  }

  private void tellAll() {
    while (true) {
      CompletableFuture<Void> answer;
      IndexSet now;
      lock.lock();
      try {
        if (next == null) {
          underWay = false;
          return;
        }
        answer = next;
        next = null;
        now = union(inside.values());
        toldOfSome = !now.isEmpty();
      } finally {
        lock.unlock();
      }
      try {
        tell.accept(now);
        answer.complete(null);
      } catch (RuntimeException e) {
        answer.completeExceptionally(e);
      }
    }
  }

  private static void await(CompletableFuture<Void> answer) throws InterruptedException {
    try {
      answer.get();
    } catch (ExecutionException e) {
      throw (RuntimeException) e.getCause();
    }
  }

  private static IndexSet union(Collection<IndexSet> sets) {
    if (sets.size() == 1) {
      return sets.iterator().next();
    }
    List<IndexSet.Range> ranges = new ArrayList<>();
    sets.forEach(set -> ranges.addAll(set.ranges()));
    return IndexSet.ofRanges(ranges);
  }
}
