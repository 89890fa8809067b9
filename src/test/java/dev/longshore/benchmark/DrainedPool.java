package dev.longshore.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.ItemCounts;
import dev.longshore.job.JobRef;
import dev.longshore.job.Outcome;
import dev.longshore.job.PoolRef;
import dev.longshore.job.WorkItem;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.store.Pools.Assignment;
import dev.longshore.testing.Services;
import dev.longshore.worker.Jobs;
import dev.longshore.worker.Numbers;
import dev.longshore.worker.WorkerProcess;
import dev.longshore.worker.WorkerSettings;
import dev.longshore.worker.execute.BatchProcessor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Workers of one process on a real broker and a real store, of which some are drained and replaced while jobs follow one another. */
final class DrainedPool implements AutoCloseable {
  private static final int ITEMS = 20_000;
  private static final int BATCH = 2;
  private static final int LONGEST_CALL_MILLIS = 20;
  private static final int DRAINING_AT_ONCE = 3;
  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final Services services;
  private final Random random;
  private final PoolRef pool = new PoolRef("ns", "pool-" + UUID.randomUUID());
  private final WorkerProcess operator;
  private final List<JobRef> jobs = new ArrayList<>();
  private final Map<JobRef, AtomicIntegerArray> begun = new ConcurrentHashMap<>();
  private final AtomicLong calls = new AtomicLong();
  private final Map<String, WorkerProcess> working = new HashMap<>();
  private final Map<String, WorkerProcess> draining = new HashMap<>();
  private int made;
  private int drained;
  private int withItems;

  DrainedPool(Services services, Random random, int workers) {
    this.services = services;
    this.random = random;
    this.operator = new WorkerProcess(services.rabbit(), services.redis(), "operator", LEASE);
    await().atMost(LIMIT).ignoreExceptions().until(() -> {
      operator.pools.assign(pool, new Assignment(List.of(), Set.of()));
      return true;
    });
    for (int i = 0; i < workers; i++) {
      add();
    }
  }

  /** Scales in by one worker, and out again once it is gone, in the middle of work. */
  void replaceOne() {
    keepBusy();
    long later = calls.get() + random.nextInt(200);
    await().pollInterval(Duration.ofMillis(5)).atMost(LIMIT).until(() -> calls.get() >= later);
    List<String> names = working.keySet().stream().sorted().toList();
    String victim = names.get(random.nextInt(names.size()));
    draining.put(victim, working.remove(victim));
    withItems += operator.pools.heartbeats(pool).values().stream().anyMatch(seen -> seen.heartbeat().pod().equals(victim)
        && seen.heartbeat().items() > 0) ? 1 : 0;
    assign();
    await().pollInterval(Duration.ofMillis(5)).atMost(LIMIT).until(() -> {
      replaceDrained();
      return draining.size() < DRAINING_AT_ONCE;
    });
  }

  private void replaceDrained() {
    for (String name : Set.copyOf(draining.keySet())) {
      WorkerProcess gone = draining.get(name);
      if (gone.worker().drained().isDone()) {
        gone.close();
        operator.pools.forget(pool, name);
        draining.remove(name);
        drained++;
        assign();
        add();
      }
    }
  }

  /** Waits until all workers that were told have gone and all items are final. */
  void finish() {
    await().atMost(LIMIT).until(() -> {
      replaceDrained();
      return draining.isEmpty();
    });
    for (JobRef job : jobs) {
      await().atMost(LIMIT).until(() -> counts(job).allFinal());
      assertThat(counts(job).succeeded()).isEqualTo(ITEMS);
      assertThat(operator.ledger.audit(job).violations()).isEmpty();
      operator.ledger.delete(job);
      operator.queues.delete(job);
    }
    operator.pools.delete(pool);
  }

  int drained() {
    return drained;
  }

  /** Of those that were drained, how many had said shortly before that they had items in hand. */
  int withItems() {
    return withItems;
  }

  long items() {
    return (long) jobs.size() * ITEMS;
  }

  /** Items that did not begin just once. */
  long notOnce() {
    return begun.values().stream().mapToLong(counts -> IntStream.range(0, ITEMS).filter(i -> counts.get(i) != 1).count()).sum();
  }

  private void keepBusy() {
    JobRef last = jobs.isEmpty() ? null : jobs.getLast();
    if (last != null && (!counts(last).intakeComplete() || counts(last).remaining() > ITEMS / 2)) {
      return;
    }
    JobRef job = new JobRef("ns", "drained-" + jobs.size(), UUID.randomUUID().toString());
    begun.put(job, new AtomicIntegerArray(ITEMS));
    operator.ledger.open(job, Jobs.spec().concurrency(4).chunkItems(100).maxReplicas(working.size()).build(), null);
    operator.queues.declare(job);
    operator.queues.publish(job, Kind.CONTROL, new Message.Feed(1, 1, Message.Target.SOURCE)).join();
    jobs.add(job);
    assign();
  }

  private void assign() {
    List<JobRef> open = jobs.stream().filter(job -> !counts(job).intakeComplete() || !counts(job).allFinal()).toList();
    operator.pools.assign(pool, new Assignment(open, new HashSet<>(draining.keySet())));
  }

  private ItemCounts counts(JobRef job) {
    return operator.ledger.read(List.of(job)).get(job).counts();
  }

  private void add() {
    String name = "w" + made++;
    WorkerProcess worker = new WorkerProcess(services.rabbit(), services.redis(), name, LEASE);
    worker.work(new WorkerSettings(pool, name, WorkerSettings.HOLD_LIMIT), Numbers.upTo(ITEMS),
        (job, spec) -> new Noting(begun.get(job), calls), UnaryOperator.identity());
    working.put(name, worker);
  }

  /** Notes that an item begins, and takes its time. */
  private record Noting(AtomicIntegerArray begun, AtomicLong calls) implements BatchProcessor {
    @Override
    public List<Outcome> call(List<WorkItem> batch) throws InterruptedException {
      batch.forEach(item -> begun.incrementAndGet((int) item.index()));
      calls.incrementAndGet();
      TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextInt(1, LONGEST_CALL_MILLIS + 1));
      return batch.stream().map(item -> (Outcome) Outcome.DONE).toList();
    }

    @Override
    public int batchSize() {
      return BATCH;
    }

    @Override
    public void close() {}
  }

  @Override
  public void close() {
    working.values().forEach(WorkerProcess::close);
    draining.values().forEach(WorkerProcess::close);
    operator.close();
  }
}
