package dev.longshore.benchmark;

import static org.awaitility.Awaitility.await;

import dev.longshore.job.JobRef;
import dev.longshore.job.Outcome;
import dev.longshore.job.PoolRef;
import dev.longshore.job.WorkItem;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.queue.memory.MemoryWorkQueues;
import dev.longshore.source.ItemReader;
import dev.longshore.source.SourcePosition;
import dev.longshore.source.SourceRecord;
import dev.longshore.store.Pools.Assignment;
import dev.longshore.store.memory.MemoryLedger;
import dev.longshore.store.memory.MemoryPools;
import dev.longshore.worker.Jobs;
import dev.longshore.worker.Worker;
import dev.longshore.worker.WorkerSettings;
import dev.longshore.worker.execute.BatchProcessor;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * How many items a second a worker's own code takes in and works off, without broker and store, of one job and of two that take turns;
 * processor time of the whole JVM.
 */
class WorkerBench {
  private static final long ITEMS = Long.getLong("worker.items", 1_000_000);
  private static final PoolRef POOL = new PoolRef("ns", "pool");

  @Test
  void measures() {
    for (int round = 1; round <= 3; round++) {
      // a registry that is empty hands out meters that count nothing
      measure(round, 1, "uncounted", new CompositeMeterRegistry());
      measure(round, 1, "counted", new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
      measure(round, 2, "counted", new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
    }
  }

  private static void measure(int round, int count, String how, MeterRegistry meters) {
    List<JobRef> jobs = IntStream.range(0, count).mapToObj(i -> new JobRef("ns", "noop-" + i, "5f3a9" + how + round + count + i)).toList();
    long items = ITEMS / count;
    ScheduledExecutorService ladder = Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());
    try (MemoryLedger ledger = new MemoryLedger(InstantSource.system(), Duration.ofSeconds(5));
        MemoryPools pools = new MemoryPools(InstantSource.system());
        MemoryWorkQueues queues = new MemoryWorkQueues(ladder)) {
      for (JobRef job : jobs) {
        ledger.open(job, Jobs.spec().concurrency(2).maxReplicas(2).build(), null);
        queues.declare(job);
        queues.publish(job, Kind.CONTROL, new Message.Feed(1, 1, Message.Target.SOURCE)).join();
      }
      pools.assign(POOL, new Assignment(jobs, Set.of()));
      long cpu = cpu();
      long start = System.nanoTime();
      try (Worker worker = new Worker(new WorkerSettings(POOL, "a", WorkerSettings.HOLD_LIMIT), ledger, pools, queues, (spec, inline) -> from -> new Records(items),
          (j, spec) -> new Noop(), InstantSource.system(), meters)) {
        worker.start();
        await().pollInterval(Duration.ofMillis(20)).atMost(Duration.ofSeconds(60))
            .until(() -> ledger.read(jobs).values().stream().allMatch(reading -> reading.counts().allFinal()));
        long wall = System.nanoTime() - start;
        System.out.printf("round %d, %s: intake and work of %,d items of 120 bytes in %d jobs: %,.0f items/s, %,.0f items for a core's second%n",
            round, how, ITEMS, count, ITEMS * 1e9 / wall, ITEMS * 1e9 / (cpu() - cpu));
      }
    } finally {
      ladder.shutdownNow();
    }
  }

  private static long cpu() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
  }

  /** Does nothing, a whole chunk a call. */
  private static final class Noop implements BatchProcessor {
    @Override
    public List<Outcome> call(List<WorkItem> batch) {
      return Collections.nCopies(batch.size(), Outcome.DONE);
    }

    @Override
    public int batchSize() {
      return 1_000;
    }

    @Override
    public void close() {}
  }

  /** Records of 120 bytes that differ a little. */
  private static final class Records implements ItemReader {
    private final byte[] template = ("{\"id\":\"0000000000\",\"name\":\"" + "abcdefghij klmnop ".repeat(4) + "\",\"n\":12345678}")
        .getBytes(StandardCharsets.US_ASCII);
    private final long count;
    private long next;

    Records(long count) {
      this.count = count;
    }

    @Override
    public SourceRecord next() {
      if (next == count) {
        return null;
      }
      byte[] record = template.clone();
      long rest = next++;
      for (int i = 16; rest > 0; i--, rest /= 10) {
        record[i] = (byte) ('0' + rest % 10);
      }
      return new SourceRecord.Value(record);
    }

    @Override
    public SourcePosition position() {
      return new SourcePosition(next, "pin", "");
    }

    @Override
    public void close() {}
  }
}
