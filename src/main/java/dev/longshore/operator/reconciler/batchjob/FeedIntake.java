package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.job.JobPhase;
import dev.longshore.operator.status.JobStates;
import dev.longshore.queue.Message;
import dev.longshore.store.JobReading;
import dev.longshore.store.Ledger;
import dev.longshore.store.LedgerGoneException;
import java.util.List;
import java.util.Optional;

/**
 * Publishes the feed that makes a worker read the source. The phase says that it was confirmed; after a crash in between it is published
 * again, and the ledger's epoch and position make the second one harmless.
 */
final class FeedIntake implements Step {
  private final Feeds feeds;
  private final Ledger ledger;

  FeedIntake(Feeds feeds, Ledger ledger) {
    this.feeds = feeds;
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
      feeds.publish(pass.ref(), new Message.Feed(reading.run(), reading.intake().epoch(), Message.Target.SOURCE));
    }
    if (!pass.suspended()) {
      pass.status = pass.states().working(pass.status, JobPhase.INTAKE);
    }
    return Progress.NEXT;
  }
}
