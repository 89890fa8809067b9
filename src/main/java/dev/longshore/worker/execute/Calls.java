package dev.longshore.worker.execute;

import dev.longshore.job.Failure;
import dev.longshore.job.JobRef;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import dev.longshore.store.LedgerGoneException;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/**
 * A job's processor calls, each on its caller's thread: through the worker's gate, known to the ledger before it begins, measured. While they
 * are held, a call that has not begun is handed back and those that run go on.
 */
final class Calls {
  private static final Logger LOG = Logger.getLogger(Calls.class);
  private static final Duration NOT_ENTERED = Duration.ofSeconds(1);

  private final JobRef job;
  private final WorkerGate gate;
  private final Entrance entrance;
  private final ReentrantLock lock = new ReentrantLock();
  private final Set<Thread> waiting = new HashSet<>();
  private final Set<Thread> running = new HashSet<>();
  private final Set<Thread> interrupted = new HashSet<>();
  private SharedProcessor processor;
  private boolean held;
  private long runningSince;
  private long busyNanos;
  private long doneItems;
  private long doneNanos;

  Calls(JobRef job, WorkerGate gate, Entrance entrance) {
    this.job = job;
    this.gate = gate;
    this.entrance = entrance;
    gate.add(entrance);
  }

  /**
   * How the calls go.
   *
   * @param nanosPerItem mean share of a call's time; 0 before the first
   * @param busyNanos time in which calls ran, summed over them, since the start
   */
  record Reading(long nanosPerItem, long busyNanos) {}

  /**
   * What came of a call.
   *
   * @param nanos that it took; 0 when it did not begin
   */
  record Answer(List<Outcome> outcomes, long nanos) {}

  /** Takes over {@code replacement}; calls under way end with the processor that they began with. */
  void use(BatchProcessor replacement) {
    SharedProcessor old;
    lock.lock();
    try {
      old = processor;
      processor = new SharedProcessor(replacement);
    } finally {
      lock.unlock();
    }
    if (old != null) {
      old.retire();
    }
  }

  /** Nothing begins any more, until {@link #release}. */
  void hold() {
    lock.lock();
    try {
      held = true;
      waiting.forEach(Thread::interrupt);
    } finally {
      lock.unlock();
    }
  }

  void release() {
    lock.lock();
    try {
      held = false;
    } finally {
      lock.unlock();
    }
  }

  boolean held() {
    lock.lock();
    try {
      return held;
    } finally {
      lock.unlock();
    }
  }

  /** Interrupts what runs: what then comes back without an outcome is charged to nobody. */
  void interrupt() {
    lock.lock();
    try {
      interrupted.addAll(running);
      running.forEach(Thread::interrupt);
    } finally {
      lock.unlock();
    }
  }

  /** No call will come any more; the processor is closed behind the last one. */
  void close() {
    gate.remove(entrance);
    SharedProcessor last;
    lock.lock();
    try {
      last = processor;
    } finally {
      lock.unlock();
    }
    last.retire();
  }

  Reading read() {
    lock.lock();
    try {
      countBusy();
      return new Reading(doneItems == 0 ? 0 : doneNanos / doneItems, busyNanos);
    } finally {
      lock.unlock();
    }
  }

  /** Calls the processor, among others. */
  Answer call(Batch batch) {
    if (!await(gate::enter)) {
      return handedBack(batch.size());
    }
    try {
      return enter(batch);
    } finally {
      gate.leave();
    }
  }

  /**
   * Runs {@code action}, which may use {@link #callInside}, while nothing else is inside any processor of this worker.
   *
   * @return what is to be said of items that it did not come to
   */
  Outcome alone(Runnable action) {
    try {
      if (await(gate::enterAlone)) {
        try {
          action.run();
        } finally {
          gate.leaveAlone();
        }
      }
      return Taken.HANDED_BACK;
    } catch (RuntimeException e) {
      return notEntered(e);
    }
  }

  /** Calls the processor on a thread that has passed the gate. */
  Answer callInside(Batch batch) {
    return enter(batch);
  }

  private Answer enter(Batch batch) {
    try {
      return await(() -> entrance.enter(batch)) ? run(batch) : handedBack(batch.size());
    } catch (RuntimeException e) {
      return new Answer(Collections.nCopies(batch.size(), notEntered(e)), 0);
    } finally {
      entrance.leave(batch);
    }
  }

  private Outcome notEntered(RuntimeException cause) {
    if (cause instanceof LedgerGoneException || cause instanceof CancellationException) {
      // whoever settles it finds the same, and knows what to do
      return Taken.HANDED_BACK;
    }
    LOG.errorf(cause, "job=%s state=handed-back reason=\"the ledger did not take that a call begins\"", job);
    return new Outcome.Retry(new Failure("NotEntered", "the ledger did not take that the call begins"), NOT_ENTERED, false);
  }

  static Answer handedBack(int items) {
    return new Answer(Collections.nCopies(items, Taken.HANDED_BACK), 0);
  }

  /** A wait before a call. */
  private interface Wait {
    void pass() throws InterruptedException;
  }

  /** Waits as long as calls are not held. False when they are: nothing was passed. */
  private boolean await(Wait wait) {
    lock.lock();
    try {
      if (held) {
        return false;
      }
      waiting.add(Thread.currentThread());
    } finally {
      lock.unlock();
    }
    try {
      wait.pass();
      return true;
    } catch (InterruptedException e) {
      return false;
    } finally {
      stopWaiting();
    }
  }

  /** An interrupt that came too late is taken back: whether calls are held is asked before anything begins. */
  private void stopWaiting() {
    lock.lock();
    try {
      waiting.remove(Thread.currentThread());
      Thread.interrupted();
    } finally {
      lock.unlock();
    }
  }

  private Answer run(Batch batch) {
    List<WorkItem> items = batch.items();
    SharedProcessor shared;
    BatchProcessor current;
    lock.lock();
    try {
      if (held) {
        return handedBack(batch.size());
      }
      countBusy();
      running.add(Thread.currentThread());
      shared = processor;
      current = shared.enter();
    } finally {
      lock.unlock();
    }
    long start = System.nanoTime();
    List<Outcome> outcomes;
    boolean told;
    try {
      outcomes = outcomes(current, items);
    } finally {
      shared.leave();
      told = ended(items.size(), System.nanoTime() - start);
    }
    return new Answer(told ? outcomes.stream().map(Calls::unlessUndone).toList() : outcomes, System.nanoTime() - start);
  }

  /** Whether the call was interrupted. */
  private boolean ended(int items, long nanos) {
    lock.lock();
    try {
      countBusy();
      running.remove(Thread.currentThread());
      // a mean that forgets: what counts is how the work goes now
      doneItems += items;
      doneNanos += nanos;
      if (doneItems > 100_000 || doneNanos > 60_000_000_000L) {
        doneItems = Math.max(1, doneItems / 2);
        doneNanos /= 2;
      }
      Thread.interrupted();
      return interrupted.remove(Thread.currentThread());
    } finally {
      lock.unlock();
    }
  }

  /** What an interrupted call says of items that it did not get done is no word about them. */
  private static Outcome unlessUndone(Outcome outcome) {
    return outcome instanceof Outcome.Retry ? Taken.HANDED_BACK : outcome;
  }

  private void countBusy() {
    long now = System.nanoTime();
    busyNanos += running.size() * (now - runningSince);
    runningSince = now;
  }

  private static List<Outcome> outcomes(BatchProcessor processor, List<WorkItem> items) {
    try {
      List<Outcome> outcomes = processor.call(items);
      return complete(outcomes, items.size()) ? outcomes
          : all(items, new Failure("WrongAnswer", "the processor did not give an outcome for each of " + items.size() + " items"));
    } catch (InterruptedException e) {
      return Collections.nCopies(items.size(), Taken.HANDED_BACK);
    } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
      // a throw says nothing of single items: each is tried again as the job says
      return all(items, Failure.thrown(e));
    }
  }

  private static boolean complete(List<Outcome> outcomes, int size) {
    return outcomes != null && outcomes.size() == size && outcomes.stream().allMatch(Objects::nonNull);
  }

  private static List<Outcome> all(List<WorkItem> items, Failure failure) {
    return Collections.nCopies(items.size(), Outcome.retry(failure));
  }
}
