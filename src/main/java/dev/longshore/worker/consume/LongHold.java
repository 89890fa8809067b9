package dev.longshore.worker.consume;

import dev.longshore.job.IndexSet;
import dev.longshore.queue.Delivery;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.store.LedgerGoneException;
import dev.longshore.worker.access.JobAccess;
import dev.longshore.worker.access.JobAccess.Outgoing;
import dev.longshore.worker.execute.Taken;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * Lets go of deliveries before they have been unacked for longer than a broker allows. What of one runs goes on without it: a watch copy
 * on the delay ladder brings those items again should this worker die, and goes round as long as it lives. What of one waits goes back at
 * once. While the ledger is away nothing can be said of the items, and the delivery goes back as it is.
 */
final class LongHold {
  private static final Logger LOG = Logger.getLogger(LongHold.class);
  private static final Duration LONGEST_WATCH = Duration.ofSeconds(30);

  private final JobAccess access;
  private final long limitNanos;
  private final Duration watch;
  private final Consumer<Taken> handBackWaiting;
  private final Set<Delivery> leaving = ConcurrentHashMap.newKeySet();

  /** {@code handBackWaiting} gives back what of a delivery has not begun, and has its outcomes settled. */
  LongHold(JobAccess access, Duration limit, Consumer<Taken> handBackWaiting) {
    this.access = access;
    this.limitNanos = limit.toNanos();
    Duration quarter = limit.dividedBy(4);
    this.watch = quarter.compareTo(LONGEST_WATCH) < 0 ? quarter : LONGEST_WATCH;
    this.handBackWaiting = handBackWaiting;
  }

  /** Looks after what is in hand; call it from time to time. */
  void look(Subscriptions subscriptions, Map<Delivery, Taken> working) {
    long limit = System.nanoTime() - limitNanos;
    for (Subscription.Counted delivery : subscriptions.inHandSince(limit)) {
      boolean tried = delivery.since() - (limit - limitNanos / 4) <= 0;
      reached(delivery, working.get(delivery), tried);
    }
  }

  /** {@code tried} is whether it has been tried for a quarter of the limit already. */
  private void reached(Delivery delivery, Taken taken, boolean tried) {
    if (taken == null || tried || access.outage().storeAway()) {
      LOG.infof("job=%s state=handed-back reason=\"unacked for long, and nothing can be said of its items now\"", access.job());
      delivery.requeue();
    } else if (leaving.add(delivery)) {
      Thread.ofVirtual().name("watch-" + access.job().name()).start(() -> {
        try {
          letGo(delivery, taken);
        } catch (LedgerGoneException | CancellationException over) {
          LOG.debugf("job=%s chunk=%s state=kept reason=\"%s\"", access.job(), taken.indexes(), over.getMessage());
        } finally {
          leaving.remove(delivery);
        }
      });
    }
  }

  private void letGo(Delivery delivery, Taken taken) {
    handBackWaiting.accept(taken);
    if (!taken.awaitSettled()) {
      return;
    }
    IndexSet running = taken.open();
    if (running.isEmpty()) {
      // settled meanwhile, and acked by that
      return;
    }
    LOG.infof("job=%s chunk=%s state=long-call items=%d reason=\"it goes on without its message; a watch copy goes round\"",
        access.job(), taken.indexes(), running.size());
    access.handOn(List.of(new Outgoing(Kind.WORK, Settler.part(taken, running, taken.work().attempt()), watch)));
    delivery.ack();
  }
}
