package dev.longshore.worker.execute;

/** How long calls took. Not for several threads at once. */
final class CallTimes {
  private int running;
  private long runningSince;
  private long busyNanos;
  private long doneItems;
  private long doneNanos;

  /**
   * How the calls go.
   *
   * @param nanosPerItem mean share of a call's time; 0 before the first
   * @param busyNanos time in which calls ran, summed over them, since the start
   */
  record Reading(long nanosPerItem, long busyNanos) {}

  void begin(long now) {
    countBusy(now);
    running++;
  }

  void end(int items, long nanos, long now) {
    countBusy(now);
    running--;
    // a mean that forgets: what counts is how the work goes now
    doneItems += items;
    doneNanos += nanos;
    if (doneItems > 100_000 || doneNanos > 60_000_000_000L) {
      doneItems = Math.max(1, doneItems / 2);
      doneNanos /= 2;
    }
  }

  Reading read(long now) {
    countBusy(now);
    return new Reading(doneItems == 0 ? 0 : doneNanos / doneItems, busyNanos);
  }

  private void countBusy(long now) {
    busyNanos += running * (now - runningSince);
    runningSince = now;
  }
}
