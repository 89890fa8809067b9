package dev.longshore.queue.rabbitmq;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import dev.longshore.queue.Message;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.UnroutableException;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Publishes with confirms, many under way at once. What goes to one queue takes one lane, so that it keeps its order; the lanes let several threads
 * write without waiting for each other.
 */
final class Publisher implements AutoCloseable {
  private static final int LANES = 4;
  /** Under way at once: enough to hide the broker's disk writes, little enough for a small heap. */
  private static final int WINDOW_MESSAGES = 1_024;
  private static final int WINDOW_KIBIBYTES = 16 << 10;

  private final BrokerLink link;
  private final BrokerLink questions;
  private final Slot[] slots = new Slot[LANES];
  private final Semaphore messages = new Semaphore(WINDOW_MESSAGES);
  private final Semaphore kibibytes = new Semaphore(WINDOW_KIBIBYTES);
  private final String idPrefix = UUID.randomUUID() + "-";
  private final AtomicLong ids = new AtomicLong();
  private volatile Known known = new Known(null);

  /** The exchanges that are known to be there while one connection lasts: nobody deletes them. */
  private record Known(Connection connection, Set<String> exchanges) {
    Known(Connection connection) {
      this(connection, ConcurrentHashMap.newKeySet());
    }
  }

  private static final class Slot {
    private final ReentrantLock lock = new ReentrantLock();
    private PublishLane lane;
  }

  /**
   * @param link only publishes: a broker in alarm stops reading it
   * @param questions is asked whether an exchange is there
   */
  Publisher(BrokerLink link, BrokerLink questions) {
    this.link = link;
    this.questions = questions;
    for (int i = 0; i < LANES; i++) {
      slots[i] = new Slot();
    }
  }

  /** As {@link dev.longshore.queue.WorkQueues#publish}; {@code queue} is where it goes in the end. */
  CompletableFuture<Void> publish(String exchange, String key, String queue, Message message) {
    MessageFormat.Encoded encoded = MessageFormat.encode(message, idPrefix + ids.incrementAndGet());
    int size = Math.clamp(1 + (encoded.body().length >> 10), 1, WINDOW_KIBIBYTES);
    Publication publication = new Publication(exchange, key, queue, encoded, size);
    try {
      enter(publication);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return CompletableFuture.failedFuture(new QueueUnavailableException("interrupted while earlier messages waited for RabbitMQ", e));
    }
    try {
      link.awaitUnblocked();
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

  private void enter(Publication publication) throws InterruptedException {
    messages.acquire();
    try {
      kibibytes.acquire(publication.kibibytes);
    } catch (InterruptedException e) {
      messages.release();
      throw e;
    }
  }

  private void leave(Publication publication) {
    kibibytes.release(publication.kibibytes);
    messages.release();
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
        throw new UnroutableException("no exchange '" + exchange + "' leads to queue '" + queue + "': the operator declares both with a job");
      }
      throw Channels.unavailable("RabbitMQ cannot tell whether exchange '" + exchange + "' is there", e);
    }
  }

  private PublishLane lane(String queue) {
    Slot slot = slots[Math.floorMod(queue.hashCode(), LANES)];
    slot.lock.lock();
    try {
      if (slot.lane == null || !slot.lane.isOpen()) {
        slot.lane = new PublishLane(Channels.open(link.connection()), this::settled);
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

  /** Nobody waits longer than this for what was not confirmed. */
  @Override
  public void close() {
    link.close();
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
