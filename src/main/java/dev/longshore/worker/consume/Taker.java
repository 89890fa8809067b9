package dev.longshore.worker.consume;

import dev.longshore.job.Chunk;
import dev.longshore.job.ChunkCodec;
import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobSpec;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import dev.longshore.queue.Delivery;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.store.Ledger.TakeReply;
import dev.longshore.worker.access.JobAccess;
import dev.longshore.worker.access.JobAccess.Outgoing;
import dev.longshore.worker.execute.Taken;
import dev.longshore.worker.trace.Traces;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/** Asks the ledger what is to be done with the items of a message that came, and passes on what is not for this worker. */
final class Taker {
  private static final Logger LOG = Logger.getLogger(Taker.class);
  private static final Duration UNKNOWN_LATER = Duration.ofSeconds(5);

  private final JobAccess access;
  private final Supplier<JobSpec> spec;
  private final DeadLetters letters;
  private final Held held;
  private final MessageSizes sizes;
  private final Duration leasedElsewhere;
  private final Desk desk;
  private final AtomicBoolean saidUnknown = new AtomicBoolean();

  /** Where the work goes. */
  interface Desk {
    Mode mode();

    /** Items are leased to this worker; {@code reply} tells which are to run alone; some may have an outcome already. */
    void work(Taken taken, TakeReply reply);
  }

  /** {@code leasedElsewhere} is how long items that a live holder has stay on the delay ladder. */
  Taker(JobAccess access, Supplier<JobSpec> spec, DeadLetters letters, Held held, MessageSizes sizes, Duration leasedElsewhere, Desk desk) {
    this.access = access;
    this.spec = spec;
    this.letters = letters;
    this.held = held;
    this.sizes = sizes;
    this.leasedElsewhere = leasedElsewhere;
    this.desk = desk;
  }

  void handle(Delivery delivery) {
    if (delivery.redelivered()) {
      access.meters().redelivered();
    }
    switch (delivery.message()) {
      case Message.Work work when desk.mode() == Mode.ENDING -> delivery.ack();
      case Message.Work work when desk.mode() != Mode.WORKING -> passOn(delivery, work, Duration.ZERO);
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
      passOn(delivery, work, leasedElsewhere);
      return;
    }
    TakeReply reply;
    try (Traces.Span span = access.traces().begin(Traces.Step.TAKE, access.job(), work.trace(), work.indexes())) {
      reply = access.take(work.indexes(), work.attempt());
    }
    Taken taken = new Taken(delivery, work, items(chunk, reply.yours()), reply.yours());
    held.keep(delivery, reply.yours());
    if (desk.mode() != Mode.ENDING) {
      access.handOn(notOurs(chunk, work, reply));
    }
    if (reply.yours().isEmpty()) {
      delivery.ack();
      return;
    }
    LOG.debugf("job=%s worker=%s chunk=%s attempt=%d state=taken", access.job(), access.holder(), reply.yours(), work.attempt());
    condemn(taken, reply.condemned());
    if (!reply.suspects().isEmpty()) {
      LOG.infof("job=%s item=%s state=suspect reason=\"a worker crashed with it inside its processor\" heals=\"it is run alone\"",
          access.job(), reply.suspects());
    }
    desk.work(taken, reply);
  }

  private void condemn(Taken taken, IndexSet condemned) {
    if (!condemned.isEmpty()) {
      String message = "killed " + spec.get().failurePolicy().maxCrashes() + " workers while it ran alone";
      LOG.warnf("job=%s item=%s state=failed reason=\"%s\"", access.job(), condemned, message);
      taken.decide(condemned, new Outcome.Fail(new Failure(Failure.WORKER_CRASHED, message)), System.nanoTime());
    }
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

  private List<Outgoing> notOurs(Chunk chunk, Message.Work work, TakeReply reply) {
    List<Outgoing> out = new ArrayList<>();
    reply.newer().forEach((newer, indexes) ->
        out.add(new Outgoing(Kind.WORK, Message.Work.of(work.run(), chunk.part(indexes, newer.attempt()), work.trace()), newer.delay())));
    if (!reply.leased().isEmpty()) {
      Chunk leased = chunk.part(reply.leased(), chunk.attempt());
      out.add(new Outgoing(Kind.WORK, Message.Work.of(work.run(), leased, work.trace()), leasedElsewhere));
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
    Failure failure = new Failure("MalformedChunk", reason);
    Message letter = letters.of(run, index, 0, failure, null);
    access.handOn(List.of(new Outgoing(Kind.DEAD, letter, Duration.ZERO)));
    access.meters().deadLetter(failure);
    delivery.ack();
  }
}
