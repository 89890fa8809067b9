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
import dev.longshore.source.ItemSource;
import dev.longshore.store.AuditReading;
import dev.longshore.store.JobReading;
import dev.longshore.store.Ledger;
import dev.longshore.store.Ledger.TakeReply;
import dev.longshore.store.Pools.Assignment;
import dev.longshore.store.StoreRefusedException;
import dev.longshore.store.StoreUnavailableException;
import dev.longshore.store.memory.MemoryLedger;
import dev.longshore.store.memory.MemoryPools;
import dev.longshore.worker.execute.BatchProcessor;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** A job, its ledger and queues, and workers that come and go. */
final class Scene implements AutoCloseable {
  static final JobRef JOB = new JobRef("ns", "numbers", "5f3a9c02");
  static final PoolRef POOL = new PoolRef("ns", "pool");

  final MemoryLedger truth = new MemoryLedger(InstantSource.system(), Duration.ofSeconds(3));
  final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  final MemoryPools pools = new MemoryPools(InstantSource.system());
  final LocalQueues queues = new LocalQueues();
  final AtomicInteger inside = new AtomicInteger();
  final AtomicInteger mostInside = new AtomicInteger();
  final AtomicInteger calls = new AtomicInteger();
  final List<IndexSet> entered = new CopyOnWriteArrayList<>();
  volatile UnaryOperator<TakeReply> onTake = UnaryOperator.identity();
  volatile boolean storeAway;
  volatile boolean storeRefused;
  volatile Duration holdLimit = WorkerSettings.HOLD_LIMIT;
  private final List<Worker> workers = new ArrayList<>();
  private final ItemSource source;

  /** What a processor does to an item. */
  interface Act {
    Outcome on(WorkItem item) throws InterruptedException;
  }

  Scene(JobSpec spec, ItemSource source) {
    this.source = source;
    truth.open(JOB, spec, null);
    queues.truth().declare(JOB);
    queues.truth().publish(JOB, Kind.CONTROL, new Message.Feed(1, 1, Message.Target.SOURCE)).join();
    assign(Set.of());
  }

  void assign(Set<String> draining) {
    pools.assign(POOL, new Assignment(List.of(JOB), draining));
  }

  /** The pods have been draining for too long. */
  void overdue(Set<String> pods) {
    pools.assign(POOL, new Assignment(List.of(JOB), Set.of(), Set.of(), pods, pods));
  }

  void pause() {
    pools.assign(POOL, new Assignment(List.of(JOB), Set.of(JOB), Set.of(), Set.of()));
  }

  void end() {
    pools.assign(POOL, new Assignment(List.of(JOB), Set.of(), Set.of(JOB), Set.of()));
  }

  /** What the operator does when it saw a worker's process end as it should not. True when an item was charged. */
  boolean crash(String pod) {
    long inside = truth.inside(List.of(JOB), pod).values().stream().mapToLong(IndexSet::size).sum();
    return !truth.crashed(JOB, pod, inside == 1).charged().isEmpty();
  }

  void assignNothing() {
    pools.assign(POOL, new Assignment(List.of(), Set.of()));
  }

  Worker worker(String pod, int batchSize, Act act) {
    return worker(pod, processor(batchSize, batch -> {
      List<Outcome> outcomes = new ArrayList<>();
      for (WorkItem item : batch) {
        try {
          outcomes.add(act.on(item));
        } catch (InterruptedException e) {
          throw new IllegalStateException("interrupted", e);
        }
      }
      return outcomes;
    }));
  }

  Worker worker(String pod, BatchProcessor processor) {
    Worker worker = new Worker(new WorkerSettings(POOL, pod, holdLimit), ledger(), pools, queues.port(), (spec, inline) -> source,
        (job, spec) -> processor, InstantSource.system(), meters);
    workers.add(worker);
    worker.start();
    return worker;
  }

  BatchProcessor processor(int batchSize, Function<List<WorkItem>, List<Outcome>> answer) {
    return processor(batchSize, answer, () -> { });
  }

  BatchProcessor processor(int batchSize, Function<List<WorkItem>, List<Outcome>> answer, Runnable onClose) {
    return new BatchProcessor() {
      @Override
      public List<Outcome> call(List<WorkItem> batch) {
        mostInside.accumulateAndGet(inside.incrementAndGet(), Math::max);
        calls.incrementAndGet();
        try {
          return answer.apply(batch);
        } finally {
          inside.decrementAndGet();
        }
      }

      @Override
      public int batchSize() {
        return batchSize;
      }

      @Override
      public void close() {
        onClose.run();
      }
    };
  }

  /** The ledger as workers see it: it can go away. */
  Ledger ledger() {
    return (Ledger) Proxy.newProxyInstance(Ledger.class.getClassLoader(), new Class<?>[] {Ledger.class}, (proxy, method, args) -> {
      if (storeAway) {
        throw new StoreUnavailableException("taken away by the test", null);
      }
      if (storeRefused && method.getName().equals("take")) {
        throw new StoreRefusedException("it drops keys");
      }
      if (storeRefused && method.getName().equals("refusal")) {
        return Optional.of(new StoreRefusedException("it drops keys"));
      }
      if (method.getName().equals("enter")) {
        entered.add((IndexSet) args[2]);
      }
      try {
        Object answer = method.invoke(truth, args);
        return answer instanceof TakeReply reply ? onTake.apply(reply) : answer;
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    });
  }

  JobReading reading() {
    return truth.read(List.of(JOB)).get(JOB);
  }

  ItemCounts counts() {
    return reading().counts();
  }

  /** Waits until every item is final and nothing of the job is under way, and checks the account. */
  ItemCounts awaitEnd() {
    await().atMost(Duration.ofSeconds(30)).until(() -> counts().allFinal());
    await().atMost(Duration.ofSeconds(30)).until(() -> queues.quiet(JOB));
    AuditReading audit = truth.audit(JOB);
    assertThat(audit.violations()).isEmpty();
    assertThat(audit.leasedItems()).isZero();
    assertThat(audit.missing().isEmpty()).isTrue();
    return counts();
  }

  List<ItemResult> results() {
    List<ItemResult> results = new ArrayList<>();
    truth.results(JOB, 0, results::add);
    return results;
  }

  @Override
  public void close() {
    workers.forEach(Worker::close);
    queues.close();
  }
}
