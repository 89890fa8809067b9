package dev.longshore.worker.execute;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** How long calls took, and which run; each on a thread of its own. Not for several threads at once. */
final class CallTimes {
  /** When each began. */
  private final Map<Thread, Long> running = new HashMap<>();
  private long countedUntil;
  private long busyNanos;
  private long doneCalls;
  private long doneItems;
  private long doneNanos;

  /**
   * How the calls go.
   *
   * @param nanosPerItem mean share of a call's time; 0 before the first
   * @param busyNanos time in which calls ran, summed over them, since the start
   * @param oldestNanos how long the oldest of those that run has lasted; 0 when none runs
   * @param restNanos how long those that run will go on: each for what it lacks to the mean, or for as long as it is beyond that
   */
  record Reading(long nanosPerItem, long busyNanos, long oldestNanos, long restNanos) {}

  /** A call begins on this thread. */
  void begin(long now) {
    countBusy(now);
    running.put(Thread.currentThread(), now);
  }

  /** This thread's call is back. */
  void end(int items, long now) {
    countBusy(now);
    long nanos = now - running.remove(Thread.currentThread());
    // a mean that forgets: what counts is how the work goes now
    doneCalls++;
    doneItems += items;
    doneNanos += nanos;
    if (doneItems > 100_000 || doneNanos > 60_000_000_000L) {
      doneCalls = Math.max(1, doneCalls / 2);
      doneItems = Math.max(1, doneItems / 2);
      doneNanos /= 2;
    }
  }

  /** The threads of those that run. */
  Set<Thread> running() {
    return running.keySet();
  }

  Reading read(long now) {
    countBusy(now);
    long mean = doneCalls == 0 ? 0 : doneNanos / doneCalls;
    long oldest = 0;
    long rest = 0;
    for (long start : running.values()) {
      oldest = Math.max(oldest, now - start);
      rest = Math.max(rest, Math.abs(mean - (now - start)));
    }
    return new Reading(doneItems == 0 ? 0 : doneNanos / doneItems, busyNanos, oldest, rest);
  }

  private void countBusy(long now) {
    busyNanos += running.size() * (now - countedUntil);
    countedUntil = now;
  }
}
