package dev.longshore.queue.rabbitmq;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.ShutdownSignalException;
import dev.longshore.queue.Delivery;
import dev.longshore.queue.Message;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.WorkQueues;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * A consumer that keeps itself subscribed: after the connection was lost, after the broker restarted, and after its queue was deleted and
 * declared again. One thread of its own does all that talks to the broker, except acks.
 */
final class RabbitConsumption implements WorkQueues.Consumption {
  private static final Logger LOG = Logger.getLogger(RabbitConsumption.class);
  private static final long FIRST_PAUSE = Duration.ofMillis(50).toNanos();
  private static final long LONGEST_PAUSE = Duration.ofSeconds(1).toNanos();
  /** How soon a subscription to a queue that was in doubt is not trusted any more when nothing comes; each next one is for twice as long. */
  private static final long FIRST_TRUST = Duration.ofSeconds(1).toNanos();
  private static final Duration END_LIMIT = Duration.ofSeconds(5);

  private final BrokerLink link;
  private final QueueProbe probe;
  private final long idle;
  private final String queue;
  private final String job;
  private final Consumer<Delivery> handler;
  private final Consumer<RabbitConsumption> onEnd;
  private final Thread keeper;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private int wanted;
  private volatile boolean cancelled;
  private volatile boolean closed;
  private volatile Subscription current;
  private Channel channel;
  /**
   * Whether the queue may be missing or without a leader: a consumer then costs this whole connection, and what all other consumers have in
   * hand, so that the queue is asked elsewhere first. 3.10 also shows a quorum queue a moment before it can serve it.
   */
  private volatile boolean doubtful;
  private boolean waiting;
  /** How long a subscription is trusted that gets nothing. */
  private volatile long trust;
  private volatile long lastSign;
  /** What came on the present channel and is not settled. */
  private volatile AtomicInteger inHand = new AtomicInteger();

  /**
   * @param probe says whether a doubtful queue serves
   * @param idle how long it has nothing in hand and gets nothing before it subscribes anew
   * @param onEnd is told when it has ended
   */
  RabbitConsumption(BrokerLink link, QueueProbe probe, Duration idle, String job, String queue, int prefetch, Consumer<Delivery> handler,
      Consumer<RabbitConsumption> onEnd) {
    this.link = link;
    this.probe = probe;
    this.idle = idle.toNanos();
    this.trust = this.idle;
    this.job = job;
    this.queue = queue;
    this.wanted = checked(prefetch);
    this.handler = handler;
    this.onEnd = onEnd;
    this.keeper = Thread.ofVirtual().name("consume " + queue).unstarted(this::keepSubscribed);
  }

  void start() {
    keeper.start();
  }

  private static int checked(int prefetch) {
    if (prefetch < 1 || prefetch > 65_535) {
      throw new IllegalArgumentException("prefetch " + prefetch + " is not between 1 and 65535");
    }
    return prefetch;
  }

  private void keepSubscribed() {
    long pause = FIRST_PAUSE;
    while (awaitWork()) {
      boolean done = false;
      try {
        if (!cancelled && isAsWanted()) {
          distrust();
        }
        if (serves()) {
          if (!isAsWanted()) {
            adjust();
          }
          done = true;
        }
      } catch (QueueUnavailableException | IOException | ShutdownSignalException e) {
        // a broker that is away is told by the link
        if (Channels.isNotFound(e) || Channels.isInternalError(e)) {
          doubt();
        }
      }
      if (done) {
        pause = FIRST_PAUSE;
        tellSubscribed();
      } else {
        dropChannel();
        pauseFor(pause);
        pause = Math.min(pause * 2, LONGEST_PAUSE);
      }
    }
    dropChannel();
    onEnd.accept(this);
  }

  private boolean serves() {
    if (cancelled || !doubtful) {
      return true;
    }
    QueueProbe.Answer answer = probe.ask(queue);
    if (answer == QueueProbe.Answer.SERVES) {
      // the broker's side of a channel keeps what it knew of a deleted queue, and delivers nothing of its successor (3.10.8)
      dropChannel();
      doubtful = false;
      return true;
    }
    if (!waiting) {
      waiting = true;
      LOG.infof("job=%s queue=%s state=waiting reason=\"%s\"", job, queue,
          answer == QueueProbe.Answer.MISSING ? "there is no such queue" : "it has no leader");
    }
    return false;
  }

  private void tellSubscribed() {
    if (waiting) {
      waiting = false;
      LOG.infof("job=%s queue=%s state=subscribed", job, queue);
    }
  }

  /** Waits until the subscription is not what it should be, or has got nothing for too long; false at the end. */
  private boolean awaitWork() {
    lock.lock();
    try {
      long left = trustLeft();
      while (!closed && isAsWanted() && left > 0) {
        changed.awaitNanos(left);
        left = trustLeft();
      }
    } catch (InterruptedException e) {
      // nobody interrupts this thread
    } finally {
      lock.unlock();
    }
    return !closed;
  }

  private long trustLeft() {
    return current == null ? Long.MAX_VALUE : lastSign + trust - System.nanoTime();
  }

  /**
   * Ends a subscription that gets nothing, unless it has something in hand and the queue still counts it. A queue whose process was lost,
   * or that was made anew behind its consumers, forgets them without a word; and a consumer that comes while its queue is being deleted and
   * declared again is counted, but its channel sees nothing: only a delivery shows that the broker delivers (3.10.8).
   */
  private void distrust() throws IOException {
    lastSign = System.nanoTime();
    trust = Math.min(2 * trust, idle);
    if (inHand.get() > 0) {
      doubtful = !isKnown();
      return;
    }
    channel.basicCancel(current.getConsumerTag());
    set(null);
    // what came meanwhile has shown that it does
    doubtful = inHand.get() == 0;
  }

  private boolean isKnown() {
    try {
      Channel asking = Channels.open(link.connection());
      try {
        return asking.queueDeclarePassive(queue).getConsumerCount() > 0;
      } finally {
        Channels.close(asking);
      }
    } catch (QueueUnavailableException | IOException | ShutdownSignalException e) {
      // then the subscription has ended as well, or ends with the connection
      return true;
    }
  }

  private void doubt() {
    doubtful = true;
    trust = Math.min(FIRST_TRUST, idle);
  }

  private boolean isAsWanted() {
    Subscription now = current;
    return cancelled ? now == null : now != null && now.alive && now.prefetch == wanted;
  }

  /** What is in hand stays good through all of this as long as the channel lives. */
  private void adjust() throws IOException {
    Subscription old = current;
    if (old != null && old.alive) {
      channel.basicCancel(old.getConsumerTag());
    }
    set(null);
    int prefetch;
    lock.lock();
    try {
      if (cancelled || closed) {
        return;
      }
      prefetch = wanted;
    } finally {
      lock.unlock();
    }
    if (channel == null || !channel.isOpen()) {
      channel = Channels.open(link.connection());
      inHand = new AtomicInteger();
    }
    channel.basicQos(prefetch);
    Subscription fresh = new Subscription(channel, prefetch, inHand);
    channel.basicConsume(queue, false, fresh);
    lastSign = System.nanoTime();
    set(fresh);
  }

  private void set(Subscription subscription) {
    lock.lock();
    try {
      current = subscription;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void dropChannel() {
    set(null);
    Channels.close(channel);
    channel = null;
  }

  private void pauseFor(long nanos) {
    lock.lock();
    try {
      long left = nanos;
      while (!closed && !cancelled && left > 0) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      // nobody interrupts this thread; a shorter pause does no harm
    } finally {
      lock.unlock();
    }
  }

  /**
   * Items come from workers of this user alone. The broker vouches for the name, and before 4.0 lets other users reach this queue by a
   * {@code CC} header. Should they have been ours, under a name of before: the audit misses them and has them brought again.
   */
  private void dropForeign(RabbitDelivery delivery, String user) {
    LOG.warnf("job=%s queue=%s a message with items was dropped: user '%s' published it, and not '%s'", job, queue, user, link.user());
    delivery.ack();
  }

  private final class Subscription extends DefaultConsumer {
    private final int prefetch;
    private final AtomicInteger onChannel;
    private volatile boolean alive = true;

    Subscription(Channel channel, int prefetch, AtomicInteger onChannel) {
      super(channel);
      this.prefetch = prefetch;
      this.onChannel = onChannel;
    }

    @Override
    public void handleDelivery(String consumerTag, Envelope envelope, BasicProperties properties, byte[] body) {
      lastSign = System.nanoTime();
      onChannel.incrementAndGet();
      Message message = MessageFormat.decode(properties, body);
      RabbitDelivery delivery = new RabbitDelivery(getChannel(), envelope.getDeliveryTag(), envelope.isRedeliver(), message,
          onChannel::decrementAndGet);
      if (message instanceof Message.Work && !link.user().equals(properties.getUserId())) {
        dropForeign(delivery, properties.getUserId());
        return;
      }
      if (cancelled || closed) {
        delivery.requeue();
        return;
      }
      try {
        handler.accept(delivery);
      } catch (RuntimeException e) {
        LOG.errorf(e, "job=%s queue=%s a delivery was not taken and goes back", job, queue);
        delivery.requeue();
      }
    }

    /** The queue was deleted. */
    @Override
    public void handleCancel(String consumerTag) {
      doubt();
      ended();
    }

    @Override
    public void handleShutdownSignal(String consumerTag, ShutdownSignalException signal) {
      ended();
    }

    private void ended() {
      lock.lock();
      try {
        alive = false;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  @Override
  public void prefetch(int messages) {
    lock.lock();
    try {
      wanted = checked(messages);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean active() {
    Subscription now = current;
    return now != null && now.alive;
  }

  @Override
  public void cancel() {
    lock.lock();
    try {
      cancelled = true;
      changed.signalAll();
      long left = END_LIMIT.toNanos();
      while (current != null && left > 0) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      keeper.join(END_LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
