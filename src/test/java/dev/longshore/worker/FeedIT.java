package dev.longshore.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemCounts;
import dev.longshore.job.ItemResult;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.job.Outcome;
import dev.longshore.job.PoolRef;
import dev.longshore.job.WorkItem;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.queue.rabbitmq.RabbitSettings;
import dev.longshore.queue.rabbitmq.RabbitWorkQueues;
import dev.longshore.source.ItemReader;
import dev.longshore.source.ItemSource;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourcePosition;
import dev.longshore.source.SourceRecord;
import dev.longshore.store.Accounts;
import dev.longshore.store.AuditReading;
import dev.longshore.store.JobReading;
import dev.longshore.store.Ledger.Gaps;
import dev.longshore.store.Pools.Assignment;
import dev.longshore.store.redis.RedisConnection;
import dev.longshore.store.redis.RedisLedger;
import dev.longshore.store.redis.RedisPools;
import dev.longshore.store.redis.RedisSettings;
import dev.longshore.testing.Services;
import dev.longshore.worker.execute.BatchProcessor;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Feeds on a real broker and a real store; the test is the operator that finds what is missing. */
class FeedIT {
  @RegisterExtension static final Services SERVICES = new Services();
  /** A living feed shows itself every 2 s. */
  private static final Duration FEED_PATIENCE = Duration.ofSeconds(5);
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final PoolRef pool = new PoolRef("ns", "pool-" + UUID.randomUUID());
  private final JobRef job = new JobRef("ns", "numbers", UUID.randomUUID().toString());

  /** What one process has. */
  private final class Process implements AutoCloseable {
    final RedisConnection redis = new RedisConnection(new RedisSettings(SERVICES.redis().url(), SERVICES.redis().password()));
    final RedisLedger ledger = new RedisLedger(redis, Duration.ofSeconds(3));
    final RedisPools pools = new RedisPools(redis);
    final RabbitWorkQueues queues;
    Worker worker;

    Process(String name) {
      queues = new RabbitWorkQueues(new RabbitSettings(SERVICES.rabbit().url(), SERVICES.rabbit().username(), SERVICES.rabbit().password(), name));
    }

    Process work(String pod, ItemSource source, Duration callTime) {
      worker = new Worker(new WorkerSettings(pool, pod, WorkerSettings.HOLD_LIMIT), ledger, pools, queues, (spec, inline) -> source,
          (j, spec) -> new Timed(callTime), InstantSource.system(), new SimpleMeterRegistry());
      worker.start();
      return this;
    }

    JobReading reading() {
      return ledger.read(List.of(job)).get(job);
    }

    ItemCounts counts() {
      return reading().counts();
    }

    long ready(Kind kind) {
      return queues.depth(job, kind).ready();
    }

    @Override
    public void close() {
      if (worker != null) {
        worker.close();
      }
      queues.close();
      pools.close();
      ledger.close();
      redis.close();
    }
  }

  private record Timed(Duration callTime) implements BatchProcessor {
    @Override
    public List<Outcome> call(List<WorkItem> batch) {
      LockSupport.parkNanos(callTime.toNanos());
      return Collections.nCopies(batch.size(), Outcome.DONE);
    }

    @Override
    public int batchSize() {
      return 100;
    }

    @Override
    public void close() {}
  }

  /** Gives so many records a second. */
  private static ItemSource slow(long count, int recordsPerSecond) {
    return from -> {
      ItemReader numbers = Numbers.upTo(count).open(from);
      return new ItemReader() {
        private final long began = System.nanoTime();
        private long given;

        @Override
        public SourceRecord next() throws SourceException {
          LockSupport.parkNanos(began + 1_000_000_000L * given++ / recordsPerSecond - System.nanoTime());
          return numbers.next();
        }

        @Override
        public SourcePosition position() {
          return numbers.position();
        }

        @Override
        public void close() {
          numbers.close();
        }
      };
    };
  }

  private void open(Process operator, JobSpec spec) {
    operator.ledger.open(job, spec, null);
    operator.queues.declare(job);
    operator.queues.publish(job, Kind.CONTROL, new Message.Feed(1, 1, Message.Target.SOURCE)).join();
    assign(operator, List.of(job));
  }

  private void assign(Process operator, List<JobRef> jobs) {
    operator.pools.assign(pool, new Assignment(jobs, Set.of()));
  }

  private void feedWhatIsMissing(Process operator) {
    Gaps gaps = operator.ledger.markMissing(job);
    assertThat(gaps.items()).as("found missing").isPositive();
    operator.queues.publish(job, Kind.CONTROL, new Message.Feed(1, gaps.epoch(), Message.Target.GAPS)).join();
  }

  private void loseAllMessages(Process operator) {
    operator.queues.delete(job);
    operator.queues.declare(job);
  }

  /** As the operator does: a feed that shows no life, because a queue took it away, is published again. */
  private void reviveFeed(Process operator) {
    if (operator.reading().gaps().idle().compareTo(FEED_PATIENCE) > 0 && operator.ready(Kind.CONTROL) == 0) {
      operator.ledger.restartGaps(job).ifPresent(epoch ->
          operator.queues.publish(job, Kind.CONTROL, new Message.Feed(1, epoch, Message.Target.GAPS)).join());
    }
  }

  private void awaitEnd(Process operator, long items) {
    await().atMost(LIMIT).ignoreExceptions().untilAsserted(() -> {
      reviveFeed(operator);
      assertThat(operator.counts().allFinal()).as(() -> operator.ledger.audit(job) + " work " + operator.queues.depth(job, Kind.WORK) + " control "
          + operator.queues.depth(job, Kind.CONTROL)).isTrue();
    });
    assertThat(operator.counts().succeeded()).isEqualTo(items);
    AuditReading audit = operator.ledger.audit(job);
    assertThat(audit.violations()).isEmpty();
    assertThat(operator.reading().gaps().items()).isZero();
    List<ItemResult> results = new ArrayList<>();
    operator.ledger.results(job, 0, results::add);
    assertThat(results).as("each item has one result").hasSize((int) items);
    operator.pools.delete(pool);
    operator.ledger.delete(job);
    operator.queues.delete(job);
  }

  @Test
  void aFeedWhoseWorkerIsGoneIsFinishedByAnother() {
    try (Process operator = new Process("operator"); Process b = new Process("b")) {
      open(operator, Jobs.spec().chunkItems(100).build());
      Process reader = new Process("reader").work("reader", Numbers.upTo(10_000), Duration.ofSeconds(30));
      await().atMost(LIMIT).until(() -> operator.counts().intakeComplete());
      reader.close();
      operator.ledger.forget(job, "reader");
      loseAllMessages(operator);
      Process a = new Process("a").work("a", slow(10_000, 3_000), Duration.ZERO);
      feedWhatIsMissing(operator);
      await().atMost(LIMIT).until(() -> operator.reading().gaps().items() < 9_000);
      a.close();
      long left = operator.reading().gaps().items();
      assertThat(left).as("the feed was under way").isBetween(1L, 8_999L);
      operator.ledger.forget(job, "a");
      b.work("b", Numbers.upTo(10_000), Duration.ZERO);
      awaitEnd(operator, 10_000);
    }
  }

  @Test
  void aHundredthOfALargeJobIsFedAgain() {
    int items = 100_000;
    try (Process operator = new Process("operator"); Process a = new Process("a")) {
      open(operator, Jobs.spec().build());
      Process reader = new Process("reader").work("reader", Numbers.upTo(items), Duration.ofSeconds(30));
      await().atMost(LIMIT).until(() -> operator.counts().intakeComplete());
      reader.close();
      operator.ledger.forget(job, "reader");
      loseAllMessages(operator);
      for (int first = 0; first < items; first += 1_000) {
        IndexSet done = IndexSet.range(first, first + 999).filter(index -> index % 100 != 0);
        operator.ledger.take(job, done, 1, "w");
        operator.ledger.settle(job, Accounts.success(done, 1, "w", "w"));
      }
      assertThat(operator.ledger.markMissing(job).items()).isEqualTo(1_000);
      long began = System.nanoTime();
      feedWhatIsMissing(operator);
      a.work("a", Numbers.upTo(items), Duration.ZERO);
      await().atMost(LIMIT).pollInterval(Duration.ofMillis(20)).until(() -> operator.counts().allFinal());
      System.out.printf("1,000 of %,d items fed again and done in %,d ms, the worker's start included%n", items,
          (System.nanoTime() - began) / 1_000_000);
      awaitEnd(operator, items);
    }
  }

  @Test
  void theBacklogStaysWithinItsBoundWhileAWorkerIsSlow() {
    try (Process operator = new Process("operator"); Process a = new Process("a")) {
      open(operator, Jobs.spec().maxBacklog(2_000).build());
      a.work("a", Numbers.upTo(12_000), Duration.ofMillis(50));
      long[] most = {0};
      await().atMost(LIMIT).pollInterval(Duration.ofMillis(50)).until(() -> {
        ItemCounts counts = operator.counts();
        most[0] = Math.max(most[0], counts.remaining());
        return counts.allFinal();
      });
      assertThat(most[0]).as("items known and not final").isBetween(1_000L, 2_000L);
      awaitEnd(operator, 12_000);
    }
  }
}
