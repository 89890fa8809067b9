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
import dev.longshore.worker.consume.Subscriptions;
import dev.longshore.worker.execute.WorkerGate;
import dev.longshore.worker.trace.Traces;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/**
 * Serves a job's feeds; the broker decides which of the job's workers does. One feed of each target at a time: a redrive does not wait for an
 * intake that goes on for hours.
 */
public final class FeedConsumer {
  private static final Logger LOG = Logger.getLogger(FeedConsumer.class);
  /** Shorter than the operator waits for a sign of life before it takes a feed for lost. */
  private static final Duration LATER = Duration.ofSeconds(10);
  /** Until then every worker knows that the job is paused, and none takes what another hands on. */
  private static final Duration PAUSED = Duration.ofSeconds(1);
  /** How soon a feed is tried again for which something that may kill the process does not wait. */
  private static final Duration ALONE = Duration.ofSeconds(1);
  /** What the broker gives up again and again must not keep it busy with nothing else. */
  private static final Duration GIVEN_UP = Duration.ofSeconds(1);

  private final JobAccess access;
  private final SourceOpener sources;
  private final Supplier<JobSpec> spec;
  private final IntSupplier batchSize;
  private final DeadLetters letters;
  private final WorkerGate gate;
  private final Runnable onGone;
  private final Map<Message.Target, FeedLane> lanes = new EnumMap<>(Message.Target.class);
  private final AtomicBoolean saidGivenUp = new AtomicBoolean();
  private final CompletableFuture<Void> drained = new CompletableFuture<>();
  private final Subscriptions subscriptions;
  private volatile boolean paused;
  private volatile boolean stopping;

  /**
   * {@code batchSize} tells how many items one call gets; {@code gate} is that of the worker's calls; {@code onGone} is called when the job has
   * no ledger any more.
   */
  public FeedConsumer(JobAccess access, WorkQueues queues, SourceOpener sources, Supplier<JobSpec> spec, IntSupplier batchSize,
      DeadLetters letters, WorkerGate gate, Runnable onGone) {
    this.access = access;
    this.sources = sources;
    this.spec = spec;
    this.batchSize = batchSize;
    this.letters = letters;
    this.gate = gate;
    this.onGone = onGone;
    this.subscriptions = new Subscriptions(
        prefetch -> new Subscription(handler -> queues.consume(access.job(), Kind.CONTROL, prefetch, handler), this::receive));
    for (Message.Target target : Message.Target.values()) {
      lanes.put(target, new FeedLane());
    }
  }

  /** Subscribes unless it is subscribed; call it twice a second, because the broker may be away, and feeds in hand are to show that they live. */
  public void start() {
    follow();
    lanes.values().forEach(FeedLane::tick);
  }

  /** Takes no feeds while {@code now} is true, and hands on those in hand behind their next chunk. */
  public void pause(boolean now) {
    paused = now;
    follow();
  }

  private void follow() {
    try {
      subscriptions.follow(() -> !stopped(), Message.Target.values().length);
    } catch (QueueUnavailableException e) {
      // the next tick tries again
      access.outage().brokerFailed(e);
    }
  }

  /** Takes no more feeds and hands on those that it has; completes when nothing is in hand. */
  public CompletableFuture<Void> drain() {
    stopping = true;
    follow();
    checkDrained();
    return drained;
  }

  /** Ends at once: feeds in hand go back to the queue. */
  public void close() {
    stopping = true;
    subscriptions.close();
    lanes.values().forEach(FeedLane::close);
    drained.complete(null);
  }

  private void checkDrained() {
    if (stopping && subscriptions.inHand() == 0) {
      lanes.values().forEach(FeedLane::close);
      drained.complete(null);
    }
  }

  private void receive(Delivery delivery) {
    // a platform thread: reading and packing a large source would keep a virtual one's carrier from everybody else
    Thread.ofPlatform().daemon().name("feed-" + access.job().name()).start(() -> {
      // for the lines of a source, which does not know whose it is; the thread ends with the feed
      MDC.put("job", access.job().toString());
      try {
        serve(delivery);
      } catch (LedgerGoneException gone) {
        delivery.ack();
        onGone.run();
      } catch (CancellationException closing) {
        LOG.debugf("job=%s state=left-unacked reason=\"the worker closes\"", access.job());
      } catch (RuntimeException e) {
        LOG.errorf(e, "job=%s state=later reason=\"a feed failed; it is tried again in %s\"", access.job(), LATER);
        access.outage().await(LATER);
        delivery.requeue();
      }
      checkDrained();
    });
  }

  private void serve(Delivery delivery) {
    switch (delivery.message()) {
      case Message.Feed feed -> {
        feed(feed);
        delivery.ack();
      }
      case Message.Work work -> {
        publishAgain(work);
        delivery.ack();
      }
      case Message.Unknown unknown -> {
        LOG.warnf("job=%s version=%d state=handed-on reason=\"%s\"", access.job(), unknown.version(), unknown.reason());
        handOn(Kind.CONTROL, unknown, LATER);
        delivery.ack();
      }
      case Message.DeadLetter letter -> bury(delivery, letter.run(), "a dead letter has no place in the control queue");
    }
  }

  private void feed(Message.Feed came) {
    try (Traces.Span span = access.traces().begin(Traces.Step.FEED, access.job(), came.trace(), null)) {
      // the next turn belongs to the same trace
      feedTold(span.context() == null ? came : new Message.Feed(came.run(), came.epoch(), came.target(), span.context()));
    }
  }

  private void feedTold(Message.Feed feed) {
    FeedLane lane = lanes.get(feed.target());
    if (!gate.enterWithFeed()) {
      handOn(Kind.CONTROL, feed, ALONE);
      return;
    }
    End end;
    try {
      end = stopped() ? End.HAND_ON : lane.serve(() -> turn(feed, lane));
    } finally {
      gate.leave();
    }
    switch (end) {
      case OVER -> { }
      case HAND_ON -> handOn(Kind.CONTROL, feed, paused ? PAUSED : Duration.ZERO);
      case SOON, STILL -> handOn(Kind.CONTROL, feed, lane.soon(end));
      case LATER -> handOn(Kind.CONTROL, feed, LATER);
    }
  }

  private FeedRun turn(Message.Feed feed, FeedLane lane) {
    return switch (feed.target()) {
      case SOURCE -> new IntakeRun(access, sources, spec.get(), batchSize.getAsInt(), feed, lane.parked(), this::giveWay);
      case GAPS -> new GapsRun(access, sources, spec.get(), batchSize.getAsInt(), feed, lane.parked(), this::giveWay);
    };
  }

  private boolean stopped() {
    return stopping || paused;
  }

  private boolean giveWay() {
    return stopped() || gate.aloneIsWanted();
  }

  /** A chunk that the broker dead-lettered. Its headers are made anew, and the take before the work knows whether it is still wanted. */
  private void publishAgain(Message.Work work) {
    if (saidGivenUp.compareAndSet(false, true)) {
      LOG.warnf("job=%s state=published-again reason=\"the broker gave up chunks of queue %s\" heals=\"remove the policy that gives it a message "
          + "TTL, a length limit or a delivery limit\"", access.job(), WorkQueues.name(access.job(), Kind.WORK));
    }
    handOn(Kind.WORK, work, GIVEN_UP);
  }

  private void handOn(Kind kind, Message message, Duration delay) {
    access.handOn(List.of(new Outgoing(kind, message, delay)));
  }

  private void bury(Delivery delivery, int run, String reason) {
    LOG.errorf("job=%s state=dead-letter reason=\"%s\"", access.job(), reason);
    handOn(Kind.DEAD, letters.of(run, 0, 0, new Failure("NotServed", reason), null), Duration.ZERO);
    delivery.ack();
  }
}
