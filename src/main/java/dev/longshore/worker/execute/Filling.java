package dev.longshore.worker.execute;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/** The wait of a batch that is not full for further items. Used by those who hold the lock that it was made with. */
final class Filling {
  private static final long FIRST_LOOK_NANOS = 20_000_000;
  private static final long LONGEST_LOOK_NANOS = 1_000_000_000;

  private final ReentrantLock lock;
  private final Condition more;
  private final BatchCutter cutter;
  private final BooleanSupplier noneCanCome;
  private boolean goesOn;

  /** {@code noneCanCome} tells whether no further item can come; it is called without the lock, and may block. */
  Filling(ReentrantLock lock, BatchCutter cutter, BooleanSupplier noneCanCome) {
    this.lock = lock;
    this.more = lock.newCondition();
    this.cutter = cutter;
    this.noneCanCome = noneCanCome;
  }

  /** Whether a thread waits; one does so for all. */
  boolean goesOn() {
    return goesOn;
  }

  /** Items came or went, or what holds for batches has changed. */
  void changed() {
    more.signalAll();
  }

  /**
   * Waits for the batch to fill. Asks now and then, and ever less often, whether anything can come at all.
   *
   * @return true when nothing can come, false when something changed or the time is over
   */
  boolean await(long nanos) {
    goesOn = true;
    try {
      long look = FIRST_LOOK_NANOS;
      long left = nanos;
      int before = cutter.items();
      while (left > 0 && cutter.items() == before && !cutter.isEmpty()) {
        long wait = Math.min(left, look);
        left -= wait - Math.max(0, more.awaitNanos(wait));
        if (left > 0 && cutter.items() == before && before > 0 && askUnlocked() && cutter.items() == before) {
          return true;
        }
        look = Math.min(2 * look, LONGEST_LOOK_NANOS);
      }
    } catch (InterruptedException e) {
      // nobody interrupts a thread between calls; looking again does no harm
    } finally {
      goesOn = false;
    }
    return false;
  }

  private boolean askUnlocked() {
    lock.unlock();
    try {
      return noneCanCome.getAsBoolean();
    } finally {
      lock.lock();
    }
  }
}
