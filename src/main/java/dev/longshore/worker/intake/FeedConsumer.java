package dev.longshore.worker.intake;

import dev.longshore.job.Failure;
import dev.longshore.job.JobSpec;
import dev.longshore.queue.Delivery;
import dev.longshore.queue.Message;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.store.LedgerGoneException;
import dev.longshore.worker.access.JobAccess;
import dev.longshore.worker.access.JobAccess.Outgoing;
import dev.longshore.worker.consume.DeadLetters;
import dev.longshore.worker.consume.Subscription;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/** Serves a job's feeds, one at a time; the broker decides which of the job's workers does. */
public final class FeedConsumer {
  private static final Logger LOG = Logger.getLogger(FeedConsumer.class);
  private static final Duration LATER = Duration.ofSeconds(15);

  private final JobAccess access;
  private final WorkQueues queues;
  private final SourceOpener sources;
  private final Supplier<JobSpec> spec;
  private final IntSupplier batchSize;
  private final DeadLetters letters;
  private final Runnable onGone;
  private final CompletableFuture<Void> drained = new CompletableFuture<>();
  private volatile Subscription subscription;
  private volatile boolean stopping;
  private volatile boolean paused;

  /** {@code batchSize} tells how many items one call gets; {@code onGone} is called when the job has no ledger any more. */
  public FeedConsumer(JobAccess access, WorkQueues queues, SourceOpener sources, Supplier<JobSpec> spec, IntSupplier batchSize,
      DeadLetters letters, Runnable onGone) {
    this.access = access;
    this.queues = queues;
    this.sources = sources;
    this.spec = spec;
    this.batchSize = batchSize;
    this.letters = letters;
    this.onGone = onGone;
  }

  /** Subscribes unless it is subscribed; call it again from time to time, because the broker may be away. */
  public synchronized void start() {
    if (subscription != null || stopping || paused) {
      return;
    }
    try {
      subscription = new Subscription(handler -> queues.consume(access.job(), Kind.CONTROL, 1, handler), this::receive);
    } catch (QueueUnavailableException e) {
      access.outage().brokerFailed(e);
    }
  }

  /** Takes no feeds, or takes them again; the one in hand goes on. */
  public synchronized void pause(boolean now) {
    paused = now;
    if (now && subscription != null && subscription.inHand() == 0) {
      subscription.close();
      subscription = null;
    } else if (!now) {
      start();
    }
  }

  /** Takes no more feeds and hands on the one it has; completes when nothing is in hand. */
  public synchronized CompletableFuture<Void> drain() {
    stopping = true;
    if (subscription != null) {
      subscription.retire();
    }
    checkDrained();
    return drained;
  }

  /** Ends at once: a feed in hand goes back to the queue. */
  public synchronized void close() {
    stopping = true;
    if (subscription != null) {
      subscription.close();
    }
    drained.complete(null);
  }

  private void checkDrained() {
    Subscription current = subscription;
    if (stopping && (current == null || current.inHand() == 0)) {
      drained.complete(null);
    }
  }

  private void receive(Delivery delivery) {
    // a platform thread: reading and packing a large source would keep a virtual one's carrier from everybody else
    Thread.ofPlatform().daemon().name("intake-" + access.job().name()).start(() -> {
      try {
        serve(delivery);
      } catch (LedgerGoneException gone) {
        delivery.ack();
        onGone.run();
      } catch (CancellationException closing) {
        LOG.debugf("job=%s state=left-unacked reason=\"the worker closes\"", access.job());
      } catch (RuntimeException e) {
        LOG.errorf(e, "job=%s state=later reason=\"intake failed; it is tried again in %s\"", access.job(), LATER);
        access.outage().await(LATER);
        delivery.requeue();
      }
      checkDrained();
    });
  }

  private void serve(Delivery delivery) {
    switch (delivery.message()) {
      case Message.Feed feed when feed.target() == Message.Target.SOURCE -> intake(delivery, feed);
      case Message.Feed feed -> bury(delivery, feed.run(), "no feed of gaps is served here");
      case Message.Unknown unknown -> {
        LOG.warnf("job=%s version=%d state=handed-on reason=\"%s\"", access.job(), unknown.version(), unknown.reason());
        handOn(unknown, LATER);
        delivery.ack();
      }
      case Message.Work work -> bury(delivery, work.run(), "a chunk has no place in the control queue");
      case Message.DeadLetter letter -> bury(delivery, letter.run(), "a dead letter has no place in the control queue");
    }
  }

  private void intake(Delivery delivery, Message.Feed feed) {
    if (stopping) {
      handOn(feed, Duration.ZERO);
    } else {
      switch (new IntakeRun(access, sources, spec.get(), batchSize.getAsInt(), feed, () -> stopping).run()) {
        case OVER -> { }
        case HAND_ON -> handOn(feed, Duration.ZERO);
        case LATER -> handOn(feed, LATER);
      }
    }
    delivery.ack();
  }

  private void handOn(Message message, Duration delay) {
    access.handOn(List.of(new Outgoing(Kind.CONTROL, message, delay)));
  }

  private void bury(Delivery delivery, int run, String reason) {
    LOG.errorf("job=%s state=dead-letter reason=\"%s\"", access.job(), reason);
    Message letter = letters.of(run, 0, 0, new Failure("NotServed", reason), null);
    access.handOn(List.of(new Outgoing(Kind.DEAD, letter, Duration.ZERO)));
    delivery.ack();
  }
}
