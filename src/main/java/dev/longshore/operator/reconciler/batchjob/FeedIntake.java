package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.job.JobPhase;
import dev.longshore.operator.status.JobStates;
import dev.longshore.queue.Message;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.store.JobReading;
import dev.longshore.store.Ledger;
import dev.longshore.store.LedgerGoneException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Publishes the feed that makes a worker read the source. The phase says that it was confirmed; after a crash in between it is published
 * again, and the ledger's epoch and position make the second one harmless.
 */
final class FeedIntake implements Step {
  private static final long CONFIRM_SECONDS = 10;

  private final WorkQueues queues;
  private final Ledger ledger;

  FeedIntake(WorkQueues queues, Ledger ledger) {
    this.queues = queues;
    this.ledger = ledger;
  }

  @Override
  public Progress take(JobPass pass) {
    if (!pass.opened && JobStates.phase(pass.status) != JobPhase.PENDING) {
      return Progress.NEXT;
    }
    JobReading reading = Optional.ofNullable(ledger.read(List.of(pass.ref())).get(pass.ref()))
        .orElseThrow(() -> new LedgerGoneException(pass.ref()));
    if (!reading.intake().complete()) {
      publish(queues, pass, new Message.Feed(reading.run(), reading.intake().epoch(), Message.Target.SOURCE));
    }
    pass.status = pass.states().working(pass.status, JobPhase.INTAKE);
    return Progress.NEXT;
  }

  /** Returns when the broker has it. */
  static void publish(WorkQueues queues, JobPass pass, Message.Feed feed) {
    try {
      queues.publish(pass.ref(), Kind.CONTROL, feed).get(CONFIRM_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof QueueUnavailableException away) {
        throw away;
      }
      throw new QueueUnavailableException("the intake feed was not taken: " + e.getCause().getMessage(), e.getCause());
    } catch (TimeoutException e) {
      throw new QueueUnavailableException("the broker has not confirmed the intake feed within " + CONFIRM_SECONDS + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new QueueUnavailableException("interrupted while the intake feed was published", e);
    }
  }
}
