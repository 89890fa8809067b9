package dev.longshore.worker.execute;

import dev.longshore.store.LedgerGoneException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * What processor calls of all jobs of a worker pass through: any number of ordinary ones at once, or one that must be alone because what it
 * works on may kill the process. Who wants to be alone holds up those that come later, and waits for those that run.
 */
public final class WorkerGate {
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock(true);
  private final Set<Entrance> entrances = ConcurrentHashMap.newKeySet();

  void add(Entrance entrance) {
    entrances.add(entrance);
  }

  void remove(Entrance entrance) {
    entrances.remove(entrance);
  }

  /** Passes among others; {@link #leave} follows on the same thread. */
  void enter() throws InterruptedException {
    lock.readLock().lockInterruptibly();
  }

  void leave() {
    lock.readLock().unlock();
  }

  /** Passes alone: nothing else is inside any processor, and the ledger knows. {@link #leaveAlone} follows on the same thread. */
  void enterAlone() throws InterruptedException {
    lock.writeLock().lockInterruptibly();
    boolean known = false;
    try {
      for (Entrance entrance : entrances) {
        sayWhoLeft(entrance);
      }
      known = true;
    } finally {
      if (!known) {
        lock.writeLock().unlock();
      }
    }
  }

  void leaveAlone() {
    lock.writeLock().unlock();
  }

  private static void sayWhoLeft(Entrance entrance) throws InterruptedException {
    try {
      entrance.sayWhoLeft();
    } catch (LedgerGoneException gone) {
      // another job was deleted: nothing of it can be taken for inside
    }
  }
}
