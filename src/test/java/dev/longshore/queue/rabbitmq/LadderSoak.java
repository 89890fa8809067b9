package dev.longshore.queue.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.Chunk;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.runtime.local.services.PrivateRabbitMq;
import dev.longshore.testing.Services;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The longest delays, in a ladder whose tick lasts 1 ms instead of 250: 7 days are over in 41 minutes. */
class LadderSoak {
  @RegisterExtension
  static final Services SERVICES = new Services();
  private static final List<Duration> DELAYS = List.of(Duration.ofMinutes(1), Duration.ofHours(1), Duration.ofDays(1), Duration.ofDays(7));
  private static final long SLACK_MILLIS = 10_000;

  @Test
  void daysEndWhenTheyShould() throws Exception {
    DelayLadder quick = new DelayLadder("longshore.delay.soak.", level -> 1L << level);
    JobRef job = new JobRef("soak", "days", UUID.randomUUID().toString());
    try (PrivateRabbitMq rabbit = SERVICES.ownRabbit();
        RabbitWorkQueues queues = new RabbitWorkQueues(RabbitWorkQueuesIT.settings(rabbit), quick, Limits.STANDARD)) {
      queues.declare(job);
      Map<Long, Long> came = new ConcurrentHashMap<>();
      try (var consumption = queues.consume(job, Kind.WORK, 10, delivery -> {
        came.put(((Message.Work) delivery.message()).indexes().first(), System.nanoTime());
        delivery.ack();
      })) {
        await().until(consumption::active);
        long start = System.nanoTime();
        for (Duration delay : DELAYS) {
          long ticks = DelayLadder.ticks(delay);
          queues.publishLater(job, Kind.WORK, Message.Work.of(1, new Chunk(IndexSet.range(ticks, ticks), 2,
              List.of("{}".getBytes(StandardCharsets.UTF_8)))), delay).get(20, TimeUnit.SECONDS);
        }
        for (Duration delay : DELAYS) {
          long ticks = DelayLadder.ticks(delay);
          await().atMost(Duration.ofMillis(2 * ticks + 60_000)).until(() -> came.containsKey(ticks));
          long late = TimeUnit.NANOSECONDS.toMillis(came.get(ticks) - start) - ticks;
          System.out.printf("%s in ticks of 1 ms: %,d ms, came %d ms late%n", delay, ticks, late);
          assertThat(late).as("milliseconds that %s came late", delay).isBetween(0L, SLACK_MILLIS);
        }
      }
    }
  }
}
