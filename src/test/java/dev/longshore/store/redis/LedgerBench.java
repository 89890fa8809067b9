package dev.longshore.store.redis;

import dev.longshore.job.ChunkCodec;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.store.Accounts;
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

/** How many chunks of 1,000 items a private Redis takes and settles in a second, with results of 20 KB each. */
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
