package dev.longshore.worker.consume;

import dev.longshore.job.Chunk;
import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobSpec;
import dev.longshore.job.JobSpec.RetrySpec;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.store.Ledger.PastAttempt;
import dev.longshore.store.LedgerGoneException;
import dev.longshore.store.Settlement.Failed;
import dev.longshore.worker.access.JobAccess;
import dev.longshore.worker.access.JobAccess.Outgoing;
import dev.longshore.worker.execute.Taken;
import dev.longshore.worker.execute.Taken.Round;
import dev.longshore.worker.trace.Traces;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Books what came of a delivery's items, in the order of the protocol: dead letters, then the ledger, then the copies of what comes again,
 * then the ack. A crash between any two steps leaves a message or a lease that brings the item back.
 */
final class Settler {
  private static final Logger LOG = Logger.getLogger(Settler.class);
  private static final Duration BEFORE_REQUEUE = Duration.ofSeconds(1);

  private final JobAccess access;
  private final Supplier<JobSpec> spec;
  private final DeadLetters letters;
  private final Held held;
  private final Pieces pieces;
  private final End end;
  private final LongAdder settledItems = new LongAdder();
  private volatile RetryRules rules;

  /** Told how a delivery ended. */
  interface End {
    /** It was acked or handed back. */
    void done(Taken taken);

    /** The job has no ledger any more. */
    void gone();

    /** Whether what comes again is published: not when the run is over. */
    boolean handsOn();
  }

  Settler(JobAccess access, Supplier<JobSpec> spec, DeadLetters letters, Held held, Pieces pieces, End end) {
    this.access = access;
    this.spec = spec;
    this.letters = letters;
    this.held = held;
    this.pieces = pieces;
    this.end = end;
  }

  /** Items settled so far. */
  long settledItems() {
    return settledItems.sum();
  }

  /** Whether the job's rules of now end the item as failed for good with this outcome, so that a fallback may have it. */
  boolean failsForGood(WorkItem item, Outcome outcome) {
    return rules(spec.get().retry()).failsForGood(item, outcome);
  }

  /** Settles on a thread of its own; the caller was told to do so by {@link Taken}. */
  void start(Taken taken) {
    Thread.ofVirtual().name("settle-" + access.job().name()).start(() -> settle(taken));
  }

  private void settle(Taken taken) {
    try {
      for (Round round = taken.nextRound(); round != null; round = taken.nextRound()) {
        book(taken, round);
      }
      if (taken.finish()) {
        taken.delivery().ack();
        end.done(taken);
      }
    } catch (LedgerGoneException gone) {
      drop(taken);
      end.gone();
    } catch (CancellationException closing) {
      taken.drop();
      LOG.debugf("job=%s chunk=%s state=left-unacked reason=\"the worker closes\"", access.job(), taken.indexes());
    } catch (RuntimeException e) {
      LOG.errorf(e, "job=%s chunk=%s state=handed-back reason=\"settling it failed\"", access.job(), taken.indexes());
      handBack(taken);
    }
  }

  private void book(Taken taken, Round round) {
    JobSpec now = spec.get();
    Verdicts verdicts = Verdicts.of(taken, round, now, rules(now.retry()));
    try (Traces.Span span = access.traces().begin(Traces.Step.SETTLE, access.job(), taken.work().trace(), verdicts.all())) {
      book(taken, round, verdicts);
    }
  }

  private void book(Taken taken, Round round, Verdicts verdicts) {
    int attempt = taken.work().attempt();
    access.handOn(deadLetters(taken, verdicts.failed(), round.fellBack()));
    verdicts.failed().forEach(failed -> access.meters().deadLetter(failed.failure()));
    if (verdicts.fatal() != null) {
      // before the item is final: after a crash in between it comes again, and ends the job again
      Failed fatal = verdicts.fatal();
      access.fail("ItemFailedJob", "item " + fatal.index() + ": " + fatal.failure().code() + ": " + fatal.failure().message());
    }
    if (!verdicts.settlesNothing()) {
      access.settle(verdicts.settlement(attempt, access.holder(), round.busy()));
    }
    if (!verdicts.unspent().isEmpty()) {
      access.release(verdicts.unspent(), attempt);
      access.meters().handedBack(verdicts.unspent().size());
    }
    LOG.debugf("job=%s worker=%s chunk=%s attempt=%d state=settled succeeded=%d failed=%d skipped=%d retried=%d", access.job(), access.holder(),
        verdicts.all(), attempt, verdicts.succeeded().size(), verdicts.failed().size(), verdicts.skipped().size(), verdicts.retries().size());
    settledItems.add(verdicts.all().size() - verdicts.unspent().size());
    // before the copies are out: one may come back to this very worker
    held.release(taken.delivery(), verdicts.all());
    if (end.handsOn()) {
      access.handOn(copies(taken, verdicts));
    }
  }

  /** Those of the spec as it is now; two threads may make the same ones. */
  private RetryRules rules(RetrySpec retry) {
    RetryRules known = rules;
    if (known == null || !known.spec().equals(retry)) {
      known = new RetryRules(access.job(), retry);
      rules = known;
    }
    return known;
  }

  private List<Outgoing> deadLetters(Taken taken, List<Failed> failed, Map<Long, Failure> fellBack) {
    if (failed.isEmpty()) {
      return List.of();
    }
    Map<Long, List<PastAttempt>> before = taken.work().attempt() == 1 ? Map.of()
        : access.attempts(IndexSet.of(failed.stream().mapToLong(Failed::index).toArray()));
    List<Outgoing> out = new ArrayList<>(failed.size());
    Iterator<WorkItem> items = taken.items().iterator();
    for (Failed one : failed) {
      WorkItem item = items.next();
      while (item.index() != one.index()) {
        item = items.next();
      }
      Message letter = letters.of(taken.work().run(), one.index(), item.attempt(), one.failure(), item.json(),
          before.getOrDefault(one.index(), List.of()), fellBack.get(one.index()));
      out.add(new Outgoing(Kind.DEAD, letter, Duration.ZERO));
    }
    return out;
  }

  private List<Outgoing> copies(Taken taken, Verdicts verdicts) {
    List<Outgoing> out = new ArrayList<>(verdicts.again().size());
    verdicts.again().forEach((copy, indexes) -> {
      for (IndexSet piece : pieces.of(indexes)) {
        out.add(new Outgoing(Kind.WORK, part(taken, piece, copy.attempt()), copy.delay()));
      }
    });
    return out;
  }

  /** A message with some of a delivery's items. */
  static Message.Work part(Taken taken, IndexSet indexes, int attempt) {
    Message.Work work = taken.work();
    if (indexes.equals(work.indexes())) {
      return new Message.Work(work.run(), indexes, attempt, work.body(), work.gzip(), work.trace());
    }
    List<byte[]> lines = new ArrayList<>((int) indexes.size());
    for (WorkItem item : taken.items()) {
      if (indexes.contains(item.index())) {
        lines.add(item.json());
      }
    }
    return Message.Work.of(work.run(), new Chunk(indexes, attempt, lines), work.trace());
  }

  private void drop(Taken taken) {
    taken.drop();
    held.release(taken.delivery());
    taken.delivery().ack();
    end.done(taken);
  }

  /** Something is wrong that patience does not heal: the items go back, slowly, so that a fault in one place is not a storm. */
  private void handBack(Taken taken) {
    taken.drop();
    access.outage().await(BEFORE_REQUEUE);
    try {
      access.release(taken.indexes(), taken.work().attempt());
    } catch (LedgerGoneException | CancellationException e) {
      LOG.debugf("job=%s chunk=%s state=lease-left reason=\"%s\"", access.job(), taken.indexes(), e.getMessage());
    }
    held.release(taken.delivery());
    taken.delivery().requeue();
    end.done(taken);
  }
}
