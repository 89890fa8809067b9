package dev.longshore.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec.Priority;
import dev.longshore.job.Outcome;
import dev.longshore.job.PoolRef;
import dev.longshore.job.WorkItem;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.store.Pools.Assignment;
import dev.longshore.store.memory.MemoryLedger;
import dev.longshore.store.memory.MemoryPools;
import dev.longshore.worker.execute.BatchProcessor;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One worker, several jobs. */
class SharedWorkerTest {
  private static final PoolRef POOL = new PoolRef("ns", "shared");
  private static final int SLOTS = 4;
  private static final long ENDLESS = 20_000;

  private final MemoryLedger ledger = new MemoryLedger(InstantSource.system(), Duration.ofSeconds(3));
  private final MemoryPools pools = new MemoryPools(InstantSource.system());
  private final LocalQueues queues = new LocalQueues();
  private final Map<JobRef, Long> lengths = new ConcurrentHashMap<>();
  private final Map<JobRef, AtomicInteger> calls = new ConcurrentHashMap<>();
  private final AtomicInteger inside = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();
  private final List<JobRef> jobs = new ArrayList<>();
  private final Worker worker = new Worker(new WorkerSettings(POOL, "a", WorkerSettings.HOLD_LIMIT), ledger, pools, queues.port(),
      (spec, inline) -> Numbers.upTo(spec.maxBacklog()), (job, spec) -> new Slow(job), InstantSource.system(),
      new SimpleMeterRegistry());

  /** One item a call, which takes its time. */
  private final class Slow implements BatchProcessor {
    private final JobRef job;

    Slow(JobRef job) {
      this.job = job;
    }

    @Override
    public List<Outcome> call(List<WorkItem> batch) throws InterruptedException {
      calls.get(job).incrementAndGet();
      most.accumulateAndGet(inside.incrementAndGet(), Math::max);
      try {
        TimeUnit.MILLISECONDS.sleep(lengths.get(job));
      } finally {
        inside.decrementAndGet();
      }
      return List.of(Outcome.DONE);
    }

    @Override
    public int batchSize() {
      return 1;
    }

    @Override
    public void close() {}
  }

  @AfterEach
  void close() {
    worker.close();
    queues.close();
    pools.close();
    ledger.close();
  }

  private JobRef job(String name, Priority priority, long items, long callMillis) {
    JobRef job = new JobRef("ns", name, name);
    lengths.put(job, callMillis);
    calls.put(job, new AtomicInteger());
    ledger.open(job, spec(priority, items).build(), null);
    queues.truth().declare(job);
    queues.truth().publish(job, Kind.CONTROL, new Message.Feed(1, 1, Message.Target.SOURCE)).join();
    jobs.add(job);
    pools.assign(POOL, new Assignment(jobs, Set.of()));
    return job;
  }

  /** A backlog of all items, so that the source needs no more than its length; small chunks, so that many are in hand. */
  private static Jobs spec(Priority priority, long items) {
    return Jobs.spec().concurrency(SLOTS).priority(priority).maxBacklog(items).chunkItems(20);
  }

  private int calls(JobRef job) {
    return calls.get(job).get();
  }

  private void awaitCalls(JobRef job, int count) {
    await().atMost(Duration.ofSeconds(60)).until(() -> calls(job) >= count);
  }

  @Test
  void anUrgentJobIsDoneBeforeALowOneHasManyMoreTurns() {
    JobRef low = job("low", Priority.LOW, ENDLESS, 5);
    worker.start();
    awaitCalls(low, 100);
    JobRef urgent = job("urgent", Priority.IMMEDIATE, 400, 5);
    awaitCalls(urgent, 1);
    int before = calls(low);
    awaitCalls(urgent, 400);
    // a tenth of the turns, and what the gaps between its first chunks let through
    assertThat(calls(low) - before).isLessThan(150);
    await().atMost(Duration.ofSeconds(30)).until(() -> ledger.read(List.of(urgent)).get(urgent).counts().allFinal());
    awaitCalls(low, calls(low) + 100);
    assertThat(most.get()).as("two jobs of 4 calls at once have 4 together").isEqualTo(SLOTS);
  }

  @Test
  void aLowJobMovesBesideAnEndlessUrgentOneUntilItIsUrgentItself() {
    JobRef urgent = job("urgent", Priority.IMMEDIATE, ENDLESS, 5);
    JobRef low = job("low", Priority.LOW, ENDLESS, 5);
    worker.start();
    awaitCalls(urgent, 500);
    awaitCalls(low, 5);
    int urgentBefore = calls(urgent);
    int lowBefore = calls(low);
    awaitCalls(urgent, urgentBefore + 900);
    assertThat(calls(low) - lowBefore).as("100 of 1,000 turns").isBetween(40, 250);
    ledger.changeSpec(low, spec(Priority.IMMEDIATE, ENDLESS).build());
    pools.nudge(POOL);
    await().atMost(Duration.ofSeconds(20)).until(() -> ahead(urgent, low, 100) > 0.5);
  }

  @Test
  void equalJobsMoveAlike() {
    JobRef one = job("one", Priority.NORMAL, ENDLESS, 5);
    JobRef two = job("two", Priority.NORMAL, ENDLESS, 5);
    JobRef slow = job("slow", Priority.NORMAL, ENDLESS, 50);
    worker.start();
    awaitCalls(one, 100);
    awaitCalls(two, 100);
    awaitCalls(slow, 10);
    assertThat(ahead(one, two, 300)).isBetween(0.5, 2.0);
    assertThat(ahead(one, slow, 300)).as("ten times as long: a tenth of the calls").isBetween(0.04, 0.25);
  }

  /** How many calls the other job has, for each that the first has, over the next {@code count} of that. */
  private double ahead(JobRef first, JobRef other, int count) {
    int before = calls(other);
    awaitCalls(first, calls(first) + count);
    return (calls(other) - before) / (double) count;
  }
}
