package dev.longshore.worker.consume;

import dev.longshore.job.Chunk;
import dev.longshore.job.ChunkCodec;
import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobSpec;
import dev.longshore.job.WorkItem;
import dev.longshore.queue.Delivery;
import dev.longshore.queue.Message;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.store.Ledger.TakeReply;
import dev.longshore.store.LedgerGoneException;
import dev.longshore.worker.access.JobAccess;
import dev.longshore.worker.access.JobAccess.Outgoing;
import dev.longshore.worker.execute.BatchProcessor;
import dev.longshore.worker.execute.JobExecutor;
import dev.longshore.worker.execute.Taken;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Takes a job's chunks from its work queue to the processor and back to the ledger. It stops taking while the ledger is away, and goes on
 * by itself.
 */
public final class WorkConsumer {
  private static final Logger LOG = Logger.getLogger(WorkConsumer.class);
  private static final Duration LEASED_ELSEWHERE = Duration.ofSeconds(5);
  private static final Duration UNKNOWN_LATER = Duration.ofSeconds(5);
  private static final Duration BEFORE_REQUEUE = Duration.ofSeconds(1);
  /** Long chunks show their progress at least this often. */
  private static final long SETTLE_NANOS = 500_000_000;

  private final JobAccess access;
  private final WorkQueues queues;
  private final DeadLetters letters;
  private final Runnable onGone;
  private final Held held = new Held();
  private final Set<Taken> working = ConcurrentHashMap.newKeySet();
  private final Prefetch prefetch = new Prefetch();
  private final MessageSizes sizes = new MessageSizes();
  private final AtomicBoolean saidUnknown = new AtomicBoolean();
  private final Runnable storeChanged = () -> Thread.ofVirtual().start(this::followStore);
  private final Settler settler;
  private final JobExecutor executor;
  /** Those that take no more but have something in hand, and the present one last; changed under this object's lock. */
  private final List<Subscription> subscriptions = new CopyOnWriteArrayList<>();
  private boolean taking;
  private final CompletableFuture<Void> drained = new CompletableFuture<>();
  private volatile boolean draining;

  /** Takes over {@code processor}. {@code onGone} is called when the job has no ledger any more. */
  public WorkConsumer(JobAccess access, WorkQueues queues, Supplier<JobSpec> spec, BatchProcessor processor, DeadLetters letters,
      Runnable onGone) {
    this.access = access;
    this.queues = queues;
    this.letters = letters;
    this.onGone = onGone;
    this.settler = new Settler(access, spec, letters, held, new Settler.End() {
      @Override
      public void done(Taken taken) {
        working.remove(taken);
        checkDrained();
      }

      @Override
      public void gone() {
        onGone.run();
      }
    });
    this.executor = new JobExecutor(access.job(), spec.get(), processor, settler::start, access::noneCanCome);
  }

  /**
   * How the work goes.
   *
   * @param chunks deliveries in hand
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
    return new Reading(inHand(), working.stream().mapToLong(Taken::unfinished).sum(), settler.settledItems(), executor.read());
  }

  /** Settles what waits for too long, and adapts how much is taken; call twice a second. */
  public void tick(int heapPercent) {
    long before = System.nanoTime() - SETTLE_NANOS;
    for (Taken taken : working) {
      if (taken.overdue(before)) {
        settler.start(taken);
      }
    }
    followStore();
    JobExecutor.Reading calls = executor.read();
    int was = prefetch.current();
    int now = prefetch.next(sizes.load(calls), heapPercent);
    if (now != was) {
      LOG.debugf("job=%s prefetch=%d was=%d", access.job(), now, was);
      synchronized (this) {
        subscriptions.forEach(subscription -> subscription.prefetch(now));
      }
    }
  }

  /** Takes no more, hands back what has not started; completes when nothing is in hand. */
  public CompletableFuture<Void> drain() {
    draining = true;
    access.outage().forget(storeChanged);
    followStore();
    executor.drain();
    checkDrained();
    return drained;
  }

  /** Ends at once: what is in hand goes back to the queue. */
  public void close() {
    draining = true;
    access.outage().forget(storeChanged);
    synchronized (this) {
      taking = false;
      subscriptions.forEach(Subscription::close);
      subscriptions.clear();
    }
    executor.close();
    drained.complete(null);
  }

  private synchronized void followStore() {
    boolean wanted = !draining && !access.outage().storeAway();
    try {
      if (wanted && !taking) {
        subscriptions.removeIf(old -> old.inHand() == 0);
        subscriptions.add(new Subscription(handler -> queues.consume(access.job(), Kind.WORK, prefetch.current(), handler), this::receive));
      } else if (!wanted && taking) {
        subscriptions.getLast().retire();
      }
      taking = wanted;
    } catch (QueueUnavailableException e) {
      // the next tick tries again
      access.outage().brokerFailed(e);
    }
  }

  private int inHand() {
    return subscriptions.stream().mapToInt(Subscription::inHand).sum();
  }

  private void checkDrained() {
    if (draining && inHand() == 0) {
      executor.close();
      drained.complete(null);
    }
  }

  private void receive(Delivery delivery) {
    Thread.ofVirtual().name("take-" + access.job().name()).start(() -> {
      try {
        handle(delivery);
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

  private void handle(Delivery delivery) {
    switch (delivery.message()) {
      case Message.Work work when draining -> passOn(delivery, work, Duration.ZERO);
      case Message.Work work -> take(delivery, work);
      case Message.Unknown unknown -> leaveToOthers(delivery, unknown);
      case Message.Feed feed -> bury(delivery, feed.run(), 0, "a feed has no place in the work queue");
      case Message.DeadLetter letter -> bury(delivery, letter.run(), letter.index(), "a dead letter has no place in the work queue");
    }
  }

  private void take(Delivery delivery, Message.Work work) {
    Chunk chunk;
    try {
      chunk = work.chunk();
    } catch (ChunkCodec.MalformedChunk e) {
      // its items stay open in the ledger, whose audit has them fed again from the source
      bury(delivery, work.run(), work.indexes().isEmpty() ? 0 : work.indexes().first(), e.getMessage());
      return;
    }
    sizes.add(chunk);
    if (!held.hold(delivery, work.indexes())) {
      passOn(delivery, work, LEASED_ELSEWHERE);
      return;
    }
    TakeReply reply = access.take(work.indexes(), work.attempt());
    Taken taken = new Taken(delivery, work, items(chunk, reply.yours()), reply.yours());
    held.keep(delivery, reply.yours());
    access.handOn(notOurs(chunk, work.run(), reply));
    if (reply.yours().isEmpty()) {
      delivery.ack();
      return;
    }
    working.add(taken);
    executor.offer(taken);
  }

  private static List<WorkItem> items(Chunk chunk, IndexSet yours) {
    List<WorkItem> items = new ArrayList<>((int) yours.size());
    boolean whole = yours.size() == chunk.items().size();
    int[] at = {0};
    chunk.indexes().forEach(index -> {
      byte[] json = chunk.items().get(at[0]++);
      if (whole || yours.contains(index)) {
        items.add(new WorkItem(index, chunk.attempt(), json));
      }
    });
    return items;
  }

  private static List<Outgoing> notOurs(Chunk chunk, int run, TakeReply reply) {
    List<Outgoing> out = new ArrayList<>();
    reply.newer().forEach((newer, indexes) ->
        out.add(new Outgoing(Kind.WORK, Message.Work.of(run, chunk.part(indexes, newer.attempt())), newer.delay())));
    if (!reply.leased().isEmpty()) {
      Chunk leased = chunk.part(reply.leased(), chunk.attempt());
      out.add(new Outgoing(Kind.WORK, Message.Work.of(run, leased), LEASED_ELSEWHERE));
    }
    return out;
  }

  private void passOn(Delivery delivery, Message message, Duration delay) {
    access.handOn(List.of(new Outgoing(Kind.WORK, message, delay)));
    delivery.ack();
  }

  private void leaveToOthers(Delivery delivery, Message.Unknown unknown) {
    if (saidUnknown.compareAndSet(false, true)) {
      LOG.warnf("job=%s version=%d state=handed-on reason=\"%s\" heals=\"a worker that knows this format, or a purged queue\"",
          access.job(), unknown.version(), unknown.reason());
    }
    passOn(delivery, unknown, UNKNOWN_LATER);
  }

  private void bury(Delivery delivery, int run, long index, String reason) {
    LOG.errorf("job=%s item=%d state=dead-letter reason=\"%s\"", access.job(), index, reason);
    Message letter = letters.of(run, index, 0, new Failure("MalformedChunk", reason), null);
    access.handOn(List.of(new Outgoing(Kind.DEAD, letter, Duration.ZERO)));
    delivery.ack();
  }
}
