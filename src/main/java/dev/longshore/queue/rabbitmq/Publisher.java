package dev.longshore.queue.rabbitmq;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import dev.longshore.queue.Message;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.UnroutableException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Publishes with confirms, many under way at once. What goes to one queue takes one lane, so that it keeps its order; the lanes let several
 * threads write without waiting for each other.
 */
final class Publisher implements AutoCloseable {
  private static final int LANES = 4;
  private static final int WATCHES_PER_LIMIT = 10;

  private final BrokerLink link;
  private final BrokerLink questions;
  private final Slot[] slots = new Slot[LANES];
  private final Window window = new Window();
  /** Lanes that take nothing new and still wait for confirms. */
  private final Queue<PublishLane> retired = new ConcurrentLinkedQueue<>();
  private final long confirmLimit;
  private final Duration patience;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final String idPrefix = UUID.randomUUID() + "-";
  private final AtomicLong ids = new AtomicLong();
  private volatile Known known = new Known(null);

  /** The exchanges that were there when they were asked for on this connection, until a channel ends for want of one. */
  private record Known(Connection connection, Set<String> exchanges) {
    Known(Connection connection) {
      this(connection, ConcurrentHashMap.newKeySet());
    }
  }

  private static final class Slot {
    private final ReentrantLock lock = new ReentrantLock();
    private volatile PublishLane lane;
  }

  /**
   * @param link only publishes: a broker in alarm stops reading it
   * @param questions is asked whether an exchange is there
   */
  Publisher(BrokerLink link, BrokerLink questions, Limits limits) {
    this.confirmLimit = limits.confirm().toNanos();
    this.patience = limits.publish();
    this.link = link;
    this.questions = questions;
    for (int i = 0; i < LANES; i++) {
      slots[i] = new Slot();
    }
    Thread.ofVirtual().name("publish watch").start(this::watchConfirms);
  }

  /** As {@link dev.longshore.queue.WorkQueues#publish}; {@code queue} is where it goes in the end. */
  CompletableFuture<Void> publish(String exchange, String key, String queue, Message message) {
    MessageFormat.Encoded encoded = MessageFormat.encode(message, idPrefix + ids.incrementAndGet()).by(link.user());
    int size = Math.clamp(1 + (encoded.body().length >> 10), 1, Window.KIBIBYTES);
    Publication publication = new Publication(exchange, key, queue, encoded, size);
    try {
      window.enter(queue, size, patience);
    } catch (QueueUnavailableException e) {
      return CompletableFuture.failedFuture(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return CompletableFuture.failedFuture(new QueueUnavailableException("interrupted while earlier messages waited for RabbitMQ", e));
    }
    try {
      link.awaitUnblocked(patience);
      requireExchange(exchange, queue);
      lane(queue).send(publication);
      return publication.future;
    } catch (QueueUnavailableException | UnroutableException e) {
      leave(publication);
      return CompletableFuture.failedFuture(e);
    } catch (InterruptedException e) {
      leave(publication);
      Thread.currentThread().interrupt();
      return CompletableFuture.failedFuture(new QueueUnavailableException("interrupted while RabbitMQ was blocked by an alarm", e));
    }
  }

  private void leave(Publication publication) {
    window.leave(publication.queue, publication.kibibytes, publication.fate);
  }

  /** A publish to an exchange that is not there closes the channel and fails everything under way on it, so it is asked for first. */
  private void requireExchange(String exchange, String queue) {
    Connection connection = link.connection();
    Known current = known;
    if (current.connection() != connection) {
      current = new Known(connection);
      known = current;
    }
    if (current.exchanges().contains(exchange)) {
      return;
    }
    try {
      Channel channel = Channels.open(questions.connection());
      try {
        channel.exchangeDeclarePassive(exchange);
        current.exchanges().add(exchange);
      } finally {
        Channels.close(channel);
      }
    } catch (IOException | ShutdownSignalException e) {
      if (Channels.isNotFound(e)) {
        throw new UnroutableException("no exchange '" + exchange + "' leads to queue '" + queue
            + "': the operator declares both with a job");
      }
      throw Channels.unavailable("RabbitMQ cannot tell whether exchange '" + exchange + "' is there", e);
    }
  }

  private Slot slot(String queue) {
    return slots[Math.floorMod(queue.hashCode(), LANES)];
  }

  private PublishLane lane(String queue) {
    Slot slot = slot(queue);
    slot.lock.lock();
    try {
      if (slot.lane == null || !slot.lane.isOpen()) {
        slot.lane = new PublishLane(Channels.open(link.connection()), this::settled, () -> known = new Known(null));
      }
      return slot.lane;
    } catch (IOException | ShutdownSignalException e) {
      throw Channels.unavailable("RabbitMQ gives no channel to publish on", e);
    } finally {
      slot.lock.unlock();
    }
  }

  /** On the connection's own thread, where whoever waits for a message must not be able to stop the confirms of all others. */
  private void settled(List<Publication> done) {
    done.forEach(this::leave);
    Thread.startVirtualThread(() -> done.forEach(Publication::complete));
  }

  /**
   * Fails what the broker does not confirm: to a queue without a leader that is everything, for ever. An alarm holds up all confirms, and
   * its time does not count.
   */
  private void watchConfirms() {
    try {
      while (!closed.await(confirmLimit / WATCHES_PER_LIMIT, TimeUnit.NANOSECONDS)) {
        long sentBefore = System.nanoTime() - confirmLimit;
        if (!link.readsSince(sentBefore)) {
          continue;
        }
        for (Slot slot : slots) {
          PublishLane lane = slot.lane;
          if (lane != null && lane.failOverdue(sentBefore)) {
            retire(slot, lane);
          }
        }
        retired.forEach(lane -> lane.failOverdue(sentBefore));
        retired.removeIf(PublishLane::closeIfIdle);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void retire(Slot slot, PublishLane lane) {
    slot.lock.lock();
    try {
      if (lane != null && slot.lane == lane) {
        slot.lane = null;
        retired.add(lane);
      }
    } finally {
      slot.lock.unlock();
    }
  }

  /** What is published to this queue from now on knows nothing of what it was before. */
  void renewed(String queue) {
    Slot slot = slot(queue);
    retire(slot, slot.lane);
    window.renewed(queue);
  }

  /** Nobody waits longer than this for what was not confirmed. */
  @Override
  public void close() {
    closed.countDown();
    link.close();
    retired.forEach(lane -> lane.failAll(null));
    for (Slot slot : slots) {
      slot.lock.lock();
      try {
        if (slot.lane != null) {
          slot.lane.failAll(null);
        }
      } finally {
        slot.lock.unlock();
      }
    }
  }
}
