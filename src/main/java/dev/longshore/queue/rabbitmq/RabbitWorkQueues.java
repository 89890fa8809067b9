package dev.longshore.queue.rabbitmq;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import dev.longshore.job.JobRef;
import dev.longshore.queue.Delivery;
import dev.longshore.queue.Message;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.WorkQueues;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * RabbitMQ 3.10 or newer by its plain client. Two connections: one consumes, acks and asks, the other only publishes, because a broker that
 * runs out of memory or disk stops reading whatever publishes, acks included, and its queues could then never drain.
 */
public final class RabbitWorkQueues implements WorkQueues {
  private final BrokerLink consuming;
  private final BrokerLink publishing;
  private final Publisher publisher;
  private final Set<RabbitConsumption> consumptions = ConcurrentHashMap.newKeySet();
  private final ReentrantLock depthLock = new ReentrantLock();
  private final ReentrantLock ladderLock = new ReentrantLock();
  private Channel depthChannel;
  private Connection ladderOn;

  public RabbitWorkQueues(RabbitSettings settings) {
    consuming = new BrokerLink(settings, "consume");
    publishing = new BrokerLink(settings, "publish");
    publisher = new Publisher(publishing, consuming);
  }

  @Override
  public void declare(JobRef job) {
    declareLadder();
    onChannel("declare the queues of job " + job, channel -> {
      String exchange = QueueNames.exchange(job.namespace());
      channel.exchangeDeclare(exchange, BuiltinExchangeType.DIRECT, true);
      for (Kind kind : Kind.values()) {
        String queue = QueueNames.queue(job, kind);
        channel.queueDeclare(queue, true, false, false, arguments(kind));
        channel.queueBind(queue, exchange, queue);
        channel.queueBind(queue, QueueNames.DELAY_OUT, DelayLadder.bindingOut(queue));
      }
    });
  }

  /** Makes the delay ladder of the virtual host, once for each connection; an operator calls it before its first job. */
  public void declareLadder() {
    ladderLock.lock();
    try {
      Connection connection = consuming.connection();
      if (ladderOn != connection) {
        onChannel("declare the delay ladder", DelayLadder::declare);
        ladderOn = connection;
      }
    } finally {
      ladderLock.unlock();
    }
  }

  /**
   * Quorum queues for what must not be lost. The broker's own delivery limit counts hand-backs and cut connections, so it must never be
   * reached: 4.0 has one of 20 unless told otherwise. It is not -1, which means none from 4.0 on, but makes 3.10 drop every message that
   * comes back.
   */
  private static Map<String, Object> arguments(Kind kind) {
    Map<String, Object> arguments = new HashMap<>();
    arguments.put("x-queue-type", "quorum");
    arguments.put("x-delivery-limit", Integer.MAX_VALUE);
    if (kind == Kind.CONTROL) {
      arguments.put("x-single-active-consumer", true);
    }
    return arguments;
  }

  @Override
  public void delete(JobRef job) {
    onChannel("delete the queues of job " + job, channel -> {
      for (Kind kind : Kind.values()) {
        channel.queueDelete(QueueNames.queue(job, kind));
      }
    });
  }

  @Override
  public Depth depth(JobRef job, Kind kind) {
    String queue = QueueNames.queue(job, kind);
    depthLock.lock();
    try {
      if (depthChannel == null || !depthChannel.isOpen()) {
        depthChannel = Channels.open(consuming.connection());
      }
      AMQP.Queue.DeclareOk size = depthChannel.queueDeclarePassive(queue);
      return new Depth(true, size.getMessageCount(), size.getConsumerCount());
    } catch (IOException | ShutdownSignalException e) {
      if (Channels.isNotFound(e)) {
        return new Depth(false, 0, 0);
      }
      throw Channels.unavailable("RabbitMQ cannot tell the size of queue '" + queue + "'", e);
    } finally {
      depthLock.unlock();
    }
  }

  @Override
  public CompletableFuture<Void> publish(JobRef job, Kind kind, Message message) {
    String queue = QueueNames.queue(job, kind);
    return publisher.publish(QueueNames.exchange(job.namespace()), queue, queue, message);
  }

  @Override
  public CompletableFuture<Void> publishLater(JobRef job, Kind kind, Message message, Duration delay) {
    long ticks = DelayLadder.ticks(delay);
    if (ticks == 0) {
      return publish(job, kind, message);
    }
    String queue = QueueNames.queue(job, kind);
    return publisher.publish(QueueNames.DELAY_IN, DelayLadder.key(ticks, queue), queue, message);
  }

  @Override
  public Consumption consume(JobRef job, Kind kind, int prefetch, Consumer<Delivery> handler) {
    RabbitConsumption consumption =
        new RabbitConsumption(consuming, job.toString(), QueueNames.queue(job, kind), prefetch, handler, consumptions::remove);
    consumptions.add(consumption);
    consumption.start();
    return consumption;
  }

  @Override
  public Health health() {
    try {
      consuming.connection();
      publishing.connection();
    } catch (QueueUnavailableException e) {
      return new Health(false, e.getMessage());
    }
    String blocked = publishing.blocked();
    return new Health(true, blocked == null ? "connected" : "RabbitMQ takes no messages: " + blocked);
  }

  private interface OnChannel {
    void run(Channel channel) throws IOException;
  }

  /** Runs what may be repeated; once more when the connection was lost meanwhile, which may have been another channel's doing. */
  private void onChannel(String what, OnChannel work) {
    Connection connection = consuming.connection();
    try {
      runOn(connection, work);
    } catch (IOException | ShutdownSignalException e) {
      if (connection.isOpen()) {
        throw failure(what, e);
      }
      try {
        runOn(consuming.connection(), work);
      } catch (IOException | ShutdownSignalException again) {
        throw failure(what, again);
      }
    }
  }

  private static void runOn(Connection connection, OnChannel work) throws IOException {
    Channel channel = Channels.open(connection);
    try {
      work.run(channel);
    } finally {
      Channels.close(channel);
    }
  }

  private static RuntimeException failure(String what, Exception e) {
    if (Channels.isPreconditionFailed(e)) {
      return new IllegalStateException("cannot " + what
          + ": something of that name is in RabbitMQ with other settings; delete it or use another "
          + "virtual host (" + e.getCause().getMessage() + ")", e);
    }
    return Channels.unavailable("RabbitMQ did not " + what, e);
  }

  @Override
  public void close() {
    consumptions.forEach(RabbitConsumption::close);
    publisher.close();
    consuming.close();
  }
}
