package dev.longshore.worker.execute;

import dev.longshore.job.Failure;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Runs a job's processor calls: never more than {@code concurrency} at once, each on a virtual thread that lives as long as there is work. A
 * batch that is not full waits for more items for {@code maxWait} at most, and no longer than until it is known that none can come.
 */
public final class JobExecutor {
  private static final long FIRST_LOOK_NANOS = 20_000_000;
  private static final long LONGEST_LOOK_NANOS = 1_000_000_000;

  private final JobRef job;
  private final Consumer<Taken> settle;
  private final BooleanSupplier noneCanCome;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition more = lock.newCondition();
  private final BatchCutter cutter = new BatchCutter();
  private final List<Thread> running = new ArrayList<>();
  private SharedProcessor processor;
  private int concurrency;
  private int batchSize;
  private long maxWaitNanos;
  private int slots;
  private boolean filling;
  private boolean draining;
  private int calls;
  private long callsSince;
  private long busyNanos;
  private long doneItems;
  private long doneNanos;

  /**
   * Takes over {@code processor}.
   *
   * @param settle called, and must not block, when a delivery's outcomes are to be settled
   * @param noneCanCome whether no further item can reach this worker; asked, and may block, while a batch waits that is not full
   */
  public JobExecutor(JobRef job, JobSpec spec, BatchProcessor processor, Consumer<Taken> settle, BooleanSupplier noneCanCome) {
    this.job = job;
    this.settle = settle;
    this.noneCanCome = noneCanCome;
    change(spec, processor);
  }

  /**
   * How the work goes.
   *
   * @param nanosPerItem mean share of a call's time; 0 before the first
   * @param busyNanos time in which calls ran, summed over them, since the start
   */
  public record Reading(int concurrency, int batchSize, long nanosPerItem, long busyNanos, int waitingItems) {}

  /** A changed spec; calls under way end as they began. A null processor keeps the present one. */
  public void change(JobSpec spec, BatchProcessor replacement) {
    SharedProcessor old = null;
    lock.lock();
    try {
      if (replacement != null) {
        old = processor;
        processor = new SharedProcessor(replacement);
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
    if (old != null) {
      old.retire();
    }
  }

  public void offer(Taken taken) {
    lock.lock();
    try {
      if (!draining) {
        cutter.offer(taken, System.nanoTime());
        more.signal();
        startSlots();
        return;
      }
    } finally {
      lock.unlock();
    }
    handBack(new Batch.Segment(taken, 0, taken.items().size()));
  }

  /** Hands back what has not started and starts nothing more; what runs goes on. */
  public void drain() {
    List<Batch.Segment> waiting = List.of();
    lock.lock();
    try {
      draining = true;
      if (!cutter.isEmpty()) {
        waiting = cutter.cut(cutter.items()).segments();
      }
      more.signalAll();
    } finally {
      lock.unlock();
    }
    waiting.forEach(this::handBack);
  }

  /** Drains, interrupts what runs, and gives the processor up. */
  public void close() {
    drain();
    SharedProcessor last;
    lock.lock();
    try {
      running.forEach(Thread::interrupt);
      last = processor;
    } finally {
      lock.unlock();
    }
    last.retire();
  }

  public Reading read() {
    lock.lock();
    try {
      countBusy();
      return new Reading(concurrency, batchSize, doneItems == 0 ? 0 : doneNanos / doneItems, busyNanos, cutter.items());
    } finally {
      lock.unlock();
    }
  }

  private void handBack(Batch.Segment segment) {
    record(segment, Collections.nCopies(segment.count(), Taken.HANDED_BACK), 0, 0);
  }

  private void startSlots() {
    int wanted = Math.min(concurrency - slots, Math.ceilDiv(cutter.items(), batchSize));
    for (int i = 0; i < wanted; i++) {
      slots++;
      Thread.ofVirtual().name("call-" + job.name()).start(this::slot);
    }
  }

  private void slot() {
    Batch batch = next(false);
    while (batch != null) {
      call(batch);
      batch = next(true);
    }
  }

  /** The next batch for this slot; null ends the slot. */
  private Batch next(boolean wasCalling) {
    lock.lock();
    try {
      if (wasCalling) {
        countBusy();
        calls--;
        running.remove(Thread.currentThread());
      }
      while (!cutter.isEmpty() && slots <= concurrency) {
        long left = cutter.items() >= batchSize ? 0 : maxWaitNanos - (System.nanoTime() - cutter.since());
        if (left <= 0) {
          return started();
        }
        if (filling) {
          break;
        }
        Filled filled = fill(left);
        if (filled == Filled.INTERRUPTED) {
          break;
        }
        if (filled == Filled.LAST && !cutter.isEmpty() && slots <= concurrency) {
          return started();
        }
      }
      slots--;
      return null;
    } finally {
      lock.unlock();
    }
  }

  private Batch started() {
    countBusy();
    calls++;
    running.add(Thread.currentThread());
    return cutter.cut(batchSize);
  }

  /** How the wait for a full batch ended. */
  private enum Filled { CHANGED, LAST, INTERRUPTED }

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
      return Filled.INTERRUPTED;
    } finally {
      filling = false;
    }
  }

  private boolean askUnlocked() {
    lock.unlock();
    try {
      return noneCanCome.getAsBoolean();
    } finally {
      lock.lock();
    }
  }

  private void countBusy() {
    long now = System.nanoTime();
    busyNanos += calls * (now - callsSince);
    callsSince = now;
  }

  private void call(Batch batch) {
    long start = System.nanoTime();
    List<Outcome> outcomes = outcomes(batch);
    long nanos = System.nanoTime() - start;
    lock.lock();
    try {
      // a mean that forgets: what counts is how the work goes now
      doneItems += batch.size();
      doneNanos += nanos;
      if (doneItems > 100_000 || doneNanos > 60_000_000_000L) {
        doneItems = Math.max(1, doneItems / 2);
        doneNanos /= 2;
      }
    } finally {
      lock.unlock();
    }
    int offset = 0;
    for (Batch.Segment segment : batch.segments()) {
      record(segment, outcomes, offset, nanos * segment.count() / batch.size());
      offset += segment.count();
    }
  }

  private void record(Batch.Segment segment, List<Outcome> outcomes, int offset, long nanos) {
    if (segment.taken().record(segment.from(), outcomes, offset, segment.count(), nanos, System.nanoTime())) {
      settle.accept(segment.taken());
    }
  }

  private List<Outcome> outcomes(Batch batch) {
    SharedProcessor shared;
    BatchProcessor current;
    lock.lock();
    try {
      shared = processor;
      current = shared.enter();
    } finally {
      lock.unlock();
    }
    List<WorkItem> items = batch.items();
    try {
      List<Outcome> outcomes = current.call(items);
      return complete(outcomes, items.size()) ? outcomes
          : all(items, new Failure("WrongAnswer", "the processor did not give an outcome for each of " + items.size() + " items"));
    } catch (InterruptedException e) {
      return Collections.nCopies(items.size(), Taken.HANDED_BACK);
    } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
      // a throw says nothing of single items: each is tried again as the job says
      return all(items, Failure.thrown(e));
    } finally {
      shared.leave();
    }
  }

  private static boolean complete(List<Outcome> outcomes, int size) {
    return outcomes != null && outcomes.size() == size && outcomes.stream().allMatch(Objects::nonNull);
  }

  private static List<Outcome> all(List<WorkItem> items, Failure failure) {
    return Collections.nCopies(items.size(), Outcome.retry(failure));
  }
}
