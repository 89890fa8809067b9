package dev.longshore.worker.execute;

import dev.longshore.job.Failure;
import dev.longshore.job.JobRef;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import dev.longshore.processor.CallTrace;
import dev.longshore.store.LedgerGoneException;
import dev.longshore.worker.trace.Traces;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiPredicate;
import org.jboss.logging.Logger;

/**
 * A job's processor calls, each on its caller's thread: through the worker's gate, known to the ledger before it begins, measured. While
 * they are held, a call that has not begun is handed back and those that run go on.
 */
final class Calls {
  private static final Logger LOG = Logger.getLogger(Calls.class);
  private static final Duration NOT_ENTERED = Duration.ofSeconds(1);

  private final JobRef job;
  private final WorkerGate gate;
  private final Entrance entrance;
  private final SharedProcessor.FallbackRule fallbackRule;
  private final ReentrantLock lock = new ReentrantLock();
  private final Set<Thread> waiting = new HashSet<>();
  private final Set<Thread> interrupted = new HashSet<>();
  private final Traces traces;
  private final CallTimes times = new CallTimes();
  private SharedProcessor processor;
  private boolean held;

  /** {@code failsForGood} tells which outcomes a fallback gets. */
  Calls(JobRef job, WorkerGate gate, Entrance entrance, BiPredicate<WorkItem, Outcome> failsForGood, Traces traces) {
    this.job = job;
    this.gate = gate;
    this.traces = traces;
    this.entrance = entrance;
    this.fallbackRule = new WhileNotHeld(failsForGood);
    gate.add(entrance);
  }

  /**
   * What came of a call.
   *
   * @param fellBack by index, how those items had failed with the processor that then failed with the fallback, too; they end so
   * @param nanos that it took; 0 when it did not begin
   */
  record Answer(List<Outcome> outcomes, Map<Long, Failure> fellBack, long nanos) {
    /** The same outcome for items whose call did not begin. */
    static Answer of(int items, Outcome outcome) {
      return new Answer(Collections.nCopies(items, outcome), Map.of(), 0);
    }
  }

  /** Takes over {@code replacement}; calls under way end with the processor that they began with. */
  void use(BatchProcessor replacement) {
    SharedProcessor old;
    lock.lock();
    try {
      old = processor;
      processor = new SharedProcessor(job, replacement);
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
      interrupted.addAll(times.running());
      times.running().forEach(Thread::interrupt);
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

  CallTimes.Reading read() {
    lock.lock();
    try {
      return times.read(System.nanoTime());
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
      return callInside(batch);
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
    try {
      return await(() -> entrance.enter(batch)) ? run(batch) : handedBack(batch.size());
    } catch (RuntimeException e) {
      return Answer.of(batch.size(), notEntered(e));
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
    return Answer.of(items, Taken.HANDED_BACK);
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
    long start = System.nanoTime();
    SharedProcessor current;
    lock.lock();
    try {
      if (held) {
        return handedBack(batch.size());
      }
      times.begin(start);
      current = processor;
      current.enter();
    } finally {
      lock.unlock();
    }
    Said said;
    boolean told;
    try {
      said = told(batch, items, current);
    } finally {
      told = ended(items.size());
    }
    return said.answer(items, told, System.nanoTime() - start);
  }

  /** The call, with its place in the trace that the chunk of its first item brought. */
  private Said told(Batch batch, List<WorkItem> items, SharedProcessor current) {
    String parent = batch.trace();
    if (parent == null) {
      return current.call(items, fallbackRule);
    }
    try (Traces.Span span = traces.begin(Traces.Step.CALL, job, parent, batch.indexes())) {
      return span.context() == null ? current.call(items, fallbackRule)
          : ScopedValue.where(CallTrace.PARENT, span.context()).call(() -> current.call(items, fallbackRule));
    }
  }

  /** Whether the call was interrupted. */
  private boolean ended(int items) {
    lock.lock();
    try {
      times.end(items, System.nanoTime());
      Thread.interrupted();
      return interrupted.remove(Thread.currentThread());
    } finally {
      lock.unlock();
    }
  }

  /** The fallback begins nothing while calls are held. */
  private final class WhileNotHeld implements SharedProcessor.FallbackRule {
    private final BiPredicate<WorkItem, Outcome> failsForGood;

    WhileNotHeld(BiPredicate<WorkItem, Outcome> failsForGood) {
      this.failsForGood = failsForGood;
    }

    @Override
    public boolean takes(WorkItem item, Outcome outcome) {
      return failsForGood.test(item, outcome);
    }

    @Override
    public boolean mayBegin() {
      return !held();
    }
  }
}
