package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.operator.progress.ActiveJob;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues;
import dev.longshore.store.Ledger;
import org.jboss.logging.Logger;

/**
 * Publishes the intake feed again, under a new epoch, when no feed shows life any more. The audit's and redrive's feeds will stand beside
 * it.
 */
final class ReviveIntake implements Step {
  private static final Logger LOG = Logger.getLogger(ReviveIntake.class);

  private final WorkQueues queues;
  private final Ledger ledger;

  ReviveIntake(WorkQueues queues, Ledger ledger) {
    this.queues = queues;
    this.ledger = ledger;
  }

  @Override
  public Progress take(JobPass pass) {
    ActiveJob active = pass.active.orElseThrow();
    if (active.intakeIsDead()) {
      int run = active.last().orElseThrow().reading().run();
      ledger.restartIntake(pass.ref()).ifPresent(epoch -> {
        FeedIntake.publish(queues, pass, new Message.Feed(run, epoch, Message.Target.SOURCE));
        LOG.warnf("job=%s epoch=%d: the intake feed was lost and is published again", pass.ref(), epoch);
      });
      active.intakeRestarted();
    }
    return Progress.NEXT;
  }
}
