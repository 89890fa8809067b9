package dev.longshore.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.Chunk;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.queue.WorkQueues.Depth;
import dev.longshore.queue.WorkQueues.Kind;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every adapter of {@link WorkQueues} must do. */
public abstract class WorkQueuesContract {
  protected static final Duration LIMIT = Duration.ofSeconds(20);

  protected WorkQueues queues;
  protected JobRef job;
  private final List<JobRef> declared = new ArrayList<>();

  /** Opens the adapter under test. */
  protected abstract WorkQueues open() throws Exception;

  @BeforeEach
  void openQueues() throws Exception {
    queues = open();
    job = newJob();
    queues.declare(job);
  }

  @AfterEach
  void closeQueues() {
    declared.forEach(queues::delete);
    queues.close();
  }

  protected JobRef newJob() {
    JobRef fresh = new JobRef("contract", "tracks", UUID.randomUUID().toString());
    declared.add(fresh);
    return fresh;
  }

  protected static Message.Work work(long index) {
    return Message.Work.of(1, new Chunk(IndexSet.range(index, index), 1, List.of(("{\"n\":" + index + "}")
        .getBytes(StandardCharsets.UTF_8))));
  }

  protected void publishNow(Kind kind, Message message) throws Exception {
    queues.publish(job, kind, message).get(20, TimeUnit.SECONDS);
  }

  protected void awaitReady(Kind kind, long ready) {
    await().atMost(LIMIT).untilAsserted(() -> assertThat(queues.depth(job, kind).ready()).isEqualTo(ready));
  }

  @Test
  void declaresDeletesAndMeasures() throws Exception {
    queues.declare(job);
    assertThat(queues.depth(job, Kind.WORK)).isEqualTo(new Depth(true, 0, 0));

    publishNow(Kind.WORK, work(0));
    publishNow(Kind.WORK, work(1));
    publishNow(Kind.DEAD, new Message.DeadLetter(1, 7, "{}".getBytes()));

    awaitReady(Kind.WORK, 2);
    awaitReady(Kind.DEAD, 1);
    awaitReady(Kind.CONTROL, 0);

    queues.delete(job);
    queues.delete(job);
    for (Kind kind : Kind.values()) {
      assertThat(queues.depth(job, kind)).isEqualTo(new Depth(false, 0, 0));
    }
  }

  @Test
  void aPurgeEmptiesWorkAndControlAndLeavesDeadLetters() throws Exception {
    publishNow(Kind.WORK, work(0));
    publishNow(Kind.WORK, work(1));
    publishNow(Kind.CONTROL, new Message.Feed(1, 1, Message.Target.SOURCE));
    publishNow(Kind.DEAD, new Message.DeadLetter(1, 7, "{}".getBytes()));
    awaitReady(Kind.WORK, 2);
    Received received = Received.holding();
    try (var consumption = queues.consume(job, Kind.WORK, 1, received)) {
      await().atMost(LIMIT).until(() -> received.count() == 1);

      queues.purge(job);

      awaitReady(Kind.WORK, 0);
      awaitReady(Kind.CONTROL, 0);
      awaitReady(Kind.DEAD, 1);
    }
    awaitReady(Kind.WORK, 1);
    publishNow(Kind.WORK, work(2));
    awaitReady(Kind.WORK, 2);
    queues.delete(job);
    queues.purge(job);
    assertThat(queues.depth(job, Kind.WORK).exists()).isFalse();
  }

  @Test
  void carriesEveryKindOfMessage() throws Exception {
    Chunk chunk = new Chunk(IndexSet.parse("3-5,9"), 4, List.of("1".getBytes(), "2".getBytes(), "\"ü\"".getBytes(StandardCharsets.UTF_8),
        "{}".getBytes()));
    Received received = Received.acking();
    try (var consumption = queues.consume(job, Kind.WORK, 10, received)) {
      publishNow(Kind.WORK, Message.Work.of(2, chunk));
      publishNow(Kind.WORK, new Message.Feed(3, 1L << 40, Message.Target.SOURCE));
      publishNow(Kind.WORK, new Message.Feed(3, 5, Message.Target.GAPS));
      publishNow(Kind.WORK, new Message.DeadLetter(2, 1L << 41, "{\"index\":1}".getBytes()));
      await().atMost(LIMIT).until(() -> received.count() == 4);
    }
    Message.Work work = (Message.Work) received.deliveries.get(0).message();
    assertThat(work.run()).isEqualTo(2);
    assertThat(work.chunk().indexes()).isEqualTo(chunk.indexes());
    assertThat(work.chunk().attempt()).isEqualTo(4);
    assertThat(work.chunk().items()).usingRecursiveComparison().isEqualTo(chunk.items());
    assertThat(received.deliveries.get(1).message()).isEqualTo(new Message.Feed(3, 1L << 40, Message.Target.SOURCE));
    assertThat(received.deliveries.get(2).message()).isEqualTo(new Message.Feed(3, 5, Message.Target.GAPS));
    Message.DeadLetter letter = (Message.DeadLetter) received.deliveries.get(3).message();
    assertThat(letter.run()).isEqualTo(2);
    assertThat(letter.index()).isEqualTo(1L << 41);
    assertThat(letter.json()).isEqualTo("{\"index\":1}".getBytes());
  }

  @Test
  void handsOnMessagesOfANewerVersionUntouched() throws Exception {
    Message.Unknown newer = new Message.Unknown(9, "", Map.of("version", 9, "new-thing", "a"), "body".getBytes());
    Received received = Received.acking();
    publishNow(Kind.WORK, newer);
    try (var consumption = queues.consume(job, Kind.WORK, 10, received)) {
      await().atMost(LIMIT).until(() -> received.count() == 1);
      Message.Unknown first = (Message.Unknown) received.deliveries.getFirst().message();
      queues.publishLater(job, Kind.WORK, first, Duration.ofMillis(250)).get(20, TimeUnit.SECONDS);
      await().atMost(LIMIT).until(() -> received.count() == 2);
    }
    Message.Unknown second = (Message.Unknown) received.deliveries.get(1).message();
    assertThat(second.version()).isEqualTo(9);
    assertThat(second.body()).isEqualTo("body".getBytes());
    assertThat(second.headers().get("new-thing").toString()).isEqualTo("a");
  }

  @Test
  void carriesALargeChunk() throws Exception {
    byte[] item = new byte[1 << 20];
    Random random = new Random(1);
    for (int i = 0; i < item.length; i++) {
      item[i] = (byte) ('!' + random.nextInt(90));
    }
    item[0] = '"';
    item[item.length - 1] = '"';
    Message.Work large = new Message.Work(1, IndexSet.range(0, 0), 1, item, false);
    Received received = Received.acking();
    try (var consumption = queues.consume(job, Kind.WORK, 1, received)) {
      List<CompletableFuture<Void>> all = IntStream.range(0, 40).mapToObj(i -> queues.publish(job, Kind.WORK, large)).toList();
      CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(20, TimeUnit.SECONDS);
      await().atMost(LIMIT).until(() -> received.count() == 40);
    }
    assertThat(((Message.Work) received.deliveries.getLast().message()).body()).isEqualTo(item);
  }

  @Test
  void aMessageThatNoQueueTakesIsUnroutable() throws Exception {
    JobRef unknown = new JobRef("contract", "nobody", UUID.randomUUID().toString());
    JobRef unknownNamespace = new JobRef("never-declared", "nobody", UUID.randomUUID().toString());
    CompletableFuture<Void> good = queues.publish(job, Kind.WORK, work(0));
    assertThatThrownBy(() -> queues.publish(unknown, Kind.WORK, work(0)).get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(UnroutableException.class);
    assertThatThrownBy(() -> queues.publish(unknownNamespace, Kind.WORK, work(0)).get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(UnroutableException.class);
    good.get(20, TimeUnit.SECONDS);

    queues.delete(job);
    assertThatThrownBy(() -> publishNow(Kind.WORK, work(1))).hasCauseInstanceOf(UnroutableException.class);
    queues.declare(job);
    publishNow(Kind.WORK, work(1));
  }

  @Test
  void whatIsInHandComesAgainAfterClose() throws Exception {
    for (int i = 0; i < 5; i++) {
      publishNow(Kind.WORK, work(i));
    }
    Received first = Received.holding();
    var consumption = queues.consume(job, Kind.WORK, 10, first);
    await().atMost(LIMIT).until(() -> first.count() == 5);
    assertThat(first.deliveries).noneMatch(Delivery::redelivered);
    first.deliveries.get(0).ack();
    first.deliveries.get(3).ack();
    consumption.close();
    first.deliveries.get(1).ack();
    first.deliveries.get(2).requeue();

    Received second = Received.acking();
    try (var again = queues.consume(job, Kind.WORK, 10, second)) {
      await().atMost(LIMIT).until(() -> second.count() == 3);
      assertThat(second.firstIndexes()).containsExactlyInAnyOrder(1L, 2L, 4L);
      assertThat(second.deliveries).allMatch(Delivery::redelivered);
    }
    awaitReady(Kind.WORK, 0);
  }

  @Test
  void aRequeuedMessageComesAgain() throws Exception {
    Received received = Received.holding();
    try (var consumption = queues.consume(job, Kind.WORK, 1, received)) {
      publishNow(Kind.WORK, work(4));
      for (int times = 1; times <= 30; times++) {
        int expected = times;
        await().atMost(LIMIT).until(() -> received.count() == expected);
        received.deliveries.getLast().requeue();
      }
      await().atMost(LIMIT).until(() -> received.count() == 31);
      assertThat(received.deliveries.getLast().redelivered()).isTrue();
      received.deliveries.getLast().ack();
      received.deliveries.getLast().ack();
      received.deliveries.getFirst().requeue();
      publishNow(Kind.WORK, work(5));
      await().atMost(LIMIT).until(() -> received.count() == 32);
      assertThat(received.firstIndexes().getLast()).isEqualTo(5);
    }
  }

  @Test
  void prefetchBoundsWhatIsInHandAndCanChange() throws Exception {
    for (int i = 0; i < 60; i++) {
      publishNow(Kind.WORK, work(i));
    }
    Received received = Received.holding();
    try (var consumption = queues.consume(job, Kind.WORK, 3, received)) {
      await().atMost(LIMIT).until(() -> received.count() == 3);
      awaitReady(Kind.WORK, 57);
      assertThat(received.count()).isEqualTo(3);
      received.deliveries.get(0).ack();
      await().atMost(LIMIT).until(() -> received.count() == 4);

      received.deliveries.forEach(Delivery::ack);
      await().atMost(LIMIT).until(() -> received.count() == 7);
      received.deliveries.forEach(Delivery::ack);
      await().atMost(LIMIT).until(() -> received.count() == 10);
      consumption.prefetch(20);
      await().atMost(LIMIT).until(() -> received.count() - 7 >= 20);
      assertThat(received.count() - 7).as("in hand").isLessThanOrEqualTo(23);

      List.copyOf(received.deliveries).forEach(Delivery::ack);
      await().atMost(LIMIT).until(() -> queues.depth(job, Kind.WORK).ready() < 30);
      await().atMost(LIMIT).untilAsserted(() -> {
        received.deliveries.forEach(Delivery::ack);
        assertThat(received.count()).isEqualTo(60);
      });
      // the last may have come behind the acks above
      received.deliveries.forEach(Delivery::ack);
    }
    awaitReady(Kind.WORK, 0);
    assertThat(received.firstIndexes()).as("nothing twice, what was in hand stayed good").doesNotHaveDuplicates().hasSize(60);
    assertThatThrownBy(() -> queues.consume(job, Kind.WORK, 0, received)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void afterCancelNothingNewComesAndWhatIsInHandCanBeAcked() throws Exception {
    publishNow(Kind.WORK, work(0));
    Received received = Received.holding();
    try (var consumption = queues.consume(job, Kind.WORK, 10, received)) {
      await().atMost(LIMIT).until(() -> received.count() == 1);
      assertThat(consumption.active()).isTrue();
      consumption.cancel();
      assertThat(consumption.active()).isFalse();
      publishNow(Kind.WORK, work(1));
      awaitReady(Kind.WORK, 1);
      received.deliveries.getFirst().ack();
      assertThat(received.count()).isEqualTo(1);
    }
    Received rest = Received.acking();
    try (var again = queues.consume(job, Kind.WORK, 10, rest)) {
      await().atMost(LIMIT).until(() -> rest.count() == 1);
      assertThat(rest.firstIndexes()).containsExactly(1L);
    }
  }

  @Test
  void aHandlerThatThrowsGetsTheMessageAgain() throws Exception {
    Received received = Received.acking();
    boolean[] thrown = {false};
    try (var consumption = queues.consume(job, Kind.WORK, 1, delivery -> {
      if (!thrown[0]) {
        thrown[0] = true;
        throw new IllegalStateException("planted");
      }
      received.accept(delivery);
    })) {
      publishNow(Kind.WORK, work(0));
      await().atMost(LIMIT).until(() -> received.count() == 1);
    }
  }

  @Test
  void workIsSharedBetweenConsumersAndControlHasOneAtATime() throws Exception {
    Received a = Received.holding();
    Received b = Received.holding();
    try (var first = queues.consume(job, Kind.WORK, 1, a); var second = queues.consume(job, Kind.WORK, 1, b)) {
      await().atMost(LIMIT).until(() -> first.active() && second.active());
      publishNow(Kind.WORK, work(0));
      publishNow(Kind.WORK, work(1));
      await().atMost(LIMIT).until(() -> a.count() == 1 && b.count() == 1);
    }

    Received active = Received.holding();
    Received waiting = Received.holding();
    var first = queues.consume(job, Kind.CONTROL, 1, active);
    await().atMost(LIMIT).until(() -> queues.depth(job, Kind.CONTROL).consumers() == 1);
    try (var second = queues.consume(job, Kind.CONTROL, 1, waiting)) {
      await().atMost(LIMIT).until(second::active);
      publishNow(Kind.CONTROL, new Message.Feed(1, 1, Message.Target.SOURCE));
      publishNow(Kind.CONTROL, new Message.Feed(1, 2, Message.Target.SOURCE));
      await().atMost(LIMIT).until(() -> active.count() == 1);
      active.deliveries.getFirst().ack();
      await().atMost(LIMIT).until(() -> active.count() == 2);
      assertThat(waiting.count()).isZero();
      first.close();
      await().atMost(LIMIT).until(() -> waiting.count() == 1);
      assertThat(waiting.deliveries.getFirst().message()).isEqualTo(new Message.Feed(1, 2, Message.Target.SOURCE));
    }
  }

  @Test
  void delayedMessagesComeInTheOrderOfTheirTimesAndNeverEarly() throws Exception {
    List<Long> delays = List.of(1_500L, 1_000L, 1L, 510L, 0L);
    long[] arrived = new long[3_000];
    Received received = Received.acking();
    try (var consumption = queues.consume(job, Kind.WORK, 100, delivery -> {
      arrived[(int) ((Message.Work) delivery.message()).indexes().first()] = System.nanoTime();
      received.accept(delivery);
    })) {
      await().atMost(LIMIT).until(consumption::active);
      long start = System.nanoTime();
      for (long delay : delays) {
        queues.publishLater(job, Kind.WORK, work(delay), Duration.ofMillis(delay)).get(20, TimeUnit.SECONDS);
      }
      await().atMost(LIMIT).until(() -> received.count() == delays.size());
      for (long delay : delays) {
        long rounded = Math.ceilDiv(delay, 250L) * 250;
        assertThat(TimeUnit.NANOSECONDS.toMillis(arrived[(int) delay] - start)).as("delay %s", delay).isBetween(rounded, rounded + 2_500);
      }
    }
    assertThat(received.firstIndexes()).containsExactly(0L, 1L, 510L, 1_000L, 1_500L);
    assertThatThrownBy(() -> queues.publishLater(job, Kind.WORK, work(0), Duration.ofDays(8))).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aLongDelayDoesNotHoldUpAShortOne() throws Exception {
    Received received = Received.acking();
    try (var consumption = queues.consume(job, Kind.WORK, 100, received)) {
      queues.publishLater(job, Kind.WORK, work(9), Duration.ofDays(7)).get(20, TimeUnit.SECONDS);
      queues.publishLater(job, Kind.WORK, work(8), Duration.ofHours(3)).get(20, TimeUnit.SECONDS);
      queues.publishLater(job, Kind.WORK, work(1), Duration.ofMillis(750)).get(20, TimeUnit.SECONDS);
      await().atMost(LIMIT).until(() -> received.count() == 1);
      assertThat(received.firstIndexes()).containsExactly(1L);
    }
  }

  @Test
  void delayedMessagesOfADeletedJobDoNotBlockOthers() throws Exception {
    JobRef gone = newJob();
    queues.declare(gone);
    for (int i = 0; i < 300; i++) {
      queues.publishLater(gone, Kind.WORK, work(i), Duration.ofMillis(500)).get(20, TimeUnit.SECONDS);
    }
    queues.delete(gone);
    Received received = Received.acking();
    try (var consumption = queues.consume(job, Kind.WORK, 100, received)) {
      for (int i = 0; i < 50; i++) {
        queues.publishLater(job, Kind.WORK, work(i), Duration.ofMillis(750)).get(20, TimeUnit.SECONDS);
      }
      await().atMost(LIMIT).until(() -> received.count() == 50);
    }
    assertThat(received.firstIndexes()).containsExactlyInAnyOrderElementsOf(LongStream.range(0, 50).boxed().toList());
  }

  @Test
  void aConsumerComesBackWhenItsQueueDoes() throws Exception {
    Received received = Received.holding();
    try (var consumption = queues.consume(job, Kind.WORK, 10, received)) {
      publishNow(Kind.WORK, work(0));
      await().atMost(LIMIT).until(() -> received.count() == 1);
      queues.delete(job);
      await().atMost(LIMIT).until(() -> !consumption.active());
      queues.declare(job);
      received.deliveries.getFirst().ack();
      publishNow(Kind.WORK, work(1));
      await().atMost(LIMIT).until(() -> received.count() == 2);
      received.deliveries.getLast().ack();
    }
    awaitReady(Kind.WORK, 0);
  }

  @Test
  void aConsumerMayBeThereBeforeItsQueue() throws Exception {
    JobRef later = newJob();
    Received received = Received.acking();
    try (var consumption = queues.consume(later, Kind.WORK, 10, received)) {
      assertThat(consumption.active()).isFalse();
      queues.declare(later);
      queues.publish(later, Kind.WORK, work(0)).get(20, TimeUnit.SECONDS);
      await().atMost(LIMIT).until(() -> received.count() == 1);
      assertThat(consumption.active()).isTrue();
    }
  }

  @Test
  void manyPublishersLoseNothing() throws Exception {
    Received received = Received.acking();
    try (var consumption = queues.consume(job, Kind.WORK, 200, received)) {
      List<Thread> publishers = IntStream.range(0, 8).mapToObj(p -> Thread.startVirtualThread(() -> {
        List<CompletableFuture<Void>> all = IntStream.range(0, 250).mapToObj(i -> queues.publish(job, Kind.WORK, work(p * 250L + i)))
            .toList();
        all.forEach(CompletableFuture::join);
      })).toList();
      for (Thread publisher : publishers) {
        publisher.join();
      }
      await().atMost(LIMIT).until(() -> received.count() == 2_000);
    }
    assertThat(received.firstIndexes()).doesNotHaveDuplicates();
    assertThat(queues.health().up()).isTrue();
  }
}
