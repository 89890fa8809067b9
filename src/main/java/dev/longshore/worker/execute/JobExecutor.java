package dev.longshore.worker.execute;

import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import dev.longshore.worker.execute.Batch.Segment;
import dev.longshore.worker.trace.Traces;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiPredicate;
import java.util.function.Supplier;

/**
 * Runs a job's processor calls: never more than {@code concurrency} at once, on virtual threads that live as long as there is work, each
 * call in one of the slots that the worker's jobs share. A batch that is not full waits for more items for {@code maxWait} at most, and no
 * longer than until it is known that none can come; it needs no slot for that. Suspects of a crash run alone, at once.
 */
public final class JobExecutor {
  /** What a job gets at least, taken over some time: less is not measured. */
  private static final double LEAST_SLOTS = 0.1;

  private final JobRef job;
  private final Surroundings surroundings;
  private final Calls calls;
  private final CallSlots shared;
  private final Lane lane;
  private final ReentrantLock lock = new ReentrantLock();
  private final BatchCutter cutter = new BatchCutter();
  private final Filling filling;
  private int concurrency;
  private int batchSize;
  private long maxWaitNanos;
  private int threads;
  /** Threads that wait for a turn. */
  private int asking;
  private boolean holding;

  /** What the work leans on. */
  public interface Surroundings {
    /** A delivery's outcomes are to be settled. Must not block. */
    void settle(Taken taken);

    /** Whether no further item can reach this worker; asked, and may block, while a batch waits that is not full. */
    boolean noneCanCome();

    /** Where calls are told. */
    default Traces traces() {
      return Traces.NONE;
    }

    /** Tells the ledger all that is inside the processor from now on; may block, and throw. */
    void enter(IndexSet inside);
  }

  /** Takes over {@code processor}; {@code failsForGood} tells which outcomes its fallback gets, if it has one. */
  public JobExecutor(JobRef job, JobSpec spec, BatchProcessor processor, WorkerGate gate, Surroundings surroundings,
      BiPredicate<WorkItem, Outcome> failsForGood) {
    this.job = job;
    this.surroundings = surroundings;
    this.calls = new Calls(job, gate, new Entrance(surroundings::enter), failsForGood, surroundings.traces());
    this.filling = new Filling(lock, cutter, surroundings::noneCanCome);
    this.shared = gate.slots();
    this.lane = shared.join(spec.priority(), spec.concurrency());
    change(spec, processor);
  }

  /**
   * How the work goes.
   *
   * @param concurrency calls at once that it may make
   * @param slots calls at once that it gets: {@code concurrency}, or what it had in the last seconds when it had to wait for its turns
   * @param nanosPerItem mean share of a call's time; 0 before the first
   * @param busyNanos time in which calls ran, summed over them, since the start
   * @param heldNanos how long the oldest running call has lasted, or how long no call had a turn where that is longer; 0 for neither
   * @param waitedNanos how long the first item has waited for a call slot; 0 when none waits, or only for its batch to fill
   * @param remainingNanos how long all that runs and waits will take; negative as long as nothing is measured
   */
  public record Reading(int concurrency, double slots, int batchSize, long nanosPerItem, long busyNanos, long heldNanos, long waitedNanos,
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
      shared.change(lane, spec.priority(), concurrency);
      filling.changed();
      startThreads();
    } finally {
      lock.unlock();
    }
  }

  /** Works on what has no outcome yet; {@code suspects} of it are run alone, {@code prime} ones of these first. */
  public void offer(Taken taken, IndexSet suspects, IndexSet prime) {
    List<Segment> ordinary = Segment.of(taken, taken.open().minus(suspects));
    List<List<Segment>> alone = List.of(Segment.of(taken, prime), Segment.of(taken, suspects.minus(prime)));
    lock.lock();
    try {
      if (!holding) {
        long now = System.nanoTime();
        ordinary.forEach(segment -> cutter.offer(segment, now));
        filling.changed();
        startThreads();
        if (!suspects.isEmpty()) {
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
    alone.forEach(group -> group.forEach(this::handBack));
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
      filling.changed();
    } finally {
      lock.unlock();
    }
    calls.hold();
    shared.rest(lane, true);
    waiting.forEach(this::handBack);
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
    shared.leave(lane);
  }

  public Reading read() {
    CallTimes.Reading reading = calls.read();
    long perItem = reading.nanosPerItem();
    double slots = shared.slots(lane);
    long held = Math.max(reading.oldestNanos(), shared.waited(lane));
    lock.lock();
    try {
      int waiting = cutter.items();
      long remaining = waiting > 0 && perItem == 0 ? -1 : reading.restNanos() + (long) (waiting * perItem / Math.max(slots, LEAST_SLOTS));
      long waited = waitForSlot() ? System.nanoTime() - cutter.since() : 0;
      return new Reading(concurrency, slots, batchSize, perItem, reading.busyNanos(), held, waited, remaining);
    } finally {
      lock.unlock();
    }
  }

  /** Whether what waits does so because all calls run that the job may make, or because other jobs have the slots. */
  private boolean waitForSlot() {
    boolean ownSlots = threads - asking >= concurrency;
    return !cutter.isEmpty() && !filling.goesOn() && (ownSlots || asking > 0 && shared.slots(lane) < concurrency);
  }

  /** Settles it at once, though other items of its delivery may run for long: others wait for it. */
  private void handBack(Segment segment) {
    new Batch(List.of(segment), segment.count()).record(Calls.handedBack(segment.count()), surroundings::settle);
    if (segment.taken().due()) {
      surroundings.settle(segment.taken());
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
      start.batch().record(calls.call(start.batch()), surroundings::settle);
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
        } else if (filling.goesOn()) {
          break;
        } else {
          shared.giveBack(had, turn);
          had = null;
          turn = null;
          last = filling.await(left);
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
}
