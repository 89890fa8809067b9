package dev.longshore.processor;

import dev.longshore.job.Failure;
import dev.longshore.job.JobRef;
import dev.longshore.job.Limits;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import io.smallrye.faulttolerance.api.CircuitBreakerState;
import io.smallrye.faulttolerance.api.RateLimitException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.eclipse.microprofile.faulttolerance.exceptions.CircuitBreakerOpenException;
import org.eclipse.microprofile.faulttolerance.exceptions.TimeoutException;
import org.jboss.logging.Logger;

/**
 * A job's processor behind its guard. Whatever the processor does, each item of a batch gets an outcome.
 *
 * <p>A call <em>fails as a whole</em> when it throws, times out, or brings nothing but {@link Outcome.Retry}: that is what the circuit
 * breaker counts and what short retries repeat (not when the target itself said how long to wait). Items that fail for good say nothing
 * against the target: it answered.
 *
 * <p>The call runs on the caller's thread, which is interrupted at the timeout: a processor that ignores interrupts holds its place until
 * it returns. What it then still answers item by item is kept, because that work is done.
 */
public final class GuardedProcessor implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(GuardedProcessor.class);
  private static final Duration RATE_LIMITED = Duration.ofSeconds(1);

  /** How late the interrupt of a timeout may be. */
  private static final long LATE_INTERRUPT_NANOS = 10_000_000;
  private final JobRef job;
  private final ItemProcessor processor;
  private final GuardSettings settings;
  private final int batchSize;
  private final SecretMask mask;
  private final ProcessorGuard guard;
  private final LongAdder calls = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder timedOut = new LongAdder();
  private final LongAdder shortRetries = new LongAdder();
  private final LongAdder prevented = new LongAdder();
  private volatile boolean circuitOpen;

  /**
   * Puts a guard around a processor that has been started.
   *
   * @param batchSize items in one call at most; null takes the processor's own default
   * @param mask hides in failures what the config takes from the environment
   */
  public GuardedProcessor(JobRef job, ItemProcessor processor, GuardSettings settings, Integer batchSize, SecretMask mask) {
    this.mask = mask;
    this.job = job;
    this.processor = processor;
    this.settings = settings;
    this.batchSize = batchSize == null ? processor.defaultBatchSize() : batchSize;
    this.guard = new ProcessorGuard(processor.name(), settings, this::circuitChanged, shortRetries::increment);
  }

  /** Items that one call gets at most. */
  public int batchSize() {
    return batchSize;
  }

  /** Calls that run at once; further ones wait, and their time does not count towards the timeout. */
  public int concurrency() {
    return settings.concurrency();
  }

  /** What the guard has seen so far. */
  public GuardCounts counts() {
    return new GuardCounts(calls.sum(), failed.sum(), timedOut.sum(), shortRetries.sum(), prevented.sum(), circuitOpen);
  }

  /**
   * Works on a batch.
   *
   * @return an outcome for each item, in the order of the batch
   * @throws InterruptedException when the caller was interrupted by somebody else than the timeout: of no item anything is known
   */
  public List<Outcome> call(List<WorkItem> batch) throws InterruptedException {
    List<Outcome> outcomes = outcomes(batch);
    return outcomes.stream().allMatch(Outcome.Success.class::isInstance) ? outcomes : outcomes.stream().map(mask::hide).toList();
  }

  private List<Outcome> outcomes(List<WorkItem> batch) throws InterruptedException {
    Call call = new Call(batch);
    calls.increment();
    try {
      return checked(guard.call(call), batch);
    } catch (InterruptedException e) {
      throw e;
    } catch (AllRetried e) {
      failed.increment();
      return checked(e.outcomes, batch);
    } catch (TimeoutException e) {
      failed.increment();
      timedOut.increment();
      takeLateInterrupt();
      Failure failure = new Failure("Timeout", "no outcome within guard.timeout, " + settings.timeout().toMillis() + " ms");
      return call.answered != null ? checked(call.answered, batch) : forAll(batch, Outcome.retry(failure));
    } catch (CircuitBreakerOpenException e) {
      prevented.increment();
      Failure failure = new Failure("CircuitOpen", "too many calls of " + processor.name() + " failed; the next is tried after "
          + settings.breaker().delay().toMillis() + " ms");
      return forAll(batch, new Outcome.Retry(failure, settings.breaker().delay(), false));
    } catch (RateLimitException e) {
      Duration after = e.getRetryAfterMillis() < 0 ? RATE_LIMITED : Duration.ofMillis(e.getRetryAfterMillis());
      return forAll(batch, new Outcome.Retry(new Failure("RateLimited", "the processor's own rate limit"), after, false));
    } catch (Exception | LinkageError | StackOverflowError | AssertionError e) {
      failed.increment();
      return forAll(batch, Outcome.retry(Failure.thrown(e)));
    }
  }

  /**
   * A call that comes back by itself in the moment of its timeout may leave before the timeout's interrupt has reached its thread, which would
   * then hit whatever the thread does next.
   */
  private static void takeLateInterrupt() {
    LockSupport.parkNanos(LATE_INTERRUPT_NANOS);
    Thread.interrupted();
  }

  private static String message(Throwable thrown) {
    return thrown.getMessage() == null ? thrown.getClass().getName() : thrown.getMessage();
  }

  private static List<Outcome> forAll(List<WorkItem> batch, Outcome outcome) {
    return Collections.nCopies(batch.size(), outcome);
  }

  private List<Outcome> checked(List<Outcome> outcomes, List<WorkItem> batch) {
    if (outcomes == null || outcomes.size() != batch.size()) {
      failed.increment();
      String message = processor.name() + " gave " + (outcomes == null ? "null" : outcomes.size() + " outcomes") + " for " + batch.size()
          + " items";
      return forAll(batch, Outcome.retry(new Failure("WrongAnswer", message)));
    }
    List<Outcome> corrected = null;
    for (int i = 0; i < outcomes.size(); i++) {
      Outcome better = corrected(outcomes.get(i));
      if (better != null) {
        corrected = corrected == null ? new ArrayList<>(outcomes) : corrected;
        corrected.set(i, better);
      }
    }
    return corrected == null ? outcomes : corrected;
  }

  /** Null when the outcome may stand as it is. */
  private Outcome corrected(Outcome outcome) {
    if (outcome == null) {
      return Outcome.retry(new Failure("WrongAnswer", processor.name() + " gave null as an outcome"));
    }
    if (outcome instanceof Outcome.Success(byte[] result) && result != null && result.length > Limits.RESULT_BYTES) {
      return new Outcome.Fail(new Failure("ResultTooLarge", "a result of " + result.length + " bytes is above the limit of "
          + Limits.RESULT_BYTES + " bytes; write large results to a file and return its name"));
    }
    return null;
  }

  private void circuitChanged(CircuitBreakerState state) {
    boolean open = state == CircuitBreakerState.OPEN;
    if (open != circuitOpen) {
      circuitOpen = open;
      LOG.infof("job=%s processor=%s circuit=%s", job, processor.name(), state);
    }
  }

  @Override
  public void close() {
    try {
      processor.close();
    } catch (Exception e) {
      LOG.warnf("job=%s processor=%s could not be closed: %s", job, processor.name(), message(e));
    }
  }

  /** One call, short retries included. */
  private final class Call implements Callable<List<Outcome>> {
    private final List<WorkItem> batch;
    /** What the processor returned, also when that was after the timeout. */
    private List<Outcome> answered;

    Call(List<WorkItem> batch) {
      this.batch = batch;
    }

    @Override
    public List<Outcome> call() throws Exception {
      if (answered != null && answered.size() == batch.size() && !allRetried(answered)) {
        // timed out with part of its items done: these must not run a second time, the rest waits for its ordinary retry
        return answered;
      }
      answered = null;
      answered = processor.process(batch);
      if (answered != null && answered.size() == batch.size() && allRetried(answered)) {
        throw new AllRetried(answered);
      }
      return answered;
    }

    private static boolean allRetried(List<Outcome> outcomes) {
      for (Outcome outcome : outcomes) {
        if (!(outcome instanceof Outcome.Retry)) {
          return false;
        }
      }
      return true;
    }
  }

  /** Tells the guard that a call failed although it returned; carries what it returned past it. */
  static final class AllRetried extends Exception {
    private final transient List<Outcome> outcomes;

    AllRetried(List<Outcome> outcomes) {
      super("all items of the batch are to be retried", null, false, false);
      this.outcomes = outcomes;
    }

    /** Whether the target, or the processor, asked to be left alone for a while. */
    boolean asksToWait() {
      return outcomes.stream().anyMatch(o -> ((Outcome.Retry) o).after() != null);
    }
  }
}
