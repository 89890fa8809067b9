package dev.longshore.worker.access;

import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.queue.Message;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.UnroutableException;
import dev.longshore.queue.WorkQueues;
import dev.longshore.store.JobReading;
import dev.longshore.store.Ledger;
import dev.longshore.store.Ledger.PastAttempt;
import dev.longshore.store.LedgerGoneException;
import dev.longshore.store.Settlement;
import dev.longshore.store.StoreFullException;
import dev.longshore.store.StoreUnavailableException;
import dev.longshore.worker.meters.JobMeters;
import dev.longshore.worker.trace.Traces;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * One job's ledger and queues, with patience: a call waits and tries again while either is away. It ends with {@link LedgerGoneException}
 * when the job is gone, and with {@link CancellationException} when this worker closes.
 */
public final class JobAccess {
  private final JobRef job;
  private final String holder;
  private final Ledger ledger;
  private final WorkQueues queues;
  private final Outage outage;
  private final JobMeters meters;
  private final Traces traces;

  public JobAccess(JobRef job, String holder, Ledger ledger, WorkQueues queues, Outage outage, JobMeters meters) {
    this(job, holder, ledger, queues, outage, meters, Traces.NONE);
  }

  /** As the other, and its work is told step by step. */
  public JobAccess(JobRef job, String holder, Ledger ledger, WorkQueues queues, Outage outage, JobMeters meters, Traces traces) {
    this.job = job;
    this.holder = holder;
    this.ledger = ledger;
    this.queues = queues;
    this.outage = outage;
    this.meters = meters;
    this.traces = traces;
  }

  /**
   * A message on its way out.
   *
   * @param delay zero for at once
   */
  public record Outgoing(WorkQueues.Kind kind, Message message, Duration delay) {}

  public JobRef job() {
    return job;
  }

  /** The name under which leases are held. */
  public String holder() {
    return holder;
  }

  public Outage outage() {
    return outage;
  }

  public Traces traces() {
    return traces;
  }

  public JobMeters meters() {
    return meters;
  }

  /** Calls the ledger, which must bear being called again when the first answer was lost. */
  public <T> T ledger(Function<Ledger, T> call) {
    for (int tries = 0; ; tries++) {
      unlessClosed();
      try {
        T answer = call.apply(ledger);
        outage.storeAnswered(true);
        return answer;
      } catch (StoreUnavailableException | StoreFullException away) {
        outage.storeFailed(away);
        waitForTry(tries);
      }
    }
  }

  /**
   * Whether every item that is not final is in some worker's hands already, so that no message can bring another. Asked once, without patience:
   * false while the ledger is away.
   */
  public boolean noneCanCome() {
    try {
      JobReading reading = ledger.read(List.of(job)).get(job);
      return reading != null && reading.counts().intakeComplete() && reading.counts().pending() == 0 && reading.counts().retrying() == 0;
    } catch (StoreUnavailableException | StoreFullException away) {
      outage.storeFailed(away);
      return false;
    }
  }

  /** Calls the ledger once, without patience: nothing happens while it is away. */
  public void ledgerOnce(Consumer<Ledger> call) {
    try {
      call.accept(ledger);
    } catch (StoreUnavailableException | StoreFullException away) {
      outage.storeFailed(away);
    }
  }

  /** The job's account now. */
  public JobReading reading() {
    JobReading reading = ledger(l -> l.read(List.of(job)).get(job));
    if (reading == null) {
      throw new LedgerGoneException(job);
    }
    return reading;
  }

  /** Takes indexes; again after a lost answer, because a holder's own lease is no obstacle to it. */
  public Ledger.TakeReply take(IndexSet indexes, int attempt) {
    return ledger(l -> l.take(job, indexes, attempt, holder));
  }

  public void settle(Settlement settlement) {
    long start = System.nanoTime();
    Ledger.SettleReply reply = ledger(l -> l.settle(job, settlement));
    meters.settled(settlement, reply, System.nanoTime() - start);
  }

  public void release(IndexSet indexes, int attempt) {
    ledger(l -> {
      l.release(job, indexes, attempt, holder);
      return null;
    });
  }

  /** Tells all that is inside the processor from now on. */
  public void enter(IndexSet inside) {
    ledger(l -> {
      l.enter(job, holder, inside);
      return null;
    });
  }

  /** What is remembered of attempts that failed, by index. */
  public Map<Long, List<PastAttempt>> attempts(IndexSet indexes) {
    return ledger(l -> l.attempts(job, indexes));
  }

  public void fail(String reason, String message) {
    ledger(l -> {
      l.fail(job, reason, message);
      return null;
    });
  }

  /** Publishes once, without patience. */
  public CompletableFuture<Void> publish(Outgoing out) {
    long start = System.nanoTime();
    boolean delayed = out.delay().isPositive();
    return (delayed ? queues.publishLater(job, out.kind(), out.message(), out.delay()) : queues.publish(job, out.kind(), out.message()))
        .whenComplete((done, failure) -> meters.published(out.kind(), delayed, failure == null, System.nanoTime() - start));
  }

  /** Returns once each message is in the broker's hands; what was refused or stayed unconfirmed is published again. */
  public void handOn(List<Outgoing> messages) {
    List<Outgoing> open = messages;
    for (int tries = 0; !open.isEmpty(); tries++) {
      open = publishOnce(open);
      if (!open.isEmpty()) {
        waitForTry(tries);
        if (ledger(l -> l.spec(job)).isEmpty()) {
          throw new LedgerGoneException(job);
        }
      }
    }
  }

  /** Waits for a confirm. False when the message was not handed on, because broker or queue are away. */
  public boolean confirmed(CompletableFuture<Void> published) {
    try {
      published.join();
      outage.brokerAnswered();
      return true;
    } catch (CompletionException e) {
      if (e.getCause() instanceof UnroutableException missing) {
        outage.brokerAnswered();
        outage.queueMissing(job, missing);
        return false;
      }
      if (e.getCause() instanceof QueueUnavailableException away) {
        outage.brokerFailed(away);
        return false;
      }
      throw e;
    }
  }

  private List<Outgoing> publishOnce(List<Outgoing> messages) {
    unlessClosed();
    List<CompletableFuture<Void>> published = new ArrayList<>(messages.size());
    for (Outgoing message : messages) {
      published.add(tryPublish(message));
    }
    List<Outgoing> open = new ArrayList<>();
    for (int i = 0; i < messages.size(); i++) {
      if (!confirmed(published.get(i))) {
        open.add(messages.get(i));
      } else if (messages.get(i).delay().isZero()) {
        // the ladder takes messages for queues that are gone, too
        outage.queueAnswered(job);
      }
    }
    return open;
  }

  /** As {@link #publish}, with a throw turned into the future's. */
  public CompletableFuture<Void> tryPublish(Outgoing out) {
    try {
      return publish(out);
    } catch (QueueUnavailableException | UnroutableException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private void waitForTry(int tries) {
    if (!outage.pause(tries)) {
      throw new CancellationException("the worker closes");
    }
  }

  private void unlessClosed() {
    if (outage.closed()) {
      throw new CancellationException("the worker closes");
    }
  }
}
