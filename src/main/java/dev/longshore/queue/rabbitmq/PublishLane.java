package dev.longshore.queue.rabbitmq;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ShutdownSignalException;
import dev.longshore.queue.QueueUnavailableException;
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
  private final ReentrantLock lock = new ReentrantLock();
  private final ConcurrentNavigableMap<Long, Publication> underWay = new ConcurrentSkipListMap<>();
  private final Map<String, Publication> byId = new ConcurrentHashMap<>();

  /** @param settled gets the publications that are decided, on the connection's thread */
  PublishLane(Channel channel, Consumer<List<Publication>> settled) throws IOException {
    this.channel = channel;
    this.settled = settled;
    channel.confirmSelect();
    channel.addReturnListener(returned -> {
      // the return of a message comes before its confirm
      Publication publication = byId.get(returned.getProperties().getMessageId());
      if (publication != null) {
        publication.returned = true;
      }
    });
    channel.addConfirmListener((tag, multiple) -> decided(tag, multiple, null),
        (tag, multiple) -> decided(tag, multiple, new QueueUnavailableException("RabbitMQ could not keep the message; publish it again", null)));
    channel.addShutdownListener(this::failAll);
  }

  boolean isOpen() {
    return channel.isOpen();
  }

  /** Sends it, and fails it when the channel is gone. */
  void send(Publication publication) {
    lock.lock();
    try {
      long tag = channel.getNextPublishSeqNo();
      underWay.put(tag, publication);
      byId.put(publication.message.properties().getMessageId(), publication);
      try {
        channel.basicPublish(publication.exchange, publication.key, true, publication.message.properties(), publication.message.body());
      } catch (IOException | RuntimeException e) {
        // the client has counted it in any case, so that after an error of its own the numbers of later confirms would be wrong
        Channels.close(channel);
        // when the channel's end was noticed in between, it has failed it already
        if (underWay.remove(tag, publication)) {
          finish(List.of(publication), new QueueUnavailableException("RabbitMQ went away while a message was published", e));
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void decided(long tag, boolean multiple, QueueUnavailableException failure) {
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
    finish(done, failure);
  }

  /** Fails what is under way; the channel is closed. */
  void failAll(ShutdownSignalException cause) {
    List<Publication> left = new ArrayList<>();
    for (var next = underWay.pollFirstEntry(); next != null; next = underWay.pollFirstEntry()) {
      left.add(next.getValue());
    }
    finish(left, new QueueUnavailableException("RabbitMQ went away before it confirmed the message; it may or may not have it", cause));
  }

  private void finish(List<Publication> done, QueueUnavailableException failure) {
    if (done.isEmpty()) {
      return;
    }
    for (Publication publication : done) {
      byId.remove(publication.message.properties().getMessageId(), publication);
      publication.failure = failure;
    }
    settled.accept(done);
  }
}
