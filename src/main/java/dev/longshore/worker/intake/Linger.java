package dev.longshore.worker.intake;

import dev.longshore.source.SourceException;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A wait for the source that does not keep others waiting: when it lasts, what was gathered before it goes on its way meanwhile. */
final class Linger {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();
  private final Runnable action;
  private boolean over;
  private RuntimeException failure;

  private Linger(Runnable action) {
    this.action = action;
  }

  /** Something that may take long. */
  interface Wait<T> {
    T get() throws SourceException;
  }

  /**
   * Waits.
   *
   * @param action is run once on another thread when the wait lasts longer than {@code patience}, and never after this has returned; what it
   *     throws is thrown here
   */
  static <T> T during(Wait<T> wait, Duration patience, Runnable action) throws SourceException {
    Linger linger = new Linger(action);
    Thread.ofVirtual().name("linger").start(() -> linger.run(patience.toNanos()));
    try {
      return wait.get();
    } finally {
      linger.end();
    }
  }

  private void run(long nanos) {
    lock.lock();
    try {
      long left = nanos;
      while (!over && left > 0) {
        left = ended.awaitNanos(left);
      }
      if (!over) {
        action.run();
      }
    } catch (InterruptedException e) {
      // nobody interrupts it; then what was gathered waits for the next record
    } catch (RuntimeException e) {
      failure = e;
    } finally {
      lock.unlock();
    }
  }

  private void end() {
    lock.lock();
    try {
      over = true;
      ended.signal();
      if (failure != null) {
        throw failure;
      }
    } finally {
      lock.unlock();
    }
  }
}
