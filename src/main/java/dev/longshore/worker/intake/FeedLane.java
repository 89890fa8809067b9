package dev.longshore.worker.intake;

import dev.longshore.store.LedgerGoneException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** The feeds of one target in this worker: one turn at a time, and what is kept from one turn to the next. */
final class FeedLane implements AutoCloseable {
  /** Well below the operator's patience with a feed that is silent. */
  private static final long LIFE_NANOS = Duration.ofSeconds(2).toNanos();
  private static final Duration FIRST_SOON = Duration.ofMillis(250);
  private static final int SOON_DOUBLINGS = 3;

  private final ParkedSource parked = new ParkedSource();
  private final ReentrantLock turn = new ReentrantLock();
  private final AtomicInteger still = new AtomicInteger();
  private volatile FeedRun running;
  private volatile long shown;

  ParkedSource parked() {
    return parked;
  }

  /** Serves a turn when the one before is over. */
  End serve(Supplier<FeedRun> begin) {
    turn.lock();
    try {
      FeedRun run = begin.get();
      shown = System.nanoTime();
      running = run;
      return run.run();
    } finally {
      running = null;
      turn.unlock();
    }
  }

  /** How long a feed waits that ended with {@link End#SOON} or {@link End#STILL}: 250 ms, and up to 2 s while nothing changes. */
  Duration soon(End end) {
    return FIRST_SOON.multipliedBy(1L << still.updateAndGet(before -> end == End.STILL ? Math.min(before + 1, SOON_DOUBLINGS) : 0));
  }

  /** Shows that the feed in hand lives, now and then; call it often. */
  void tick() {
    FeedRun run = running;
    if (run != null && System.nanoTime() - shown > LIFE_NANOS) {
      shown = System.nanoTime();
      try {
        run.showLife();
      } catch (LedgerGoneException gone) {
        // the turn finds that out by itself
      }
    }
    parked.closeOld();
  }

  @Override
  public void close() {
    parked.close();
  }
}
