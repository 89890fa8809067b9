package dev.longshore.worker.execute;

import dev.longshore.store.LedgerGoneException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * What processor calls of all jobs of a worker, and turns with feeds, pass through: any number of ordinary ones at once, or one that must be
 * alone because what it works on may kill the process. Who wants to be alone holds up those that come later, and waits for those that run.
 */
public final class WorkerGate {
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock(true);
  private final Set<Entrance> entrances = ConcurrentHashMap.newKeySet();
  private final AtomicInteger alone = new AtomicInteger();
  private final CallSlots slots = new CallSlots();

  /** The slots for the calls of all jobs; those that run alone need none. */
  public CallSlots slots() {
    return slots;
  }

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

  /** Follows {@link #enter} or {@link #enterWithFeed}. */
  public void leave() {
    lock.readLock().unlock();
  }

  /**
   * Passes with a feed, whose source may kill the process too, unless somebody is alone or wants to be; {@link #leave} follows on the same
   * thread, soon once {@link #aloneIsWanted}.
   */
  public boolean enterWithFeed() {
    return !aloneIsWanted() && lock.readLock().tryLock();
  }

  public boolean aloneIsWanted() {
    return alone.get() > 0;
  }

  /** Passes alone: nothing else is inside any processor, and the ledger knows. {@link #leaveAlone} follows on the same thread. */
  public void enterAlone() throws InterruptedException {
    alone.incrementAndGet();
    boolean known = false;
    try {
      lock.writeLock().lockInterruptibly();
      for (Entrance entrance : entrances) {
        sayWhoLeft(entrance);
      }
      known = true;
    } finally {
      if (!known) {
        leaveAlone();
      }
    }
  }

  public void leaveAlone() {
    if (lock.isWriteLockedByCurrentThread()) {
      lock.writeLock().unlock();
    }
    alone.decrementAndGet();
  }

  private static void sayWhoLeft(Entrance entrance) throws InterruptedException {
    try {
      entrance.sayWhoLeft();
    } catch (LedgerGoneException gone) {
      // another job was deleted: nothing of it can be taken for inside
    }
  }
}
