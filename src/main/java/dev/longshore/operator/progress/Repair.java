package dev.longshore.operator.progress;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A look at all of a job's queues, which takes dozens of questions to the broker: it goes on beside the passes of the job, and is over
 * before the job is left, so that no queue comes back which was deleted.
 */
public final class Repair {
  private final AtomicBoolean begun = new AtomicBoolean();
  private final ReentrantLock runs = new ReentrantLock();
  private boolean closed;
  private volatile RuntimeException failure;

  /** Whether one is to be run now; false while one is under way. */
  public boolean begin() {
    return begun.compareAndSet(false, true);
  }

  /**
   * Runs it, unless the job was left meanwhile; what it throws is the {@link #failure}.
   *
   * @return whether the job needs a pass for it: it failed, or did so before
   */
  public boolean run(Runnable work) {
    runs.lock();
    try {
      boolean before = failure != null;
      if (!closed) {
        failure = attempt(work);
      }
      return !closed && (before || failure != null);
    } finally {
      begun.set(false);
      runs.unlock();
    }
  }

  private static RuntimeException attempt(Runnable work) {
    try {
      work.run();
      return null;
    } catch (RuntimeException e) {
      return e;
    }
  }

  /** Why the last one failed; empty when it did not. */
  public Optional<RuntimeException> failure() {
    return Optional.ofNullable(failure);
  }

  /** The queues serve after all. */
  public void forget() {
    failure = null;
  }

  /** Waits for one that runs; none runs from then on. */
  void close() {
    runs.lock();
    closed = true;
    runs.unlock();
  }
}
