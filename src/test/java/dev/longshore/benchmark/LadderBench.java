package dev.longshore.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.MessageProperties;
import dev.longshore.job.Chunk;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.process.ChildProcesses;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.queue.rabbitmq.RabbitSettings;
import dev.longshore.queue.rabbitmq.RabbitWorkQueues;
import dev.longshore.runtime.local.services.PrivateRabbitMq;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How late retries come back over the delay ladder: each published alone, as a retry is, all of them with random delays. */
class LadderBench {
  private static final int RETRIES = 10_000;
  private static final long SHORTEST_MILLIS = 250;
  private static final long LONGEST_MILLIS = 60_000;
  private static final int THREADS = 16;
  private static final long BOUND_MILLIS = 500;
  private static final Duration LIMIT = Duration.ofSeconds(180);

  /** When each retry was due, and when it came; {@link System#nanoTime}. */
  private static final class Journeys {
    private final long[] due = new long[RETRIES];
    private final long[] came = new long[RETRIES];
    private final CountDownLatch left = new CountDownLatch(RETRIES);

    void publishing(int index, long delayMillis) {
      due[index] = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delayMillis);
    }

    void arrived(int index) {
      if (came[index] == 0) {
        came[index] = System.nanoTime();
        left.countDown();
      }
    }

    /** Milliseconds behind the due time, in order. */
    long[] late() throws InterruptedException {
      assertThat(left.await(LIMIT.toSeconds(), TimeUnit.SECONDS))
          .as("%s of %s retries have not come back", left.getCount(), RETRIES).isTrue();
      long[] late = new long[RETRIES];
      for (int i = 0; i < RETRIES; i++) {
        late[i] = TimeUnit.NANOSECONDS.toMillis(came[i] - due[i]);
      }
      Arrays.sort(late);
      return late;
    }
  }

  @Test
  void measures() throws Exception {
    long[] delays = new Random(4).longs(RETRIES, SHORTEST_MILLIS, LONGEST_MILLIS + 1).toArray();
    BenchmarkPage page = new BenchmarkPage("Delay ladder");
    try (ChildProcesses children = new ChildProcesses();
        PrivateRabbitMq broker = new PrivateRabbitMq(children, Path.of("target", "bench", "ladder-" + UUID.randomUUID()), 1L << 30)) {
      broker.start();
      long[] ideal = timerAndPlainPublish(broker, delays);
      long[] ladder = overTheLadder(broker, delays);
      String what = String.format(Locale.ROOT, "%,d retries published one by one, delays of 0.25 to 60 s: late, p99", RETRIES);
      page.row(what, at(ladder, 0.99) + " ms", "under " + BOUND_MILLIS + " ms",
          "a timer in memory and a plain publish: " + at(ideal, 0.99) + " ms");
      page.row("the same, median and latest", at(ladder, 0.5) + " ms, " + at(ladder, 1) + " ms", "",
          "timer: " + at(ideal, 0.5) + " ms, " + at(ideal, 1) + " ms; delays are rounded up to 250 ms, so 125 ms are the ladder's ideal");
      page.row("the same, earliest", at(ladder, 0) + " ms", "never early", "timer: " + at(ideal, 0) + " ms");
      page.write();
      assertThat(at(ladder, 0)).as("none comes early").isGreaterThanOrEqualTo(0);
      assertThat(at(ladder, 0.99)).as("p99 of milliseconds late").isLessThan(BOUND_MILLIS);
    }
  }

  private static long at(long[] sorted, double share) {
    return sorted[(int) Math.ceil(share * (sorted.length - 1))];
  }

  private static long[] overTheLadder(PrivateRabbitMq broker, long[] delays) throws Exception {
    JobRef job = new JobRef("bench", "ladder", UUID.randomUUID().toString());
    Journeys journeys = new Journeys();
    try (RabbitWorkQueues queues =
        new RabbitWorkQueues(new RabbitSettings(broker.url(), broker.username(), broker.password(), "ladder"))) {
      queues.declare(job);
      try (var consumption = queues.consume(job, Kind.WORK, 1_000, delivery -> {
        journeys.arrived((int) ((Message.Work) delivery.message()).indexes().first());
        delivery.ack();
      })) {
        AtomicInteger next = new AtomicInteger();
        long begin = System.nanoTime();
        List<Thread> publishers = IntStream.range(0, THREADS).mapToObj(t -> Thread.startVirtualThread(() -> {
          for (int i = next.getAndIncrement(); i < RETRIES; i = next.getAndIncrement()) {
            Message.Work retry = Message.Work.of(1, new Chunk(IndexSet.range(i, i), 2,
                List.of("{\"n\":1}".getBytes(StandardCharsets.UTF_8))));
            journeys.publishing(i, delays[i]);
            queues.publishLater(job, Kind.WORK, retry, Duration.ofMillis(delays[i])).join();
          }
        })).toList();
        for (Thread publisher : publishers) {
          publisher.join();
        }
        System.out.printf("published and confirmed in %d ms%n", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
        return journeys.late();
      } finally {
        queues.delete(job);
      }
    }
  }

  /** The ideal: nothing waits in the broker, and nothing outlives this process. */
  private static long[] timerAndPlainPublish(PrivateRabbitMq broker, long[] delays) throws Exception {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(broker.url());
    factory.setUsername(broker.username());
    factory.setPassword(broker.password());
    Journeys journeys = new Journeys();
    try (Connection connection = factory.newConnection(); ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor()) {
      Channel publishing = connection.createChannel();
      Channel consuming = connection.createChannel();
      consuming.queueDeclare("ideal", true, false, false, Map.of("x-queue-type", "quorum"));
      consuming.basicQos(1_000);
      consuming.basicConsume("ideal", false, (tag, message) -> {
        journeys.arrived(Integer.parseInt(new String(message.getBody(), StandardCharsets.US_ASCII)));
        consuming.basicAck(message.getEnvelope().getDeliveryTag(), false);
      }, tag -> { });
      for (int i = 0; i < RETRIES; i++) {
        int index = i;
        journeys.publishing(i, delays[i]);
        timer.schedule(() -> {
          publishing.basicPublish("", "ideal", true, MessageProperties.PERSISTENT_BASIC,
              Integer.toString(index).getBytes(StandardCharsets.US_ASCII));
          return null;
        }, delays[i], TimeUnit.MILLISECONDS);
      }
      return journeys.late();
    }
  }
}
