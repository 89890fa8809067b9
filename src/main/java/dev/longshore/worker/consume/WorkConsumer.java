package dev.longshore.worker.consume;

import dev.longshore.job.JobSpec;
import dev.longshore.queue.Delivery;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.store.Ledger.TakeReply;
import dev.longshore.store.LedgerGoneException;
import dev.longshore.worker.access.JobAccess;
import dev.longshore.worker.execute.BatchProcessor;
import dev.longshore.worker.execute.JobExecutor;
import dev.longshore.worker.execute.Taken;
import dev.longshore.worker.execute.WorkerGate;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Takes a job's chunks from its work queue to the processor and back to the ledger. It stops taking while the ledger is away, and goes on
 * by itself.
 */
public final class WorkConsumer {
  private static final Logger LOG = Logger.getLogger(WorkConsumer.class);
  private static final Duration LEASED_ELSEWHERE = Duration.ofSeconds(5);
  private static final Duration BEFORE_REQUEUE = Duration.ofSeconds(1);
  /** How long what was interrupted may take to come back with an outcome that counts. */
  private static final Duration BEFORE_GIVING_UP = Duration.ofSeconds(5);
  /** Long chunks show their progress at least this often. */
  private static final long SETTLE_NANOS = 500_000_000;

  private final JobAccess access;
  private final Runnable onGone;
  private final Held held = new Held();
  private final Map<Delivery, Taken> working = new ConcurrentHashMap<>();
  private final Prefetch prefetch = new Prefetch();
  private final MessageSizes sizes = new MessageSizes();
  private final Pieces pieces = new Pieces();
  private final Runnable storeChanged = () -> Thread.ofVirtual().start(this::followStore);
  private final Taker taker;
  private final Settler settler;
  private final JobExecutor executor;
  private final LongHold longHold;
  private final Shedding shedding;
  private final Subscriptions subscriptions;
  private final CompletableFuture<Void> drained = new CompletableFuture<>();
  private final Object modeLock = new Object();
  private volatile Mode mode = Mode.WORKING;

  /**
   * Takes over {@code processor}.
   *
   * @param holdLimit how long a delivery may stay unacked
   * @param gate what calls of all the worker's jobs pass through
   * @param onGone is called when the job has no ledger any more
   */
  public WorkConsumer(JobAccess access, WorkQueues queues, Supplier<JobSpec> spec, BatchProcessor processor, DeadLetters letters,
      Duration holdLimit, WorkerGate gate, Runnable onGone) {
    this.access = access;
    this.onGone = onGone;
    this.settler = new Settler(access, spec, letters, held, pieces, new Ends());
    this.executor = new JobExecutor(access.job(), spec.get(), processor, gate, new Surroundings(access, settler), settler::failsForGood);
    Duration quarter = holdLimit.dividedBy(4);
    Duration leasedElsewhere = quarter.compareTo(LEASED_ELSEWHERE) < 0 ? quarter : LEASED_ELSEWHERE;
    this.taker = new Taker(access, spec, letters, held, sizes, leasedElsewhere, new Desk());
    this.longHold = new LongHold(access, holdLimit, this::handBackWaiting);
    this.shedding = new Shedding(access, queues, executor, pieces);
    this.subscriptions = new Subscriptions(
        messages -> new Subscription(handler -> queues.consume(access.job(), Kind.WORK, messages, handler), this::receive));
  }

  /**
   * How the work goes.
   *
   * @param chunks deliveries in hand, and those that were let go while their items run
   * @param items items in hand that are not settled
   * @param settled items settled since the start
   */
  public record Reading(int chunks, long items, long settled, JobExecutor.Reading calls) {}

  public void start() {
    access.outage().onStoreChange(storeChanged);
    followStore();
  }

  public void change(JobSpec spec, BatchProcessor replacement) {
    executor.change(spec, replacement);
  }

  public int batchSize() {
    return executor.read().batchSize();
  }

  public Reading read() {
    long items = working.values().stream().mapToLong(Taken::unfinished).sum();
    return new Reading(Math.max(subscriptions.inHand(), working.size()), items, settler.settledItems(), executor.read());
  }

  /** Settles what waits for too long, lets go of what others had better do, and adapts how much is taken; call twice a second. */
  public void tick(int heapPercent) {
    long before = System.nanoTime() - SETTLE_NANOS;
    for (Taken taken : working.values()) {
      if (taken.overdue(before)) {
        settler.start(taken);
      }
    }
    followStore();
    if (mode != Mode.ENDING) {
      longHold.look(subscriptions, working);
    }
    shedding.look();
    int was = prefetch.current();
    long[] inHand = working.values().stream().mapToLong(taken -> taken.work().indexes().size()).toArray();
    int now = prefetch.next(sizes.load(executor.read(), inHand, was, pieces.most()), heapPercent);
    if (now != was) {
      LOG.debugf("job=%s prefetch=%d was=%d", access.job(), now, was);
      subscriptions.prefetch(now);
    }
  }

  /** Starts nothing new and hands back what has not started, or goes on; what runs finishes in any case, and the processor stays open. */
  public void pause(boolean paused) {
    synchronized (modeLock) {
      if (mode != (paused ? Mode.WORKING : Mode.PAUSED)) {
        return;
      }
      mode = paused ? Mode.PAUSED : Mode.WORKING;
      if (paused) {
        executor.hold();
      } else {
        executor.release();
      }
    }
    LOG.infof("job=%s state=%s", access.job(), paused ? "paused" : "working");
    Thread.ofVirtual().start(this::followStore);
  }

  /** Takes no more, hands back what has not started; completes when nothing is in hand. */
  public CompletableFuture<Void> drain() {
    leave(Mode.DRAINING);
    followStore();
    checkDrained();
    return drained;
  }

  /**
   * The run is over: interrupts what runs, settles what comes back soon, and gives all else up; nothing is handed on. Completes when
   * nothing is in hand.
   */
  public CompletableFuture<Void> end() {
    leave(Mode.ENDING);
    cutShort();
    return drained;
  }

  /** A drain takes too long: interrupts what runs, and gives up what does not come back soon, so that it is handed on. */
  public void cutShort() {
    executor.interrupt();
    Thread.ofVirtual().name("end-" + access.job().name()).start(() -> {
      followStore();
      checkDrained();
      access.outage().await(BEFORE_GIVING_UP);
      for (Taken taken : working.values()) {
        if (taken.giveUp(System.nanoTime())) {
          settler.start(taken);
        }
      }
    });
  }

  private void leave(Mode leaving) {
    access.outage().forget(storeChanged);
    synchronized (modeLock) {
      mode = mode == Mode.ENDING ? mode : leaving;
      executor.hold();
    }
  }

  /** Ends at once: what is in hand goes back to the queue. */
  public void close() {
    leave(Mode.DRAINING);
    subscriptions.close();
    executor.close();
    drained.complete(null);
  }

  private void followStore() {
    try {
      subscriptions.follow(() -> mode == Mode.WORKING && !access.outage().storeAway(), prefetch.current());
    } catch (QueueUnavailableException e) {
      // the next tick tries again
      access.outage().brokerFailed(e);
    }
  }

  private void checkDrained() {
    if (mode.leaves() && subscriptions.inHand() == 0 && working.isEmpty()) {
      executor.close();
      drained.complete(null);
    }
  }

  private void handBackWaiting(Taken taken) {
    executor.handBack(taken);
    if (taken.due()) {
      settler.start(taken);
    }
  }

  private void receive(Delivery delivery) {
    Thread.ofVirtual().name("take-" + access.job().name()).start(() -> {
      try {
        taker.handle(delivery);
      } catch (LedgerGoneException gone) {
        held.release(delivery);
        delivery.ack();
        onGone.run();
      } catch (CancellationException closing) {
        LOG.debugf("job=%s state=left-unacked reason=\"the worker closes\"", access.job());
      } catch (RuntimeException e) {
        LOG.errorf(e, "job=%s state=handed-back reason=\"taking it failed\"", access.job());
        held.release(delivery);
        access.outage().await(BEFORE_REQUEUE);
        delivery.requeue();
      }
      checkDrained();
    });
  }

  /** Where taken items go. */
  private final class Desk implements Taker.Desk {
    @Override
    public Mode mode() {
      return mode;
    }

    @Override
    public void work(Taken taken, TakeReply reply) {
      working.put(taken.delivery(), taken);
      if (taken.due()) {
        settler.start(taken);
      }
      executor.offer(taken, reply.suspects(), reply.prime());
    }
  }

  /** How deliveries end. */
  private final class Ends implements Settler.End {
    @Override
    public void done(Taken taken) {
      working.remove(taken.delivery());
      checkDrained();
    }

    @Override
    public void gone() {
      onGone.run();
    }

    @Override
    public boolean handsOn() {
      return mode != Mode.ENDING;
    }
  }
}
