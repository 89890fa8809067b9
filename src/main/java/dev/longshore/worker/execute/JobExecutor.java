package dev.longshore.worker.execute;

import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import dev.longshore.worker.execute.Batch.Segment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiPredicate;
import java.util.function.Supplier;

/**
 * Runs a job's processor calls: never more than {@code concurrency} at once, on virtual threads that live as long as there is work, each call
 * in one of the slots that the worker's jobs share. A batch that is not full waits for more items for {@code maxWait} at most, and no longer
 * than until it is known that none can come; it needs no slot for that. Suspects of a crash run alone, at once.
 */
public final class JobExecutor {
  private static final long FIRST_LOOK_NANOS = 20_000_000;
  private static final long LONGEST_LOOK_NANOS = 1_000_000_000;

  private final JobRef job;
  private final Surroundings surroundings;
  private final Recorder recorder;
  private final Calls calls;
  private final CallSlots shared;
  private final Lane lane;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition more = lock.newCondition();
  private final BatchCutter cutter = new BatchCutter();
  private int concurrency;
  private int batchSize;
  private long maxWaitNanos;
  private int threads;
  private int asking;
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
    this.recorder = new Recorder(surroundings::settle);
    this.calls = new Calls(job, gate, new Entrance(surroundings::enter), failsForGood);
    this.shared = gate.slots();
    this.lane = shared.join(spec.priority(), spec.concurrency());
    change(spec, processor);
  }

  /**
   * How the work goes.
   *
   * @param slots calls at once that it gets: its concurrency, or what it had in the last seconds when it had to wait for its turns
   * @param nanosPerItem mean share of a call's time; 0 before the first
   * @param busyNanos time in which calls ran, summed over them, since the start
   */
  public record Reading(int concurrency, double slots, int batchSize, long nanosPerItem, long busyNanos, int waitingItems) {}

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
      shared.change(lane, spec.priority(), concurrency);
      more.signalAll();
      startThreads();
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
        startThreads();
        if (!alone.isEmpty()) {
          int size = batchSize;
          AloneRun run = new AloneRun(calls, taken, alone, recorder);
          Thread.ofVirtual().name("alone-" + job.name()).start(() -> run.run(size));
        }
        return;
      }
    } finally {
      lock.unlock();
    }
    ordinary.forEach(recorder::handBack);
    alone.forEach(recorder::handBack);
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
    shared.rest(lane, true);
    waiting.forEach(recorder::handBack);
  }

  /** Starts again. */
  public void release() {
    calls.release();
    shared.rest(lane, false);
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

  /** Hands back what waits for its call for {@code nanos} or longer, when other jobs had all turns in that time. */
  public void handBackHoarded(long nanos) {
    long before = System.nanoTime() - nanos;
    if (shared.waitsSince(lane, before)) {
      handBack(() -> cutter.removeSince(before));
    }
  }

  private void handBack(Supplier<List<Segment>> chosen) {
    List<Segment> waiting;
    lock.lock();
    try {
      waiting = chosen.get();
    } finally {
      lock.unlock();
    }
    waiting.forEach(recorder::handBack);
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
    shared.leave(lane);
  }

  public Reading read() {
    CallTimes.Reading reading = calls.read();
    lock.lock();
    try {
      return new Reading(concurrency, shared.slots(lane), batchSize, reading.nanosPerItem(), reading.busyNanos(), cutter.items());
    } finally {
      lock.unlock();
    }
  }

  private void startThreads() {
    int wanted = Math.min(concurrency - threads, Math.ceilDiv(cutter.items(), batchSize) - asking);
    for (int i = 0; i < wanted; i++) {
      threads++;
      Thread.ofVirtual().name("call-" + job.name()).start(this::work);
    }
  }

  private void work() {
    for (Start start = next(null); start != null; start = next(start.turn())) {
      recorder.record(start.batch(), calls.call(start.batch()));
    }
  }

  /** A batch and its turn. */
  private record Start(Batch batch, Turn turn) {}

  /** The next batch for this thread, and a turn for it in place of {@code over}, whose call is over; null ends the thread. */
  private Start next(Turn over) {
    Turn had = over;
    Turn turn = null;
    boolean last = false;
    lock.lock();
    try {
      while (!cutter.isEmpty() && threads <= concurrency) {
        long left = last || cutter.items() >= batchSize ? 0 : maxWaitNanos - (System.nanoTime() - cutter.since());
        if (left <= 0 && turn != null) {
          Start start = new Start(cutter.cut(batchSize), turn);
          turn = null;
          return start;
        } else if (left <= 0) {
          turn = ask(had);
          had = null;
        } else if (filling) {
          break;
        } else {
          shared.giveBack(had, turn);
          had = null;
          turn = null;
          last = fill(left);
        }
      }
      threads--;
      return null;
    } finally {
      shared.giveBack(had, turn);
      lock.unlock();
    }
  }

  /** Waits for a turn, unlocked; null when nothing may begin. */
  private Turn ask(Turn over) {
    CompletableFuture<Turn> turn = shared.ask(lane, over);
    if (turn.isDone()) {
      return turn.join();
    }
    asking++;
    lock.unlock();
    try {
      return turn.join();
    } finally {
      lock.lock();
      asking--;
    }
  }

  /**
   * Waits for the batch to fill; one thread does so for all. Asks now and then, and ever less often, whether anything can come at all: true
   * when it cannot, false when something changed or the time is over.
   */
  private boolean fill(long nanos) {
    filling = true;
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
      filling = false;
    }
    return false;
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
