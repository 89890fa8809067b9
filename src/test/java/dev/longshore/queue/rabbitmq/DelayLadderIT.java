package dev.longshore.queue.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.longshore.job.Chunk;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.runtime.local.services.PrivateRabbitMq;
import dev.longshore.testing.Services;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The delay ladder as the broker has it: how long each level holds a message, and which levels a message passes. */
class DelayLadderIT {
  @RegisterExtension
  static final Services SERVICES = new Services();
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final long SEVEN_DAYS = DelayLadder.ticks(Duration.ofDays(7));
  private static final long ALL_DIGITS = (1L << DelayLadder.LEVELS) - 1;

  private final PrivateRabbitMq rabbit = SERVICES.rabbit();
  private final JobRef job = new JobRef("ladder", "tracks", UUID.randomUUID().toString());

  private static Message.Work work(long index) {
    return Message.Work.of(1, new Chunk(IndexSet.range(index, index), 2, List.of("{}".getBytes(StandardCharsets.UTF_8))));
  }

  @Test
  void theBrokersOwnTimesToLiveAddUpToSevenDays() throws Exception {
    try (RabbitWorkQueues queues = new RabbitWorkQueues(RabbitWorkQueuesIT.settings(rabbit))) {
      queues.declareLadder();
      Map<String, Long> timesToLive = new HashMap<>();
      for (JsonNode queue : queuesAsTheBrokerTells()) {
        for (JsonNode argument : queue.path("arguments")) {
          if (argument.path(0).asText().equals("x-message-ttl")) {
            timesToLive.put(queue.path("name").asText(), argument.path(2).asLong());
          }
        }
      }
      assertThat(IntStream.range(0, DelayLadder.LEVELS).mapToLong(level -> timesToLive.get(DelayLadder.STANDARD.level(level))))
          .containsExactlyElementsOf(LongStream.range(0, DelayLadder.LEVELS).map(level -> 250L << level).boxed().toList());
      long waits = IntStream.range(0, DelayLadder.LEVELS).filter(level -> (SEVEN_DAYS >> level & 1) == 1)
          .mapToLong(level -> timesToLive.get(DelayLadder.STANDARD.level(level))).sum();
      assertThat(Duration.ofMillis(waits)).isEqualTo(Duration.ofDays(7));
    }
  }

  private List<JsonNode> queuesAsTheBrokerTells() throws Exception {
    Path console = rabbit.folder().resolve("console.log");
    long before = Files.exists(console) ? Files.size(console) : 0;
    assertThat(rabbit.control("-q", "list_queues", "name", "arguments", "--formatter", "json")).isZero();
    byte[] all = Files.readAllBytes(console);
    String said = new String(all, (int) before, all.length - (int) before, StandardCharsets.UTF_8);
    JsonNode list = new ObjectMapper().readTree(said.substring(said.indexOf('[')));
    return IntStream.range(0, list.size()).mapToObj(list::get).toList();
  }

  @Test
  void anotherTimeToLiveIsRefused() throws Exception {
    try (RabbitWorkQueues queues = new RabbitWorkQueues(RabbitWorkQueuesIT.settings(rabbit));
        RabbitWorkQueues other = new RabbitWorkQueues(RabbitWorkQueuesIT.settings(rabbit),
            new DelayLadder(QueueNames.LADDER, level -> 251L << level), Limits.STANDARD)) {
      queues.declareLadder();
      assertThatThrownBy(other::declareLadder).isInstanceOf(IllegalStateException.class).hasMessageContaining("other settings");
      queues.declareLadder();
    }
  }

  /** Each level holds a message for 1 ms, whatever its digit is worth: so the way is the real one, and short. */
  @Test
  void sevenDaysAndTheLongestOfAllPassEveryLevelThatTheirDigitsName() throws Exception {
    DelayLadder quick = new DelayLadder("longshore.delay.quick.", level -> 1);
    try (RabbitWorkQueues queues = new RabbitWorkQueues(RabbitWorkQueuesIT.settings(rabbit), quick, Limits.STANDARD);
        Connection plain = PlainClient.connect(rabbit); Channel channel = plain.createChannel()) {
      queues.declare(job);
      String queue = QueueNames.queue(job, Kind.WORK);
      Map<String, List<String>> ways = new ConcurrentHashMap<>();
      channel.basicConsume(queue, true, (tag, delivery) -> ways.put(delivery.getEnvelope().getRoutingKey(),
          levelsPassed(delivery.getProperties())), tag -> { });

      queues.publishLater(job, Kind.WORK, work(7), Duration.ofDays(7)).get(20, TimeUnit.SECONDS);
      channel.basicPublish(quick.in(), DelayLadder.key(ALL_DIGITS, queue), 
          new BasicProperties.Builder().deliveryMode(2).build(), new byte[0]);

      await().atMost(LIMIT).until(() -> ways.size() == 2);
      for (long ticks : List.of(SEVEN_DAYS, ALL_DIGITS)) {
        List<String> named = IntStream.range(0, DelayLadder.LEVELS).filter(level -> (ticks >> level & 1) == 1)
            .mapToObj(quick::level).toList();
        assertThat(ways.get(DelayLadder.key(ticks, queue))).as("the way of %s ticks", ticks).containsExactlyInAnyOrderElementsOf(named);
      }
      queues.delete(job);
      quick.queues().forEach(name -> delete(channel, name));
    }
  }

  private static void delete(Channel channel, String queue) {
    try {
      channel.queueDelete(queue);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<String> levelsPassed(BasicProperties properties) {
    return ((List<?>) properties.getHeaders().get("x-death")).stream().map(death -> ((Map<?, ?>) death).get("queue").toString()).toList();
  }

  @Test
  void aTickOfOneMillisecondIsKeptThroughTwelveLevels() throws Exception {
    DelayLadder quick = new DelayLadder("longshore.delay.ms.", level -> 1L << level);
    try (RabbitWorkQueues queues = new RabbitWorkQueues(RabbitWorkQueuesIT.settings(rabbit), quick, Limits.STANDARD);
        Connection plain = PlainClient.connect(rabbit); Channel channel = plain.createChannel()) {
      queues.declare(job);
      AtomicReference<Long> came = new AtomicReference<>();
      try (var consumption = queues.consume(job, Kind.WORK, 1, delivery -> {
        came.set(System.nanoTime());
        delivery.ack();
      })) {
        await().atMost(LIMIT).until(consumption::active);
        long ticks = (1 << 12) - 1;
        long start = System.nanoTime();
        queues.publishLater(job, Kind.WORK, work(0), DelayLadder.TICK.multipliedBy(ticks)).get(20, TimeUnit.SECONDS);
        await().atMost(LIMIT).until(() -> came.get() != null);
        assertThat(TimeUnit.NANOSECONDS.toMillis(came.get() - start)).as("milliseconds for %s ticks of 1 ms, 12 levels", ticks)
            .isBetween(ticks, ticks + 3_000);
      }
      queues.delete(job);
      quick.queues().forEach(name -> delete(channel, name));
    }
  }

  /** As by a policy of an administrator's: what it takes off the work queue is on the control queue, and can go round again. */
  @Test
  void whatTheBrokerTakesOffTheWorkQueueComesToControlAndCanBePublishedAgain() throws Exception {
    try (RabbitWorkQueues queues = new RabbitWorkQueues(RabbitWorkQueuesIT.settings(rabbit))) {
      queues.declare(job);
      assertThat(rabbit.control("set_policy", "--apply-to", "queues", "impatient", "^" + QueueNames.queue(job, Kind.WORK) + "$",
          "{\"message-ttl\":300}")).isZero();
      try {
        List<Message.Work> found = new CopyOnWriteArrayList<>();
        try (var control = queues.consume(job, Kind.CONTROL, 10, delivery -> {
          Message.Work lost = (Message.Work) delivery.message();
          found.add(lost);
          // twice round: a message that carried its old deaths along would be dropped as a cycle
          if (found.size() < 3) {
            queues.publish(job, Kind.WORK, lost).whenComplete((done, failure) -> delivery.ack());
          } else {
            delivery.ack();
          }
        })) {
          queues.publishLater(job, Kind.WORK, work(5), Duration.ofMillis(500)).get(20, TimeUnit.SECONDS);
          await().atMost(LIMIT).until(() -> found.size() == 3);
        }
        assertThat(found).allSatisfy(lost -> {
          assertThat(lost.indexes()).isEqualTo(IndexSet.range(5, 5));
          assertThat(lost.attempt()).isEqualTo(2);
          assertThat(MessageFormat.encode(lost, "id").properties().getHeaders()).allSatisfy((name, value) ->
              assertThat(name).doesNotStartWith("x-"));
        });
      } finally {
        rabbit.control("clear_policy", "impatient");
        queues.delete(job);
      }
    }
  }
}
