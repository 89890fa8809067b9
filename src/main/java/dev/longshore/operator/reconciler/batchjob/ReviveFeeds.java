package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.operator.progress.ActiveJob;
import dev.longshore.queue.Message;
import dev.longshore.store.Ledger;
import org.jboss.logging.Logger;

/** Publishes a feed again, under a new epoch, when none shows life any more though there is something to feed. */
final class ReviveFeeds implements Step {
  private static final Logger LOG = Logger.getLogger(ReviveFeeds.class);

  private final Feeds feeds;
  private final Ledger ledger;

  ReviveFeeds(Feeds feeds, Ledger ledger) {
    this.feeds = feeds;
    this.ledger = ledger;
  }

  @Override
  public Progress take(JobPass pass) {
    ActiveJob active = pass.active.orElseThrow();
    if (active.intakeIsDead()) {
      ledger.restartIntake(pass.ref()).ifPresent(epoch -> publish(pass, epoch, Message.Target.SOURCE));
      active.intakeRestarted();
    }
    if (active.gapsAreDead()) {
      ledger.restartGaps(pass.ref()).ifPresent(epoch -> publish(pass, epoch, Message.Target.GAPS));
      active.gapsRestarted();
    }
    return Progress.NEXT;
  }

  private void publish(JobPass pass, long epoch, Message.Target target) {
    int run = pass.active.orElseThrow().last().map(last -> last.reading().run()).orElse(1);
    feeds.publish(pass.ref(), new Message.Feed(run, epoch, target));
    LOG.warnf("job=%s feed=%s epoch=%d: the feed was lost and is published again", pass.ref(), target, epoch);
  }
}
