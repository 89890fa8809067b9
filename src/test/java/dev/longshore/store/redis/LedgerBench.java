package dev.longshore.store.redis;

import dev.longshore.job.ChunkCodec;
import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobPhase;
import dev.longshore.job.JobRef;
import dev.longshore.store.Accounts;
import dev.longshore.store.Ledger;
import dev.longshore.store.ResultBlob;
import dev.longshore.store.Settlement;
import dev.longshore.testing.Services;
import io.vertx.redis.client.Command;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How many chunks of 1,000 items a private Redis takes and settles in a second, with results of 20 KB each, and what steering costs. */
class LedgerBench {
  @RegisterExtension
  static final Services SERVICES = new Services();

  private static final int CALLERS = 64;
  private static final int CHUNKS = 8_000;

  @Test
  void takesAndSettles() throws Exception {
    byte[] packed = new byte[20_000];
    new Random(1).nextBytes(packed);
    try (RedisConnection redis = new RedisConnection(new RedisSettings(SERVICES.redisUrl(), SERVICES.redisPassword()));
        RedisLedger ledger = new RedisLedger(redis, Duration.ofSeconds(30))) {
      for (int round = 0; round < 2; round++) {
        JobRef job = Accounts.newJobIn(ledger);
        redis.call(Command.CONFIG, "RESETSTAT");
        measure("take", chunk -> ledger.take(job, range(chunk), 1, "w" + chunk % 2));
        stats(redis);
        measure("enter", chunk -> ledger.enter(job, "w" + chunk % 2, range(chunk)));
        stats(redis);
        measure("settle", chunk -> {
          IndexSet all = range(chunk);
          ResultBlob blob = new ResultBlob(all, 1, all, new ChunkCodec.Body(packed, true), new ChunkCodec.Body(new byte[1_000], false));
          ledger.settle(job, new Settlement(1, "w" + chunk % 2, all, List.of(), List.of(), List.of(), blob, Duration.ofMillis(1)));
        });
        stats(redis);
        long before = System.nanoTime();
        ledger.audit(job);
        System.out.printf("audit of %,d items: %d ms%n", CHUNKS * 1_000, (System.nanoTime() - before) / 1_000_000);
        ledger.delete(job);
      }
    }
  }

  /** How long it takes to steer a job of ten million items, and the slowest single script of it. */
  @Test
  void steersALargeJob() throws Exception {
    try (RedisConnection redis = new RedisConnection(new RedisSettings(SERVICES.redisUrl(), SERVICES.redisPassword()));
        RedisLedger ledger = new RedisLedger(redis, Duration.ofSeconds(30))) {
      redis.call(Command.CONFIG, "SET", "slowlog-log-slower-than", 2_000);
      JobRef missing = Accounts.newJobIn(ledger);
      ledger.announce(missing, 1, 10_000_000);
      for (long chunk = 0; chunk < 10_000; chunk += 2) {
        ledger.settle(missing, Accounts.success(range(chunk), 1, "w", null));
      }
      timed(redis, "mark 5,000,000 missing of 10,000,000", () -> ledger.markMissing(missing));
      timed(redis, "cancel 5,000,000 of 10,000,000", () -> ledger.cancel(missing));
      ledger.delete(missing);

      JobRef failed = Accounts.newJobIn(ledger);
      Failure why = new Failure("HttpStatus503", "503 on https://example.org/7");
      for (long chunk = 0; chunk < 10_000; chunk++) {
        IndexSet all = range(chunk);
        IndexSet bad = chunk % 10 == 0 ? all.filter(index -> index % 10 == 0) : IndexSet.of(all.first());
        ledger.settle(failed, Accounts.together(Accounts.success(all.minus(bad), 1, "w", null), Accounts.failure(bad, 1, "w", why)));
      }
      ledger.completeIntake(failed, 1, 10_000_000);
      ledger.finish(failed, 1, JobPhase.COMPLETE);
      timed(redis, "redrive all 109,000 failed of 10,000,000", () -> System.out.println(ledger.redrive(failed, "r", new Ledger.Selection.All())));
      ledger.delete(failed);
    }
  }

  private static void timed(RedisConnection redis, String what, Runnable step) {
    redis.call(Command.SLOWLOG, "RESET");
    redis.call(Command.CONFIG, "RESETSTAT");
    long before = System.nanoTime();
    step.run();
    System.out.printf("%s: %d ms%n", what, (System.nanoTime() - before) / 1_000_000);
    long slowest = 0;
    for (var entry : redis.call(Command.SLOWLOG, "GET", 1_000)) {
      slowest = Math.max(slowest, entry.get(2).toLong());
    }
    System.out.printf("slowest script: %s%n", slowest == 0 ? "below 2 ms" : slowest / 1_000 + " ms");
    stats(redis);
  }

  /** What Redis itself spent, which says more than the rate when the machine is busy. */
  private static void stats(RedisConnection redis) {
    redis.call(Command.INFO, "commandstats").toString().lines().filter(line -> line.startsWith("cmdstat_evalsha")).forEach(System.out::println);
    redis.call(Command.CONFIG, "RESETSTAT");
  }

  private static IndexSet range(long chunk) {
    return IndexSet.range(chunk * 1_000, chunk * 1_000 + 999);
  }

  private static void measure(String what, LongConsumer step) throws Exception {
    AtomicLong next = new AtomicLong();
    long before = System.nanoTime();
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < CALLERS; i++) {
        callers.submit(() -> {
          for (long chunk = next.getAndIncrement(); chunk < CHUNKS; chunk = next.getAndIncrement()) {
            step.accept(chunk);
          }
        });
      }
    }
    double seconds = (System.nanoTime() - before) / 1e9;
    System.out.printf("%s: %,.0f chunks/s%n", what, CHUNKS / seconds);
  }
}
