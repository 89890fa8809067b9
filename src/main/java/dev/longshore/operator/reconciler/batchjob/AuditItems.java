package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.operator.progress.ActiveJob;
import dev.longshore.queue.Message;
import dev.longshore.store.Ledger;
import dev.longshore.store.Pools;
import java.time.Duration;
import org.jboss.logging.Logger;

/**
 * Has the ledger look for items that no message and no worker will bring to their end, and feeds them again. Leases of workers that had
 * nothing of the job in hand when they last spoke, and that are older than this word, end first: a store that lost its last seconds may have
 * brought them back.
 */
final class AuditItems implements Step {
  private static final Logger LOG = Logger.getLogger(AuditItems.class);
  /** A heartbeat reaches the store at most so long after what it says was true: the store may let it wait for 2 s. */
  private static final Duration SPOKEN = Duration.ofSeconds(3);

  private final Feeds feeds;
  private final Ledger ledger;
  private final Pools pools;
  private final JobEvents events;

  AuditItems(Feeds feeds, Ledger ledger, Pools pools, JobEvents events) {
    this.feeds = feeds;
    this.ledger = ledger;
    this.pools = pools;
    this.events = events;
  }

  @Override
  public Progress take(JobPass pass) {
    ActiveJob active = pass.active.orElseThrow();
    if (!active.auditIsDue()) {
      return Progress.NEXT;
    }
    pools.heartbeats(pass.pool()).forEach((worker, seen) -> {
      if (!seen.heartbeat().holds(pass.ref())) {
        ledger.releaseOlder(pass.ref(), worker, seen.age().plus(SPOKEN));
      }
    });
    Ledger.Gaps gaps = ledger.markMissing(pass.ref());
    if (gaps.items() > 0) {
      int run = active.last().map(last -> last.reading().run()).orElse(1);
      events.fedAgain(pass.job(), pass.status, gaps.epoch(), gaps.items());
      feeds.publish(pass.ref(), new Message.Feed(run, gaps.epoch(), Message.Target.GAPS));
      LOG.warnf("job=%s items=%d: an audit found them missing, they are fed again", pass.ref(), gaps.items());
    }
    active.audited();
    return Progress.NEXT;
  }
}
