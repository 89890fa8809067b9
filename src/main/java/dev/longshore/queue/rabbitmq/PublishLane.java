package dev.longshore.queue.rabbitmq;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ShutdownSignalException;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.rabbitmq.Publication.Fate;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** One channel that publishes, and what it has under way. It ends with its channel; the publisher then makes another. */
final class PublishLane {
  private final Channel channel;
  private final Consumer<List<Publication>> settled;
  private final Runnable exchangeMissing;
  private final ReentrantLock lock = new ReentrantLock();
  private final ConcurrentNavigableMap<Long, Publication> underWay = new ConcurrentSkipListMap<>();
  private final Map<String, Publication> byId = new ConcurrentHashMap<>();

  /**
   * @param settled gets the publications that are decided, on the connection's thread
   * @param exchangeMissing is told when the broker closes the channel for want of an exchange
   */
  PublishLane(Channel channel, Consumer<List<Publication>> settled, Runnable exchangeMissing) throws IOException {
    this.channel = channel;
    this.settled = settled;
    this.exchangeMissing = exchangeMissing;
    channel.confirmSelect();
    channel.addReturnListener(returned -> {
      // the return of a message comes before its confirm
      Publication publication = byId.get(returned.getProperties().getMessageId());
      if (publication != null) {
        publication.returned = true;
      }
    });
    channel.addConfirmListener((tag, multiple) -> decided(tag, multiple, Fate.CONFIRMED, null),
        (tag, multiple) -> decided(tag, multiple, Fate.FAILED,
            new QueueUnavailableException("RabbitMQ could not keep the message; publish it again", null)));
    channel.addShutdownListener(cause -> {
      if (Channels.isNotFound(cause)) {
        exchangeMissing.run();
      }
      failAll(cause);
    });
  }

  boolean isOpen() {
    return channel.isOpen();
  }

  /** Sends it, and fails it when the channel is gone. */
  void send(Publication publication) {
    lock.lock();
    try {
      long tag = channel.getNextPublishSeqNo();
      publication.sentAt = System.nanoTime();
      underWay.put(tag, publication);
      byId.put(publication.message.properties().getMessageId(), publication);
      try {
        channel.basicPublish(publication.exchange, publication.key, true, publication.message.properties(), publication.message.body());
      } catch (IOException | RuntimeException e) {
        // the client has counted it in any case, so that after an error of its own the numbers of later confirms would be wrong
        Channels.close(channel);
        // when the channel's end was noticed in between, it has failed it already
        if (underWay.remove(tag, publication)) {
          finish(List.of(publication), Fate.FAILED, new QueueUnavailableException("RabbitMQ went away while a message was published", e));
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void decided(long tag, boolean multiple, Fate fate, QueueUnavailableException failure) {
    List<Publication> done = new ArrayList<>();
    if (multiple) {
      for (var next = underWay.firstEntry(); next != null && next.getKey() <= tag; next = underWay.firstEntry()) {
        if (underWay.remove(next.getKey(), next.getValue())) {
          done.add(next.getValue());
        }
      }
    } else {
      Publication one = underWay.remove(tag);
      if (one != null) {
        done.add(one);
      }
    }
    finish(done, fate, failure);
  }

  /**
   * Fails what was sent before {@code sentBefore} and is not confirmed. The channel goes on with what it has, but is of no more use for the
   * queue of such a message, even when that is declared anew: the broker's end of the channel counts on from what it could not deliver.
   *
   * @return whether there was any
   */
  boolean failOverdue(long sentBefore) {
    List<Publication> overdue = new ArrayList<>();
    for (Map.Entry<Long, Publication> next : underWay.entrySet()) {
      if (next.getValue().sentAt - sentBefore >= 0) {
        break;
      }
      if (underWay.remove(next.getKey(), next.getValue())) {
        overdue.add(next.getValue());
      }
    }
    finish(overdue, Fate.OVERDUE, new QueueUnavailableException(
        "RabbitMQ did not confirm the message in time; it may or may not have it, or its queue has no leader", null));
    return !overdue.isEmpty();
  }

  /** Closes the channel when nothing is under way on it. */
  boolean closeIfIdle() {
    if (underWay.isEmpty()) {
      Channels.close(channel);
    }
    return !channel.isOpen();
  }

  /** Fails what is under way; the channel is closed. */
  void failAll(ShutdownSignalException cause) {
    List<Publication> left = new ArrayList<>();
    for (var next = underWay.pollFirstEntry(); next != null; next = underWay.pollFirstEntry()) {
      left.add(next.getValue());
    }
    finish(left, Fate.FAILED,
        new QueueUnavailableException("RabbitMQ went away before it confirmed the message; it may or may not have it", cause));
  }

  private void finish(List<Publication> done, Fate fate, QueueUnavailableException failure) {
    if (done.isEmpty()) {
      return;
    }
    for (Publication publication : done) {
      byId.remove(publication.message.properties().getMessageId(), publication);
      publication.fate = fate;
      publication.failure = failure;
    }
    settled.accept(done);
  }
}
