package dev.longshore.worker.execute;

import dev.longshore.job.JobSpec.Priority;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The call slots that the jobs of a worker share: as many as the highest concurrency among the jobs that are not resting, so that a job
 * alone has all that it asks for, and a worker never makes more calls at once than one of its jobs may. {@link Turns} decides whose a free
 * one is. Who waits for one waits on a future: nothing is locked while a call runs.
 */
public final class CallSlots {
  private final ReentrantLock lock = new ReentrantLock();
  private final Turns turns = new Turns();
  private final Map<Lane, Queue<CompletableFuture<Turn>>> waiting = new HashMap<>();

  /** Adds a job; {@link #leave} follows. */
  Lane join(Priority priority, int concurrency) {
    return locked(() -> {
      Lane lane = turns.join(priority, concurrency, System.nanoTime());
      waiting.put(lane, new ArrayDeque<>());
      return lane;
    });
  }

  /** It asks for no more turns; who waits for one gets null. */
  void leave(Lane lane) {
    locked(() -> {
      turns.leave(lane);
      dropWaiting(lane);
      waiting.remove(lane);
      return grant();
    });
  }

  void change(Lane lane, Priority priority, int concurrency) {
    locked(() -> {
      turns.change(lane, priority, concurrency, System.nanoTime());
      return grant();
    });
  }

  /** Nothing of it may begin, until this is taken back; who waits for a turn gets null. */
  void rest(Lane lane, boolean now) {
    locked(() -> {
      turns.rest(lane, now);
      if (now) {
        dropWaiting(lane);
      }
      return grant();
    });
  }

  /**
   * Asks for a turn.
   *
   * @param before a turn whose call is over, or null. Its slot is free only now: a job that has more to do is among those that are asked
   *     whose turn it is
   * @return the turn, when it comes; null when the job rests or has left
   */
  CompletableFuture<Turn> ask(Lane lane, Turn before) {
    return locked(() -> {
      long now = System.nanoTime();
      if (before != null) {
        turns.end(before, now);
      }
      CompletableFuture<Turn> call = new CompletableFuture<>();
      if (lane.resting() || !waiting.containsKey(lane)) {
        call.complete(null);
      } else {
        turns.waits(lane, now);
        waiting.get(lane).add(call);
      }
      grant();
      return call;
    });
  }

  /** Gives back a turn whose call is over, and one that was not used; null for none. */
  void giveBack(Turn over, Turn unused) {
    if (over == null && unused == null) {
      return;
    }
    locked(() -> {
      if (over != null) {
        turns.end(over, System.nanoTime());
      }
      if (unused != null) {
        turns.unused(unused);
      }
      return grant();
    });
  }

  /** For how many nanoseconds a call of it has been waiting without a turn for the job; 0 when none waits. */
  long waited(Lane lane) {
    return locked(() -> lane.waited(System.nanoTime()));
  }

  /** Calls at once that a job gets: its concurrency, or what it had in the last seconds when it had to wait for its turns. */
  double slots(Lane lane) {
    return locked(() -> lane.slots(System.nanoTime()));
  }

  /** Sees whether calls that last hold others up; call it twice a second. */
  public void look() {
    locked(this::grant);
  }

  /** Calls at once, over all jobs. */
  public int capacity() {
    return locked(turns::capacity);
  }

  private void dropWaiting(Lane lane) {
    Queue<CompletableFuture<Turn>> calls = waiting.getOrDefault(lane, new ArrayDeque<>());
    while (!calls.isEmpty()) {
      calls.remove().complete(null);
    }
  }

  private Void grant() {
    long now = System.nanoTime();
    for (Turn next = turns.next(now); next != null; next = turns.next(now)) {
      waiting.get(next.lane()).remove().complete(next);
    }
    return null;
  }

  private <T> T locked(Supplier<T> action) {
    lock.lock();
    try {
      return action.get();
    } finally {
      lock.unlock();
    }
  }
}
