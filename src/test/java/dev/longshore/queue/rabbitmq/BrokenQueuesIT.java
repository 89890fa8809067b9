package dev.longshore.queue.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.longshore.job.Chunk;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.queue.Delivery;
import dev.longshore.queue.Message;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.Received;
import dev.longshore.queue.UnroutableException;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.runtime.local.services.PrivateRabbitMq;
import dev.longshore.testing.CuttableProxy;
import dev.longshore.testing.Services;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What somebody deleted, and queues that lost their leader: told, healed, and no other job held up. */
class BrokenQueuesIT {
  @RegisterExtension
  static final Services SERVICES = new Services();
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Limits SHORT = new Limits(Duration.ofSeconds(3), Duration.ofSeconds(1), Duration.ofSeconds(1),
      Duration.ofSeconds(2), Duration.ofDays(1));

  private final PrivateRabbitMq rabbit = SERVICES.rabbit();
  private final String namespace = "broken-" + UUID.randomUUID().toString().substring(0, 8);
  private final JobRef job = new JobRef(namespace, "tracks", UUID.randomUUID().toString());
  private final JobRef other = new JobRef("healthy", "tracks", UUID.randomUUID().toString());
  private RabbitWorkQueues queues;

  @BeforeEach
  void open() {
    queues = new RabbitWorkQueues(RabbitWorkQueuesIT.settings(rabbit), DelayLadder.STANDARD, SHORT);
    queues.declare(job);
    queues.declare(other);
  }

  @AfterEach
  void close() {
    queues.delete(job);
    queues.delete(other);
    queues.close();
  }

  private static Message.Work work(long index) {
    return Message.Work.of(1, new Chunk(IndexSet.range(index, index), 1, List.of("{}".getBytes(StandardCharsets.UTF_8))));
  }

  private interface Breakage {
    void on(Channel channel) throws Exception;
  }

  private void breaking(Breakage breakage) throws Exception {
    try (Connection connection = PlainClient.connect(rabbit); Channel channel = connection.createChannel()) {
      breakage.on(channel);
    }
  }

  /** Publishes at once and over every short way of the ladder, and waits for all of it. */
  private void everythingArrives() throws Exception {
    Received received = Received.acking();
    try (var consumption = queues.consume(job, Kind.WORK, 50, received)) {
      List<CompletableFuture<Void>> published = new ArrayList<>();
      for (int ticks = 0; ticks < 8; ticks++) {
        published.add(queues.publishLater(job, Kind.WORK, work(ticks), DelayLadder.TICK.multipliedBy(ticks)));
      }
      CompletableFuture.allOf(published.toArray(CompletableFuture[]::new)).get(20, TimeUnit.SECONDS);
      await().atMost(LIMIT).untilAsserted(() -> assertThat(new HashSet<>(received.firstIndexes())).hasSize(8));
    }
  }

  private void assertUnroutable(JobRef to) {
    // the first may be on its way when its channel ends for want of the exchange: it may or may not be there
    await().atMost(LIMIT).untilAsserted(() -> assertThatThrownBy(() -> queues.publish(to, Kind.WORK, work(0)).get(20, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class).hasCauseInstanceOf(UnroutableException.class));
  }

  @Test
  void aDeletedQueueIsThereAgain() throws Exception {
    breaking(channel -> channel.queueDelete(QueueNames.queue(job, Kind.WORK)));
    assertThat(queues.depth(job, Kind.WORK).exists()).isFalse();
    assertUnroutable(job);
    queues.publish(other, Kind.WORK, work(0)).get(20, TimeUnit.SECONDS);

    queues.declare(job);
    everythingArrives();
  }

  @Test
  void aDeletedExchangeIsThereAgainAndOtherJobsGoOn() throws Exception {
    queues.publish(job, Kind.WORK, work(0)).get(20, TimeUnit.SECONDS);
    breaking(channel -> channel.exchangeDelete(QueueNames.exchange(namespace)));
    assertUnroutable(job);
    for (int i = 0; i < 20; i++) {
      CompletableFuture<Void> lost = queues.publish(job, Kind.WORK, work(i));
      queues.publish(other, Kind.WORK, work(i)).get(5, TimeUnit.SECONDS);
      assertThatThrownBy(() -> lost.get(5, TimeUnit.SECONDS)).hasCauseInstanceOf(UnroutableException.class);
    }

    queues.declare(job);
    everythingArrives();
  }

  @Test
  void deletedBindingsAreThereAgain() throws Exception {
    String queue = QueueNames.queue(job, Kind.WORK);
    breaking(channel -> {
      channel.queueUnbind(queue, QueueNames.exchange(namespace), queue);
      channel.queueUnbind(queue, DelayLadder.STANDARD.out(), DelayLadder.bindingOut(queue));
    });
    assertUnroutable(job);

    queues.declare(job);
    everythingArrives();
  }

  @Test
  void aLadderThatWasTakenApartIsWholeAgain() throws Exception {
    DelayLadder ladder = DelayLadder.STANDARD;
    breaking(channel -> {
      channel.queueDelete(ladder.level(0));
      channel.exchangeDelete(ladder.level(1));
      channel.queueUnbind(ladder.level(1), ladder.level(2), DelayLadder.pattern(2, 1));
      channel.exchangeDelete(ladder.out());
      channel.exchangeDelete(ladder.in());
    });
    queues.declare(job);
    queues.declare(other);
    everythingArrives();
  }

  @Test
  void aMissingLadderIsToldWhereAMessageEntersIt() throws Exception {
    DelayLadder ladder = DelayLadder.STANDARD;
    breaking(channel -> channel.queueUnbind(ladder.level(2), ladder.in(), DelayLadder.pattern(DelayLadder.LEVELS, 2)));
    assertThatThrownBy(() -> queues.publishLater(job, Kind.WORK, work(0), Duration.ofSeconds(1)).get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(UnroutableException.class);
    queues.declare(job);
    everythingArrives();
  }

  /** A broker that starts lets go of messages before it knows all bindings again; here one is away for longer. */
  @Test
  void whatFoundNoQueueIsBroughtThereWhenItsJobIsThere() throws Exception {
    String queue = QueueNames.queue(job, Kind.WORK);
    JobRef gone = new JobRef(namespace, "gone", UUID.randomUUID().toString());
    queues.declare(gone);
    queues.returnLost(Instant.now());
    long before = queues.delayed().lost();
    breaking(channel -> channel.queueUnbind(queue, DelayLadder.STANDARD.out(), DelayLadder.bindingOut(queue)));
    for (int i = 0; i < 3; i++) {
      queues.publishLater(job, Kind.WORK, work(i), DelayLadder.TICK.multipliedBy(i + 1)).get(20, TimeUnit.SECONDS);
      queues.publishLater(gone, Kind.WORK, work(i), DelayLadder.TICK).get(20, TimeUnit.SECONDS);
    }
    queues.delete(gone);
    awaitLost(before + 6);
    breaking(channel -> channel.queueBind(queue, DelayLadder.STANDARD.out(), DelayLadder.bindingOut(queue)));

    assertThat(queues.returnLost(Instant.now())).as("messages whose job is there").isEqualTo(3);

    Received received = Received.acking();
    try (var consumption = queues.consume(job, Kind.WORK, 50, received)) {
      await().atMost(LIMIT).untilAsserted(() -> assertThat(received.firstIndexes()).containsExactlyInAnyOrder(0L, 1L, 2L));
    }
    awaitLost(before + 3);
    assertThat(queues.returnLost(Instant.now())).as("of a job that is gone").isZero();
    assertThat(queues.delayed().lost()).as("kept for people to look at").isEqualTo(before + 3);
  }

  @Test
  void whatFellOffAtAHigherLevelWaitsForTheRestOfItsDelay() throws Exception {
    DelayLadder ladder = DelayLadder.STANDARD;
    breaking(channel -> channel.queueUnbind(ladder.level(2), ladder.level(3), DelayLadder.pattern(3, 2)));
    long before = queues.delayed().lost();
    long start = System.nanoTime();
    // of its 3 s it waits 2 in level 3, and then would in level 2
    queues.publishLater(job, Kind.WORK, work(0), Duration.ofSeconds(3)).get(20, TimeUnit.SECONDS);
    awaitLost(before + 1);
    breaking(channel -> channel.queueBind(ladder.level(2), ladder.level(3), DelayLadder.pattern(3, 2)));

    Received received = Received.acking();
    try (var consumption = queues.consume(job, Kind.WORK, 50, received)) {
      await().atMost(LIMIT).until(() -> queues.returnLost(Instant.now()) + received.count() > 0);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofSeconds(3));
      await().atMost(LIMIT).untilAsserted(() -> assertThat(received.firstIndexes()).containsExactly(0L));
    }
  }

  private void awaitLost(long messages) {
    await().atMost(LIMIT).untilAsserted(() -> assertThat(queues.delayed().lost()).as("messages that found no queue").isEqualTo(messages));
  }

  /** 3.10.8 often forgets the consumers of such a queue without telling them, or counts them and serves them nothing. */
  @Test
  void consumersOfAQueueThatWasDeletedAndAtOnceMadeAnewAreServedAgain() throws Exception {
    try (RabbitWorkQueues worker = new RabbitWorkQueues(RabbitWorkQueuesIT.settings(rabbit), DelayLadder.STANDARD, SHORT);
        RabbitWorkQueues another = new RabbitWorkQueues(RabbitWorkQueuesIT.settings(rabbit), DelayLadder.STANDARD, SHORT)) {
      List<Delivery> feeds = new CopyOnWriteArrayList<>();
      Received work = Received.acking();
      for (RabbitWorkQueues each : List.of(worker, another)) {
        each.consume(job, Kind.CONTROL, 2, delivery -> {
          feeds.add(delivery);
          delivery.ack();
        });
        each.consume(job, Kind.WORK, 10, work);
      }
      for (int round = 1; round <= 5; round++) {
        for (int i = 0; i < 20; i++) {
          queues.publish(job, Kind.WORK, work(round)).get(20, TimeUnit.SECONDS);
        }
        queues.delete(job);
        queues.declare(job);
        Message.Feed feed = new Message.Feed(1, round, Message.Target.GAPS);
        queues.publish(job, Kind.CONTROL, feed).get(20, TimeUnit.SECONDS);
        long behind = 100 + round;
        worker.publish(job, Kind.WORK, work(behind)).get(20, TimeUnit.SECONDS);
        await("round " + round).atMost(LIMIT).untilAsserted(() -> {
          assertThat(feeds).extracting(Delivery::message).as("feeds").contains(feed);
          assertThat(work.firstIndexes()).as("work").contains(behind);
        });
      }
    }
  }

  /** Stops the process behind a quorum queue, as it is after a SIGKILL that came before the broker had written the queue's name to disk. */
  private void takeLeader(String queue) throws Exception {
    assertThat(rabbit.control("eval", "ra:stop_server(quorum_queues, {list_to_atom(\"%2F_" + queue + "\"), node()}).")).isZero();
  }

  @Test
  void aQueueWithoutALeaderIsToldAndMadeAnewAndHoldsUpNobody() throws Exception {
    String queue = QueueNames.queue(job, Kind.WORK);
    Received mine = Received.holding();
    Received others = Received.holding();
    try (var consumption = queues.consume(job, Kind.WORK, 10, mine); var healthy = queues.consume(other, Kind.WORK, 10, others)) {
      queues.publish(job, Kind.WORK, work(0)).get(20, TimeUnit.SECONDS);
      await().atMost(LIMIT).until(() -> mine.count() == 1);
      takeLeader(queue);
      queues.publish(other, Kind.WORK, work(0)).get(20, TimeUnit.SECONDS);
      await().atMost(LIMIT).until(() -> others.count() == 1);

      long start = System.nanoTime();
      CompletableFuture<Void> never = queues.publish(job, Kind.WORK, work(1));
      for (int i = 1; i < 20; i++) {
        queues.publish(other, Kind.WORK, work(i)).get(3, TimeUnit.SECONDS);
      }
      assertThatThrownBy(() -> never.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(QueueUnavailableException.class)
          .hasMessageContaining("did not confirm");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).as("a publish that is never confirmed")
          .isBetween(SHORT.confirm(), Duration.ofSeconds(10));

      await().atMost(LIMIT).ignoreExceptionsInstanceOf(QueueUnavailableException.class).until(() -> !queues.depth(job, Kind.WORK).exists());
      await().atMost(LIMIT).ignoreExceptionsInstanceOf(QueueUnavailableException.class).until(() -> {
        queues.declare(job);
        return true;
      });
      queues.publish(job, Kind.WORK, work(2)).get(20, TimeUnit.SECONDS);
      await().atMost(LIMIT).until(() -> mine.firstIndexes().contains(2L));
    }
    assertThat(others.deliveries.stream().filter(Delivery::redelivered).count()).as("what the other job's consumer had in hand and lost")
        .isLessThanOrEqualTo(10);
    everythingArrives();
  }

  /** Its consumer must not take down, again and again, the connection that all consumers of the process share. */
  @Test
  void theConsumerOfAQueueWithoutALeaderLeavesOthersAlone() throws Exception {
    takeLeader(QueueNames.queue(job, Kind.WORK));
    Received mine = Received.acking();
    try (var waiting = queues.consume(job, Kind.WORK, 10, mine)) {
      Received others = Received.holding();
      try (var healthy = queues.consume(other, Kind.WORK, 10, others)) {
        await().atMost(LIMIT).until(healthy::active);
        queues.publish(other, Kind.WORK, work(0)).get(20, TimeUnit.SECONDS);
        await().atMost(LIMIT).until(() -> others.count() >= 1);
        await().atMost(LIMIT).ignoreExceptionsInstanceOf(QueueUnavailableException.class).until(() -> !queues.depth(job, Kind.WORK).exists());
        int seen = others.count();
        assertThat(waiting.active()).isFalse();
        assertThat(healthy.active()).isTrue();
        assertThat(seen).as("deliveries of the one message that is in hand").isLessThanOrEqualTo(2);
        others.deliveries.getLast().ack();
        queues.publish(other, Kind.WORK, work(1)).get(20, TimeUnit.SECONDS);
        await().atMost(LIMIT).until(() -> others.firstIndexes().contains(1L));
        assertThat(others.firstIndexes().subList(seen, others.count())).as("nothing comes again").containsExactly(1L);
      }
      queues.declare(job);
      queues.publish(job, Kind.WORK, work(5)).get(20, TimeUnit.SECONDS);
      await().atMost(LIMIT).until(() -> mine.firstIndexes().contains(5L));
    }
  }

  /** Whether 3.10.8 finds such a queue again is a matter of luck; either it does, or declare brings it back. */
  @Test
  void aQueueDeclaredRightBeforeASigkillServesAgainOrIsToldAndMadeAnew() throws Exception {
    try (PrivateRabbitMq own = SERVICES.ownRabbit();
        RabbitWorkQueues young = new RabbitWorkQueues(RabbitWorkQueuesIT.settings(own), DelayLadder.STANDARD, SHORT)) {
      young.declare(job);
      young.publish(job, Kind.WORK, work(0)).get(20, TimeUnit.SECONDS);
      own.kill();
      own.start();
      Received received = Received.acking();
      try (var consumption = young.consume(job, Kind.WORK, 10, received)) {
        // as often as not the queue that was declared last comes back as a follower that never asks to be elected
        await().atMost(LIMIT).ignoreExceptionsInstanceOf(QueueUnavailableException.class).until(() -> {
          young.declare(job);
          return consumption.active();
        });
        for (Kind kind : Kind.values()) {
          assertThat(young.depth(job, kind).exists()).as("%s queue", kind).isTrue();
        }
        young.publish(job, Kind.DEAD, new Message.DeadLetter(1, 0, "{}".getBytes(StandardCharsets.UTF_8))).get(20, TimeUnit.SECONDS);
        await().atMost(LIMIT).ignoreExceptions().until(() -> {
          young.publishLater(job, Kind.WORK, work(1), Duration.ofMillis(750)).get(20, TimeUnit.SECONDS);
          return true;
        });
        await().atMost(LIMIT).until(() -> received.firstIndexes().contains(1L));
      }
    }
  }

  @Test
  void noCallHangsOnAConnectionThatStalls() throws Exception {
    try (CuttableProxy proxy = new CuttableProxy(URI.create(rabbit.url()).getPort());
        RabbitWorkQueues stalled = new RabbitWorkQueues(
            new RabbitSettings("amqp://127.0.0.1:" + proxy.port(), rabbit.username(), rabbit.password(), "stall"),
            DelayLadder.STANDARD, SHORT)) {
      stalled.publish(job, Kind.WORK, work(0)).get(20, TimeUnit.SECONDS);
      assertThat(stalled.depth(job, Kind.WORK).ready()).isEqualTo(1);
      proxy.stall();
      Duration bound = Duration.ofSeconds(45);
      List<Thread> calls = List.of(
          Thread.startVirtualThread(() -> swallow(() -> stalled.depth(job, Kind.WORK))),
          Thread.startVirtualThread(() -> swallow(() -> stalled.depth(job, Kind.DEAD))),
          Thread.startVirtualThread(() -> swallow(() -> stalled.declare(job))),
          Thread.startVirtualThread(() -> swallow(() -> stalled.purge(other))),
          Thread.startVirtualThread(() -> swallow(() -> stalled.publish(job, Kind.WORK, work(1)).get())));
      long start = System.nanoTime();
      for (Thread call : calls) {
        assertThat(call.join(bound.minusNanos(System.nanoTime() - start)))
            .as("a call on a stalled connection ends within %s", bound).isTrue();
      }
      System.out.printf("calls on a stalled connection ended within %d s%n", TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start));
      proxy.heal();
      await().atMost(LIMIT).ignoreExceptions().until(() -> {
        stalled.publish(job, Kind.WORK, work(2)).get(20, TimeUnit.SECONDS);
        return stalled.depth(job, Kind.WORK).exists();
      });
    }
  }

  private interface Call {
    void run() throws Exception;
  }

  private static void swallow(Call call) {
    try {
      call.run();
    } catch (Exception e) {
      // how it ends does not matter here, but that it does
    }
  }
}
