package dev.longshore.benchmark;

import static dev.longshore.benchmark.BenchmarkPage.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.ItemCounts;
import dev.longshore.job.JobRef;
import dev.longshore.job.Outcome;
import dev.longshore.job.PoolRef;
import dev.longshore.job.WorkItem;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.WorkQueues.Depth;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.store.Pools.Assignment;
import dev.longshore.store.StoreUnavailableException;
import dev.longshore.testing.Services;
import dev.longshore.worker.Jobs;
import dev.longshore.worker.Numbers;
import dev.longshore.worker.WorkerProcess;
import dev.longshore.worker.WorkerSettings;
import dev.longshore.worker.execute.BatchProcessor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * How near to the best possible end a job ends of which 5 % of the items take 20 times as long as the others. The best possible is that no
 * call slot is ever idle, or the longest item. {@code -Dtail.seed} says where the long items are.
 */
class TailBench {
  @RegisterExtension static final Services SERVICES = new Services();

  private static final int ITEMS = 1_000;
  private static final int CHUNK = 50;
  private static final int WORKERS = 4;
  private static final long SHORT_MILLIS = 50;
  private static final long LONG_MILLIS = 20 * SHORT_MILLIS;
  private static final double BOUND = 1.25;
  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final Duration LIMIT = Duration.ofMinutes(3);

  @Test
  void endsNearTheBestPossible() {
    long seed = Long.getLong("tail.seed", System.nanoTime());
    long[] millis = new long[ITEMS];
    Arrays.fill(millis, SHORT_MILLIS);
    new Random(seed).ints(0, ITEMS).distinct().limit(ITEMS / 20).forEach(i -> millis[i] = LONG_MILLIS);
    BenchmarkPage page = new BenchmarkPage("The end of a job");
    // so that nothing is done for the first time
    end(new long[ITEMS], 2, UnaryOperator.identity());
    List<Double> ratios = new ArrayList<>();
    for (int concurrency = 1; concurrency <= 2; concurrency++) {
      double best = Math.max(Arrays.stream(millis).sum() / (double) (WORKERS * concurrency), LONG_MILLIS) / 1e3;
      End shared = end(millis, concurrency, UnaryOperator.identity());
      End kept = end(millis, concurrency, TailBench::withOneConsumer);
      page.row("1,000 items, 5 %% of 1 s and the others of 50 ms, chunks of 50, 4 workers, concurrency %d: the end, over the best possible"
          .formatted(concurrency), number(shared.seconds() / best), "within " + BOUND,
          "%s s of %s s, first worker without work %s s before the end; %s and %s s when nothing is shed; seed %d".formatted(
              number(shared.seconds()), number(best), number(shared.idle()), number(kept.seconds() / best), number(kept.idle()), seed));
      ratios.add(shared.seconds() / best);
    }
    page.write();
    assertThat(ratios).as("over the best possible, seed %d", seed).allSatisfy(ratio -> assertThat(ratio).isLessThanOrEqualTo(BOUND));
  }

  /**
   * How a job ended.
   *
   * @param seconds from the intake's feed to the last item's end
   * @param idle seconds that the first worker that had nothing to do any more was without work
   */
  private record End(double seconds, double idle) {}

  private static End end(long[] millis, int concurrency, UnaryOperator<WorkQueues> view) {
    JobRef job = new JobRef("ns", "tail", UUID.randomUUID().toString());
    PoolRef pool = new PoolRef("ns", "pool-" + job.uid());
    AtomicIntegerArray begun = new AtomicIntegerArray(ITEMS);
    List<WorkerProcess> workers = new ArrayList<>();
    AtomicLongArray lastCalls = new AtomicLongArray(WORKERS);
    try (WorkerProcess operator = process("operator")) {
      await().atMost(LIMIT).ignoreExceptions().until(() -> {
        operator.ledger.open(job, Jobs.spec().concurrency(concurrency).chunkItems(CHUNK).build(), null);
        return true;
      });
      operator.queues.declare(job);
      operator.pools.assign(pool, new Assignment(List.of(job), Set.of()));
      for (int i = 0; i < WORKERS; i++) {
        int number = i;
        WorkerProcess worker = process("tail-" + i);
        workers.add(worker);
        worker.work(new WorkerSettings(pool, "tail-" + i, WorkerSettings.HOLD_LIMIT), Numbers.upTo(ITEMS),
            (of, spec) -> new Sleeping(millis, begun, lastCalls, number), view);
      }
      await().atMost(LIMIT).until(() -> operator.queues.depth(job, Kind.WORK).consumers() == WORKERS);
      long start = System.nanoTime();
      operator.queues.publish(job, Kind.CONTROL, new Message.Feed(1, 1, Message.Target.SOURCE)).join();
      await().pollInterval(Duration.ofMillis(20)).atMost(LIMIT).ignoreException(StoreUnavailableException.class).until(() -> {
        ItemCounts counts = operator.ledger.read(List.of(job)).get(job).counts();
        return counts.allFinal() && counts.succeeded() == ITEMS;
      });
      long end = System.nanoTime();
      double idle = IntStream.range(0, WORKERS).mapToLong(i -> end - lastCalls.get(i)).max().orElseThrow() / 1e9;
      assertThat(IntStream.range(0, ITEMS).filter(i -> begun.get(i) != 1)).as("items that did not begin just once").isEmpty();
      workers.forEach(WorkerProcess::close);
      workers.clear();
      operator.pools.delete(pool);
      operator.ledger.delete(job);
      operator.queues.delete(job);
      return new End((end - start) / 1e9, idle);
    } finally {
      workers.forEach(WorkerProcess::close);
    }
  }

  private static WorkerProcess process(String name) {
    return new WorkerProcess(SERVICES.rabbit(), SERVICES.redis(), name, LEASE);
  }

  /** Whoever is alone sheds nothing. */
  private static WorkQueues withOneConsumer(WorkQueues queues) {
    Class<?>[] ports = {WorkQueues.class};
    return (WorkQueues) Proxy.newProxyInstance(WorkQueues.class.getClassLoader(), ports, (proxy, method, args) -> {
      try {
        Object answer = method.invoke(queues, args);
        return answer instanceof Depth depth ? new Depth(depth.exists(), depth.ready(), 1) : answer;
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    });
  }

  /** Takes as long as it is said for each item. */
  private record Sleeping(long[] millis, AtomicIntegerArray begun, AtomicLongArray lastCalls, int worker) implements BatchProcessor {
    @Override
    public List<Outcome> call(List<WorkItem> batch) throws InterruptedException {
      for (WorkItem item : batch) {
        begun.incrementAndGet((int) item.index());
        TimeUnit.MILLISECONDS.sleep(millis[(int) item.index()]);
        lastCalls.set(worker, System.nanoTime());
      }
      return batch.stream().map(item -> (Outcome) Outcome.DONE).toList();
    }

    @Override
    public int batchSize() {
      return 1;
    }

    @Override
    public void close() {}
  }
}
