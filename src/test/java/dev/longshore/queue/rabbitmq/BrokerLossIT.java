package dev.longshore.queue.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import dev.longshore.job.Chunk;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.queue.BrokerBlockedException;
import dev.longshore.queue.Delivery;
import dev.longshore.queue.Message;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.Received;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.queue.WorkQueues;
import dev.longshore.runtime.local.services.PrivateRabbitMq;
import dev.longshore.testing.CuttableProxy;
import dev.longshore.testing.Services;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What becomes of messages when the broker, or the way to it, is lost. */
class BrokerLossIT {
  @RegisterExtension
  static final Services SERVICES = new Services();
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final JobRef job = new JobRef("loss", "tracks", UUID.randomUUID().toString());

  private static Message.Work work(long index) {
    return Message.Work.of(1, new Chunk(IndexSet.range(index, index), 1, List.of("{}".getBytes(StandardCharsets.UTF_8))));
  }

  @Test
  void aKilledBrokerLosesNothingConfirmedAndGivesBackWhatWasInHand() throws Exception {
    try (PrivateRabbitMq rabbit = SERVICES.ownRabbit();
        RabbitWorkQueues queues = new RabbitWorkQueues(RabbitWorkQueuesIT.settings(rabbit))) {
      queues.declare(job);
      awaitOnDisk(rabbit, QueueNames.queue(job, Kind.WORK));
      awaitOnDisk(rabbit, DelayLadder.STANDARD.level(4));
      Received held = Received.holding();
      var holding = queues.consume(job, Kind.WORK, 50, held);
      Set<Long> confirmed = ConcurrentHashMap.newKeySet();
      Set<Long> unsure = ConcurrentHashMap.newKeySet();
      AtomicBoolean stop = new AtomicBoolean();
      Thread publisher = Thread.startVirtualThread(() -> publishUntil(stop, queues, confirmed, unsure));
      for (int delayed = 1_000_000; delayed < 1_000_020; delayed++) {
        queues.publishLater(job, Kind.WORK, work(delayed), Duration.ofSeconds(9)).get(20, TimeUnit.SECONDS);
      }
      await().atMost(LIMIT).until(() -> held.count() >= 50 && confirmed.size() > 500);

      rabbit.kill();
      await().atMost(LIMIT).until(() -> !unsure.isEmpty() && !holding.active());
      assertThat(queues.health().up()).isFalse();
      assertThatThrownBy(() -> queues.depth(job, Kind.WORK)).isInstanceOf(QueueUnavailableException.class);
      int atKill = confirmed.size();
      held.deliveries.forEach(Delivery::ack);
      rabbit.start();

      await().atMost(LIMIT).until(() -> holding.active() && queues.health().up());
      await().atMost(LIMIT).until(() -> confirmed.size() > atKill + 500);
      stop.set(true);
      publisher.join();
      holding.close();
      Set<Long> found = ConcurrentHashMap.newKeySet();
      try (var draining = queues.consume(job, Kind.WORK, 100, delivery -> {
        found.add(((Message.Work) delivery.message()).indexes().first());
        delivery.ack();
      })) {
        await().atMost(LIMIT).untilAsserted(() -> {
          assertThat(found).containsAll(confirmed);
          assertThat(found).containsAll(LongStream.range(1_000_000, 1_000_020).boxed().toList());
        });
      }
      Set<Long> foreign = new HashSet<>(found);
      foreign.removeAll(confirmed);
      foreign.removeAll(unsure);
      assertThat(foreign).as("only what was published").allMatch(index -> index >= 1_000_000);
    }
  }

  /** As a careful publisher does: what was not confirmed is told apart, nothing is sent while the broker is away. */
  private void publishUntil(AtomicBoolean stop, RabbitWorkQueues queues, Set<Long> confirmed, Set<Long> unsure) {
    long next = 0;
    while (!stop.get()) {
      List<CompletableFuture<Void>> batch = new ArrayList<>();
      List<Long> indexes = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        long index = next++;
        indexes.add(index);
        batch.add(queues.publish(job, Kind.WORK, work(index)));
      }
      for (int i = 0; i < batch.size(); i++) {
        try {
          batch.get(i).join();
          confirmed.add(indexes.get(i));
        } catch (CompletionException e) {
          assertThat(e.getCause()).isInstanceOf(QueueUnavailableException.class);
          unsure.add(indexes.get(i));
        }
      }
    }
  }

  @Test
  void theLadderAndTheConsumersOutliveARestart() throws Exception {
    try (PrivateRabbitMq rabbit = SERVICES.ownRabbit();
        RabbitWorkQueues queues = new RabbitWorkQueues(RabbitWorkQueuesIT.settings(rabbit))) {
      queues.declare(job);
      Received received = Received.acking();
      try (var consumption = queues.consume(job, Kind.WORK, 10, received)) {
        await().atMost(LIMIT).until(consumption::active);
        for (int i = 0; i < 30; i++) {
          queues.publishLater(job, Kind.WORK, work(i), Duration.ofMillis(2_000 + 100 * i)).get(20, TimeUnit.SECONDS);
        }
        rabbit.stop();
        rabbit.start();
        await().atMost(LIMIT).until(() -> new HashSet<>(received.firstIndexes()).size() == 30);
      }
    }
  }

  /** The broker is killed while messages go from one level to the next all the time. */
  @Test
  void whatIsInTheMiddleOfAHopOutlivesASigkill() throws Exception {
    int retries = 300;
    try (PrivateRabbitMq rabbit = SERVICES.ownRabbit();
        RabbitWorkQueues queues = new RabbitWorkQueues(RabbitWorkQueuesIT.settings(rabbit))) {
      queues.declare(job);
      for (Kind kind : Kind.values()) {
        awaitOnDisk(rabbit, QueueNames.queue(job, kind));
      }
      long[] due = new long[retries];
      Map<Long, Long> late = new ConcurrentHashMap<>();
      try (var consumption = queues.consume(job, Kind.WORK, 100, delivery -> {
        long index = ((Message.Work) delivery.message()).indexes().first();
        late.putIfAbsent(index, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - due[(int) index]));
        delivery.ack();
      })) {
        await().atMost(LIMIT).until(consumption::active);
        List<CompletableFuture<Void>> published = new ArrayList<>();
        for (int i = 0; i < retries; i++) {
          Duration delay = DelayLadder.TICK.multipliedBy(1 + i % 32);
          due[i] = System.nanoTime() + delay.toNanos();
          published.add(queues.publishLater(job, Kind.WORK, work(i), delay));
        }
        CompletableFuture.allOf(published.toArray(CompletableFuture[]::new)).get(20, TimeUnit.SECONDS);
        await().atMost(LIMIT).until(() -> late.size() >= retries / 4);
        rabbit.kill();
        int before = late.size();
        rabbit.start();
        await().atMost(LIMIT).ignoreExceptionsInstanceOf(QueueUnavailableException.class).untilAsserted(() -> {
          // now and then one comes off the ladder before the broker has its bindings again: what the operator does every 10 s
          queues.returnLost(Instant.now());
          assertThat(late).as("of %s retries, %s came before the kill; %s", retries, before, queues.delayed()).hasSize(retries);
        });
        System.out.printf("%d of %d retries came after the SIGKILL, the latest %d ms late, %s to start%n", retries - before, retries,
            late.values().stream().mapToLong(Long::longValue).max().orElse(0), rabbit.startTime());
      }
    }
  }

  @Test
  void aCutConnectionIsMadeAgainAndNothingIsLost() throws Exception {
    PrivateRabbitMq rabbit = SERVICES.rabbit();
    try (CuttableProxy proxy = new CuttableProxy(URI.create(rabbit.url()).getPort());
        RabbitWorkQueues queues = new RabbitWorkQueues(
            new RabbitSettings("amqp://127.0.0.1:" + proxy.port(), rabbit.username(), rabbit.password(), "cut"))) {
      queues.declare(job);
      Map<Long, Integer> deliveries = new ConcurrentHashMap<>();
      List<Delivery> held = java.util.Collections.synchronizedList(new ArrayList<>());
      try (var consumption = queues.consume(job, Kind.WORK, 5, delivery -> {
        deliveries.merge(((Message.Work) delivery.message()).indexes().first(), 1, Integer::sum);
        held.add(delivery);
      })) {
        for (int i = 0; i < 10; i++) {
          queues.publish(job, Kind.WORK, work(i)).get(20, TimeUnit.SECONDS);
        }
        await().atMost(LIMIT).until(() -> held.size() == 5);
        List<Delivery> stale = List.copyOf(held);
        held.clear();
        assertThat(proxy.cut()).isEqualTo(4);
        await().atMost(LIMIT).until(() -> held.size() == 5);
        stale.forEach(Delivery::ack);

        for (int round = 0; round < 2; round++) {
          await().atMost(LIMIT).until(() -> held.size() == 5);
          List<Delivery> now = List.copyOf(held);
          held.clear();
          now.forEach(Delivery::ack);
        }
        await().atMost(LIMIT).until(() -> queues.depth(job, Kind.WORK).ready() == 0);
        publishUntilTaken(queues, work(99));
        await().atMost(LIMIT).until(() -> deliveries.containsKey(99L));
      }
      Map<Long, Integer> expected = new HashMap<>();
      LongStream.range(0, 10).forEach(index -> expected.put(index, index < 5 ? 2 : 1));
      expected.put(99L, 1);
      assertThat(deliveries).as("only what was in hand comes twice").isEqualTo(expected);
      queues.delete(job);
    }
  }

  private void publishUntilTaken(RabbitWorkQueues queues, Message message) {
    await().atMost(LIMIT).ignoreExceptionsInstanceOf(QueueUnavailableException.class).until(() -> {
      try {
        queues.publish(job, Kind.WORK, message).join();
        return true;
      } catch (CompletionException e) {
        return false;
      }
    });
  }

  @Test
  void anAlarmBlocksPublishingAndNotAcking() throws Exception {
    try (PrivateRabbitMq rabbit = SERVICES.ownRabbit();
        RabbitWorkQueues queues = new RabbitWorkQueues(RabbitWorkQueuesIT.settings(rabbit))) {
      queues.declare(job);
      for (int i = 0; i < 20; i++) {
        queues.publish(job, Kind.WORK, work(i)).get(20, TimeUnit.SECONDS);
      }
      watermark(rabbit, "0.00001");
      CompletableFuture<Void> open = queues.publish(job, Kind.WORK, work(20));
      await().atMost(LIMIT).until(() -> queues.health().message().contains("takes no messages"));
      Thread blocked = Thread.startVirtualThread(() -> queues.publish(job, Kind.WORK, work(21)).join());
      Received received = Received.acking();
      try (var consumption = queues.consume(job, Kind.WORK, 5, received)) {
        await().atMost(LIMIT).until(() -> received.count() >= 20);
        await().atMost(LIMIT).until(() -> queues.depth(job, Kind.WORK).ready() == 0);
        assertThat(blocked.isAlive()).isTrue();
        watermark(rabbit, "0.9");
        open.get(30, TimeUnit.SECONDS);
        assertThat(blocked.join(Duration.ofSeconds(30))).isTrue();
        await().atMost(LIMIT).until(() -> received.count() == 22);
      }
      watermark(rabbit, "0.00001");
      CompletableFuture<Void> never = queues.publish(job, Kind.WORK, work(22));
      await().atMost(LIMIT).until(() -> queues.health().message().contains("takes no messages"));
      long start = System.nanoTime();
      queues.close();
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
      assertThat(never.isDone() || never.handle((done, failure) -> failure != null).get(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void anOperatorsPublishFailsSoonUnderAMemoryAlarmAndTheRestGoesOn() throws Exception {
    JobRef second = new JobRef("loss", "albums", UUID.randomUUID().toString());
    try (PrivateRabbitMq rabbit = SERVICES.ownRabbit();
        RabbitWorkQueues queues = RabbitWorkQueues.ofOperator(RabbitWorkQueuesIT.settings(rabbit))) {
      queues.declare(job);
      queues.publish(job, Kind.WORK, work(0)).get(20, TimeUnit.SECONDS);
      watermark(rabbit, "0.00001");
      CompletableFuture<Void> open = queues.publish(job, Kind.WORK, work(1));
      await().atMost(LIMIT).until(() -> queues.health().message().contains("takes no messages"));

      long start = System.nanoTime();
      assertThatThrownBy(() -> queues.publish(job, Kind.CONTROL, work(2)).get(20, TimeUnit.SECONDS))
          .hasCauseInstanceOf(BrokerBlockedException.class).hasMessageContaining("takes no messages");
      queues.declare(second);
      assertThat(queues.depth(job, Kind.WORK).exists()).isTrue();
      queues.purge(job);
      queues.delete(second);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));

      watermark(rabbit, "0.9");
      open.get(30, TimeUnit.SECONDS);
      queues.publish(job, Kind.CONTROL, work(3)).get(20, TimeUnit.SECONDS);
    }
  }

  /** In the middle of two jobs: what was published before is worked off, what waits arrives when the alarm is over, nothing is lost. */
  @Test
  void jobsUnderAMemoryAlarmAreWorkedOffAndGoOnAfterIt() throws Exception {
    JobRef second = new JobRef("loss", "albums", UUID.randomUUID().toString());
    try (PrivateRabbitMq rabbit = SERVICES.ownRabbit();
        RabbitWorkQueues queues = new RabbitWorkQueues(RabbitWorkQueuesIT.settings(rabbit), DelayLadder.STANDARD,
            new Limits(Duration.ofSeconds(2), Duration.ofSeconds(10), Duration.ofMinutes(2), Duration.ofSeconds(30), Duration.ofDays(1)))) {
      queues.declare(job);
      queues.declare(second);
      Set<Long> confirmed = ConcurrentHashMap.newKeySet();
      Set<Long> unsure = ConcurrentHashMap.newKeySet();
      AtomicBoolean stop = new AtomicBoolean();
      Thread publisher = Thread.startVirtualThread(() -> publishUntil(stop, queues, confirmed, unsure));
      for (int i = 0; i < 200; i++) {
        queues.publish(second, Kind.WORK, work(i)).get(20, TimeUnit.SECONDS);
      }
      await().atMost(LIMIT).until(() -> confirmed.size() > 200);
      assertThat(rabbit.control("set_vm_memory_high_watermark", "absolute", "1MB")).isZero();
      await().atMost(LIMIT).until(() -> queues.health().message().contains("takes no messages"));

      Received ofSecond = Received.acking();
      Set<Long> found = ConcurrentHashMap.newKeySet();
      try (var consumption = queues.consume(job, Kind.WORK, 50, delivery -> {
        found.add(((Message.Work) delivery.message()).indexes().first());
        delivery.ack();
      }); var other = queues.consume(second, Kind.WORK, 50, ofSecond)) {
        await().atMost(LIMIT).until(() -> found.containsAll(confirmed) && ofSecond.count() == 200);
        await().atMost(LIMIT).until(() -> queues.depth(job, Kind.WORK).ready() == 0 && queues.depth(second, Kind.WORK).ready() == 0);
        int atAlarm = confirmed.size();
        // longer than a confirm may take: the time of an alarm does not count
        await().pollDelay(Duration.ofSeconds(3)).atMost(LIMIT).until(() -> publisher.isAlive());
        assertThat(unsure).as("given up because of the alarm").isEmpty();

        assertThat(rabbit.control("set_vm_memory_high_watermark", "0.9")).isZero();
        await().atMost(LIMIT).until(() -> confirmed.size() > atAlarm + 200);
        stop.set(true);
        publisher.join();
        // not AssertJ's containsAll, which compares each with each
        await().atMost(LIMIT).until(() -> found.containsAll(confirmed));
        assertThat(unsure).isEmpty();
        assertThat(queues.health()).isEqualTo(new WorkQueues.Health(true, "connected"));
      }
    }
  }

  @Test
  void rubbishAndNewerMessagesAreToldApart() throws Exception {
    PrivateRabbitMq rabbit = SERVICES.rabbit();
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(rabbit.url());
    factory.setUsername(rabbit.username());
    factory.setPassword(rabbit.password());
    try (RabbitWorkQueues queues = new RabbitWorkQueues(RabbitWorkQueuesIT.settings(rabbit)); Connection plain = factory.newConnection();
        var channel = plain.createChannel()) {
      queues.declare(job);
      String queue = QueueNames.queue(job, Kind.WORK);
      for (Map<String, Object> headers : List.<Map<String, Object>>of(Map.of(), Map.of("version", "x"), Map.of("version", 1),
          Map.of("version", 1, "kind", "work", "run", 1, "attempt", 1, "indexes", "7-x"), Map.of("version", 2, "x-death", "old"))) {
        channel.basicPublish("", queue, new BasicProperties.Builder().headers(headers).build(), "?".getBytes());
      }
      channel.basicPublish("", queue, null, "?".getBytes());
      Received received = Received.acking();
      try (var consumption = queues.consume(job, Kind.WORK, 10, received)) {
        await().atMost(LIMIT).until(() -> received.count() == 6);
      }
      List<Message.Unknown> unknown = received.deliveries.stream().map(delivery -> (Message.Unknown) delivery.message()).toList();
      assertThat(unknown).extracting(Message.Unknown::version).containsExactly(0, 0, 1, 1, 2, 0);
      assertThat(unknown.get(3).reason()).contains("7-x");
      assertThat(MessageFormat.encode(unknown.get(4), "id").properties().getHeaders()).containsOnlyKeys("version");
      queues.delete(job);
    }
  }

  @Test
  void aWrongPasswordIsSaidSo() {
    PrivateRabbitMq rabbit = SERVICES.rabbit();
    try (RabbitWorkQueues queues = new RabbitWorkQueues(new RabbitSettings(rabbit.url(), rabbit.username(), "wrong", "guess"))) {
      assertThat(queues.health().up()).isFalse();
      assertThat(queues.health().message()).contains("refuses user 'longshore'");
      assertThatThrownBy(() -> queues.declare(job)).isInstanceOf(QueueUnavailableException.class);
      assertThat(queues.publish(job, Kind.WORK, work(0))).isCompletedExceptionally();
    }
  }

  private static void watermark(PrivateRabbitMq rabbit, String fraction) throws Exception {
    assertThat(rabbit.control("set_vm_memory_high_watermark", fraction)).isZero();
  }

  /** RabbitMQ 3.10 writes a new queue's name to disk about a second later; killed before, it cannot find the queue's data again. */
  private static void awaitOnDisk(PrivateRabbitMq rabbit, String queue) {
    await().atMost(LIMIT).until(() -> {
      try (Stream<Path> files = Files.walk(rabbit.folder().resolve("data"))) {
        Path names = files.filter(file -> file.endsWith("names.dets") && file.toString().contains("/quorum/")).findFirst().orElseThrow();
        return Files.readString(names, StandardCharsets.ISO_8859_1).contains("%2F_" + queue);
      }
    });
  }
}
