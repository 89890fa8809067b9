package dev.longshore.worker.execute;

import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import dev.longshore.worker.execute.Batch.Segment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiPredicate;
import java.util.function.Supplier;

/**
 * Runs a job's processor calls: never more than {@code concurrency} at once, each on a virtual thread that lives as long as there is work.
 * A batch that is not full waits for more items for {@code maxWait} at most, and no longer than until it is known that none can come.
 * Suspects of a crash run alone.
 */
public final class JobExecutor {
  private static final long FIRST_LOOK_NANOS = 20_000_000;
  private static final long LONGEST_LOOK_NANOS = 1_000_000_000;

  private final JobRef job;
  private final Surroundings surroundings;
  private final Calls calls;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition more = lock.newCondition();
  private final BatchCutter cutter = new BatchCutter();
  private int concurrency;
  private int batchSize;
  private long maxWaitNanos;
  private int slots;
  private boolean filling;
  private boolean holding;

  /** What the work leans on. */
  public interface Surroundings {
    /** A delivery's outcomes are to be settled. Must not block. */
    void settle(Taken taken);

    /** Whether no further item can reach this worker; asked, and may block, while a batch waits that is not full. */
    boolean noneCanCome();

    /** Tells the ledger all that is inside the processor from now on; may block, and throw. */
    void enter(IndexSet inside);
  }

  /** Takes over {@code processor}; {@code failsForGood} tells which outcomes its fallback gets, if it has one. */
  public JobExecutor(JobRef job, JobSpec spec, BatchProcessor processor, WorkerGate gate, Surroundings surroundings,
      BiPredicate<WorkItem, Outcome> failsForGood) {
    this.job = job;
    this.surroundings = surroundings;
    this.calls = new Calls(job, gate, new Entrance(surroundings::enter), failsForGood);
    change(spec, processor);
  }

  /**
   * How the work goes.
   *
   * @param nanosPerItem mean share of a call's time; 0 before the first
   * @param busyNanos time in which calls ran, summed over them, since the start
   * @param oldestNanos how long the oldest running call has lasted; 0 when none runs
   * @param waitedNanos how long the first item has waited for a call slot; 0 when none waits, or only for its batch to fill
   * @param remainingNanos how long all that runs and waits will take; negative as long as nothing is measured
   */
  public record Reading(int concurrency, int batchSize, long nanosPerItem, long busyNanos, long oldestNanos, long waitedNanos,
      long remainingNanos) {}

  /** A changed spec; calls under way end as they began. A null processor keeps the present one. */
  public void change(JobSpec spec, BatchProcessor replacement) {
    if (replacement != null) {
      calls.use(replacement);
    }
    lock.lock();
    try {
      if (replacement != null) {
        batchSize = Math.max(1, spec.batching().size() == null ? replacement.batchSize() : spec.batching().size());
      }
      concurrency = Math.max(1, spec.concurrency());
      Duration maxWait = spec.batching().maxWait();
      maxWaitNanos = maxWait == null ? 0 : maxWait.toNanos();
      more.signalAll();
      startSlots();
    } finally {
      lock.unlock();
    }
  }

  /** Works on what has no outcome yet; {@code suspects} of it are run alone. */
  public void offer(Taken taken, IndexSet suspects) {
    List<Segment> ordinary = Segment.of(taken, taken.open().minus(suspects));
    List<Segment> alone = Segment.of(taken, suspects);
    lock.lock();
    try {
      if (!holding) {
        long now = System.nanoTime();
        ordinary.forEach(segment -> cutter.offer(segment, now));
        more.signal();
        startSlots();
        if (!alone.isEmpty()) {
          int size = batchSize;
          AloneRun run = new AloneRun(calls, taken, alone, surroundings::settle);
          Thread.ofVirtual().name("alone-" + job.name()).start(() -> run.run(size));
        }
        return;
      }
    } finally {
      lock.unlock();
    }
    ordinary.forEach(this::handBack);
    alone.forEach(this::handBack);
  }

  /** Hands back what has not started and starts nothing more until {@link #release}; what runs goes on. */
  public void hold() {
    List<Segment> waiting = List.of();
    lock.lock();
    try {
      holding = true;
      if (!cutter.isEmpty()) {
        waiting = cutter.cut(cutter.items()).segments();
      }
      more.signalAll();
    } finally {
      lock.unlock();
    }
    calls.hold();
    waiting.forEach(this::handBack);
  }

  /** Starts again. */
  public void release() {
    calls.release();
    lock.lock();
    try {
      holding = false;
    } finally {
      lock.unlock();
    }
  }

  /** Hands back what of one delivery waits for its batch. */
  public void handBack(Taken taken) {
    handBack(() -> cutter.remove(taken));
  }

  /**
   * Hands back what has waited for a call slot since {@code before} of {@link System#nanoTime} or longer.
   *
   * @return how many items
   */
  public int shed(long before) {
    return handBack(() -> waitForSlot() ? cutter.removeSince(before) : List.of());
  }

  private int handBack(Supplier<List<Segment>> takenOut) {
    List<Segment> waiting;
    lock.lock();
    try {
      waiting = takenOut.get();
    } finally {
      lock.unlock();
    }
    waiting.forEach(this::handBack);
    return waiting.stream().mapToInt(Segment::count).sum();
  }

  /** Interrupts what runs: what comes back undone is handed back. */
  public void interrupt() {
    calls.interrupt();
  }

  /** Holds, interrupts what runs, and gives the processor up. */
  public void close() {
    hold();
    calls.interrupt();
    calls.close();
  }

  public Reading read() {
    CallTimes.Reading reading = calls.read();
    long perItem = reading.nanosPerItem();
    lock.lock();
    try {
      int waiting = cutter.items();
      long remaining = waiting > 0 && perItem == 0 ? -1 : reading.restNanos() + waiting * perItem / concurrency;
      return new Reading(concurrency, batchSize, perItem, reading.busyNanos(), reading.oldestNanos(),
          waitForSlot() ? System.nanoTime() - cutter.since() : 0, remaining);
    } finally {
      lock.unlock();
    }
  }

  private boolean waitForSlot() {
    return !cutter.isEmpty() && !filling && slots >= concurrency;
  }

  /** Settles it at once, though other items of its delivery may run for long: others wait for it. */
  private void handBack(Segment segment) {
    new Batch(List.of(segment), segment.count()).record(Calls.handedBack(segment.count()), surroundings::settle);
    if (segment.taken().due()) {
      surroundings.settle(segment.taken());
    }
  }

  private void startSlots() {
    int wanted = Math.min(concurrency - slots, Math.ceilDiv(cutter.items(), batchSize));
    for (int i = 0; i < wanted; i++) {
      slots++;
      Thread.ofVirtual().name("call-" + job.name()).start(this::slot);
    }
  }

  private void slot() {
    for (Batch batch = next(); batch != null; batch = next()) {
      batch.record(calls.call(batch), surroundings::settle);
    }
  }

  /** The next batch for this slot; null ends the slot. */
  private Batch next() {
    lock.lock();
    try {
      while (!cutter.isEmpty() && slots <= concurrency) {
        long left = cutter.items() >= batchSize ? 0 : maxWaitNanos - (System.nanoTime() - cutter.since());
        if (left <= 0) {
          return cutter.cut(batchSize);
        }
        if (filling) {
          break;
        }
        if (fill(left) == Filled.LAST && !cutter.isEmpty() && slots <= concurrency) {
          return cutter.cut(batchSize);
        }
      }
      slots--;
      return null;
    } finally {
      lock.unlock();
    }
  }

  /** How the wait for a full batch ended. */
  private enum Filled { CHANGED, LAST }

  /** Waits for the batch to fill; one slot does so for all. Asks now and then, and ever less often, whether anything can come at all. */
  private Filled fill(long nanos) {
    filling = true;
    try {
      long look = FIRST_LOOK_NANOS;
      long left = nanos;
      int before = cutter.items();
      while (left > 0 && cutter.items() == before && !cutter.isEmpty()) {
        long wait = Math.min(left, look);
        left -= wait - Math.max(0, more.awaitNanos(wait));
        if (left > 0 && cutter.items() == before && before > 0 && askUnlocked() && cutter.items() == before) {
          return Filled.LAST;
        }
        look = Math.min(2 * look, LONGEST_LOOK_NANOS);
      }
      return Filled.CHANGED;
    } catch (InterruptedException e) {
      // nobody interrupts a slot between calls; looking again does no harm
      return Filled.CHANGED;
    } finally {
      filling = false;
    }
  }

  private boolean askUnlocked() {
    lock.unlock();
    try {
      return surroundings.noneCanCome();
    } finally {
      lock.lock();
    }
  }
}
