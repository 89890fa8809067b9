package dev.longshore.queue.rabbitmq;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.ShutdownSignalException;
import dev.longshore.job.JobRef;
import dev.longshore.queue.Delivery;
import dev.longshore.queue.Message;
import dev.longshore.queue.QueueLeaderlessException;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.WorkQueues;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * RabbitMQ 3.10 or newer by its plain client. Two connections: one consumes, acks and asks, the other only publishes, because a broker that
 * runs out of memory or disk stops reading whatever publishes, acks included, and its queues could then never drain. A third one asks what
 * may cost the connection, see {@link QueueProbe}.
 */
public final class RabbitWorkQueues implements WorkQueues {
  private static final Logger LOG = Logger.getLogger(RabbitWorkQueues.class);
  /** The ladder serves all jobs: when many are repaired one after the other, it is looked at once in this time. */
  private static final Duration LADDER_WHOLE = Duration.ofSeconds(5);
  private static final Duration PROBE_LIMIT = Duration.ofSeconds(5);
  private static final Depth ABSENT = new Depth(false, 0, 0);

  private final DelayLadder ladder;
  private final Limits limits;
  private final BrokerLink consuming;
  private final BrokerLink publishing;
  private final QueueProbe probe;
  private final Publisher publisher;
  private final Set<JobRef> declared = ConcurrentHashMap.newKeySet();
  private final Set<RabbitConsumption> consumptions = ConcurrentHashMap.newKeySet();
  private final ReentrantLock depthLock = new ReentrantLock();
  private final ReentrantLock ladderLock = new ReentrantLock();
  private Channel depthChannel;
  private Connection ladderOn;
  /** How many were found whose job is gone when lost messages were returned last. */
  private volatile long lostForGood;
  /** When it was repaired last, as {@link System#nanoTime} tells time. */
  private OptionalLong ladderRepaired = OptionalLong.empty();

  public RabbitWorkQueues(RabbitSettings settings) {
    this(settings, DelayLadder.STANDARD, Limits.STANDARD);
  }

  /** As an operator wants them: a publish fails soon while the broker takes no messages. */
  public static RabbitWorkQueues ofOperator(RabbitSettings settings) {
    return new RabbitWorkQueues(settings, DelayLadder.STANDARD, Limits.OPERATOR);
  }

  RabbitWorkQueues(RabbitSettings settings, DelayLadder ladder, Limits limits) {
    this.ladder = ladder;
    this.limits = limits;
    consuming = new BrokerLink(settings, "consume");
    publishing = new BrokerLink(settings, "publish");
    probe = new QueueProbe(new BrokerLink(settings, "probe", PROBE_LIMIT, false), limits);
    publisher = new Publisher(publishing, consuming, limits);
  }

  /** The second time and later it repairs: then all of it is looked at, the ladder too. */
  @Override
  public void declare(JobRef job) {
    boolean repair = !declared.add(job);
    if (repair) {
      deleteDead(Stream.of(Kind.values()).map(kind -> QueueNames.queue(job, kind)).toList(), "job=" + job + " ");
      repairLadder();
    } else {
      declareLadder();
    }
    onChannel("declare the queues of job " + job, channel -> {
      String exchange = QueueNames.exchange(job.namespace());
      channel.exchangeDeclare(exchange, BuiltinExchangeType.DIRECT, true);
      for (Kind kind : Kind.values()) {
        String queue = QueueNames.queue(job, kind);
        channel.queueDeclare(queue, true, false, false, arguments(job, kind));
        channel.queueBind(queue, exchange, queue);
        channel.queueBind(queue, ladder.out(), DelayLadder.bindingOut(queue));
        channel.queueBind(queue, ladder.back(), DelayLadder.bindingOut(queue));
      }
    });
  }

  private void repairLadder() {
    ladderLock.lock();
    try {
      if (ladderRepaired.isEmpty() || System.nanoTime() - ladderRepaired.getAsLong() > LADDER_WHOLE.toNanos()) {
        deleteDead(ladder.queues(), "");
        onChannel("repair the delay ladder", ladder::declare);
        ladderRepaired = OptionalLong.of(System.nanoTime());
      }
    } finally {
      ladderLock.unlock();
    }
  }

  /** Declaring a queue that has no leader does not bring it one. @param whose begins the line that tells of it */
  private void deleteDead(List<String> queues, String whose) {
    for (String queue : queues) {
      switch (probe.ask(queue)) {
        case SERVES, MISSING -> { }
        case NO_LEADER -> throw new QueueLeaderlessException("queue '" + queue + "' has no leader; declare it again later");
        case DEAD -> {
          LOG.warnf("%squeue=%s state=dead reason=\"it does not get a leader any more, so what was in it is lost\" (it is made anew)", whose,
              queue);
          onChannel("delete the dead queue '" + queue + "'", channel -> channel.queueDelete(queue));
          probe.forget(queue);
          publisher.renewed(queue);
        }
      }
    }
  }

  /** Makes the delay ladder of the virtual host, once for each connection; the first job that is declared needs it. */
  public void declareLadder() {
    ladderLock.lock();
    try {
      Connection connection = consuming.connection();
      if (ladderOn != connection) {
        onChannel("declare the delay ladder", ladder::declare);
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
   *
   * <p>What the broker takes off the work queue by itself (a policy of an administrator's, with a time to live or a greatest length) goes
   * to the control queue, whose consumer publishes it again. A feed that is taken off needs nothing: the operator misses it.
   */
  private static Map<String, Object> arguments(JobRef job, Kind kind) {
    Map<String, Object> arguments = new HashMap<>();
    arguments.put("x-queue-type", "quorum");
    arguments.put("x-delivery-limit", Integer.MAX_VALUE);
    if (kind == Kind.CONTROL) {
      arguments.put("x-single-active-consumer", true);
    }
    if (kind == Kind.WORK) {
      arguments.put("x-dead-letter-exchange", QueueNames.exchange(job.namespace()));
      arguments.put("x-dead-letter-routing-key", QueueNames.queue(job, Kind.CONTROL));
      arguments.put("x-dead-letter-strategy", "at-least-once");
      arguments.put("x-overflow", "reject-publish");
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
    declared.remove(job);
    for (Kind kind : Kind.values()) {
      probe.forget(QueueNames.queue(job, kind));
      publisher.renewed(QueueNames.queue(job, kind));
    }
  }

  @Override
  public void purge(JobRef job) {
    for (Kind kind : List.of(Kind.WORK, Kind.CONTROL)) {
      String queue = QueueNames.queue(job, kind);
      // a purge of a queue without a leader ends the whole connection
      switch (probe.ask(queue)) {
        case MISSING -> { }
        case SERVES -> onChannel("purge queue '" + queue + "'", channel -> channel.queuePurge(queue));
        case NO_LEADER, DEAD -> throw new QueueLeaderlessException("queue '" + queue + "' has no leader; purge it again later");
      }
    }
  }

  @Override
  public Depth depth(JobRef job, Kind kind) {
    String queue = QueueNames.queue(job, kind);
    Depth depth = measure(queue);
    if (!depth.exists() || depth.ready() > 0 || depth.consumers() > 0) {
      return depth;
    }
    // so looks a queue that is empty, and one that has no leader
    return switch (probe.recent(queue)) {
      case SERVES -> depth;
      case MISSING, DEAD -> ABSENT;
      case NO_LEADER -> throw new QueueLeaderlessException("queue '" + queue + "' has no leader: what it holds cannot be told");
    };
  }

  @Override
  public Delayed delayed() {
    Depth lost = measure(ladder.lost());
    if (!lost.exists()) {
      return new Delayed(0, 0);
    }
    long waiting = ladder.queues().stream().filter(queue -> !queue.equals(ladder.lost())).mapToLong(queue -> measure(queue).ready()).sum();
    return new Delayed(waiting, lost.ready());
  }

  /** The broker moves them: they stay the messages of whoever published them, which workers go by. */
  @Override
  public int returnLost(Instant now) {
    String lost = ladder.lost();
    long ready = measure(lost).ready();
    // in a full queue a new one takes the place of the oldest
    boolean asBefore = ready == lostForGood && ready < DelayLadder.LOST_MESSAGES;
    if (asBefore || probe.ask(lost) != QueueProbe.Answer.SERVES) {
      return 0;
    }
    AtomicInteger returned = new AtomicInteger();
    onChannel("return what is in queue '" + lost + "'", channel -> {
      Map<String, Boolean> exists = new HashMap<>();
      int kept = 0;
      for (GetResponse got = channel.basicGet(lost, false); got != null; got = channel.basicGet(lost, false)) {
        boolean there = exists.computeIfAbsent(DelayLadder.target(got.getEnvelope().getRoutingKey()),
            queue -> !queue.isEmpty() && measure(queue).exists());
        if (there && isDue(got, now)) {
          channel.basicReject(got.getEnvelope().getDeliveryTag(), false);
          returned.incrementAndGet();
        } else if (!there) {
          kept++;
        }
      }
      // what was not rejected goes back with the channel's end
      lostForGood = kept;
    });
    return returned.get();
  }

  private boolean isDue(GetResponse message, Instant now) {
    Map<String, Object> headers = message.getProps().getHeaders();
    return headers == null || !(headers.get("x-death") instanceof List<?> deaths)
        || !ladder.due(message.getEnvelope().getRoutingKey(), deaths).isAfter(now);
  }

  private Depth measure(String queue) {
    depthLock.lock();
    try {
      if (depthChannel == null || !depthChannel.isOpen()) {
        depthChannel = Channels.open(consuming.connection());
      }
      AMQP.Queue.DeclareOk size = depthChannel.queueDeclarePassive(queue);
      return new Depth(true, size.getMessageCount(), size.getConsumerCount());
    } catch (IOException | ShutdownSignalException e) {
      if (Channels.isNotFound(e)) {
        return ABSENT;
      }
      // after an answer that did not come in time, the next one on this channel might be that
      Channels.close(depthChannel);
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
    return publisher.publish(ladder.in(), DelayLadder.key(ticks, queue), queue, message);
  }

  @Override
  public Consumption consume(JobRef job, Kind kind, int prefetch, Consumer<Delivery> handler) {
    RabbitConsumption consumption = new RabbitConsumption(consuming, probe, limits.idle(), job.toString(), QueueNames.queue(job, kind),
        prefetch, handler, consumptions::remove);
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
          + "virtual host (" + Channels.reason(e) + ")", e);
    }
    return Channels.unavailable("RabbitMQ did not " + what, e);
  }

  @Override
  public void close() {
    consumptions.forEach(RabbitConsumption::close);
    publisher.close();
    probe.close();
    consuming.close();
  }
}
