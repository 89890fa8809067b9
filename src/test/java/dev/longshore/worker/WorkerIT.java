package dev.longshore.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.Failure;
import dev.longshore.job.ItemCounts;
import dev.longshore.job.ItemResult;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.job.Outcome;
import dev.longshore.job.PoolRef;
import dev.longshore.job.WorkItem;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.runtime.local.services.PrivateRabbitMq;
import dev.longshore.runtime.local.services.PrivateRedis;
import dev.longshore.store.AuditReading;
import dev.longshore.store.Pools.Assignment;
import dev.longshore.store.StoreUnavailableException;
import dev.longshore.testing.Services;
import dev.longshore.worker.execute.BatchProcessor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Workers on a real broker and a real store, which get killed. */
class WorkerIT {
  @RegisterExtension static final Services SERVICES = new Services();

  private static final PoolRef POOL = new PoolRef("ns", "pool-" + UUID.randomUUID());
  private static final Failure NO = new Failure("No", "not today");

  private final JobRef job = new JobRef("ns", "numbers", UUID.randomUUID().toString());

  private static final class Process extends WorkerProcess {
    Process(PrivateRabbitMq rabbit, PrivateRedis store, String name) {
      super(rabbit, store, name, Duration.ofSeconds(3));
    }

    Process work(String pod, long items, Outcome firstAttempt, Duration callTime) {
      return work(pod, items, WorkerSettings.HOLD_LIMIT, new Slow(firstAttempt, callTime));
    }

    Process work(String pod, long items, Duration holdLimit, BatchProcessor processor) {
      work(new WorkerSettings(POOL, pod, holdLimit), Numbers.upTo(items), processor);
      return this;
    }
  }

  /** Takes its time; what it says to the first attempt of every 20th item is given. */
  private record Slow(Outcome firstAttempt, Duration callTime) implements BatchProcessor {
    @Override
    public List<Outcome> call(List<WorkItem> batch) throws InterruptedException {
      if (!callTime.isZero()) {
        TimeUnit.NANOSECONDS.sleep(callTime.toNanos());
      }
      return batch.stream().map(item -> item.index() % 20 == 0 && item.attempt() == 1 ? firstAttempt : Outcome.DONE).toList();
    }

    @Override
    public int batchSize() {
      return 100;
    }

    @Override
    public void close() {}
  }

  /** One item a call, which waits until it is let through; counts what began. */
  private static final class Gated implements BatchProcessor {
    final Semaphore pass = new Semaphore(0);
    final List<WorkItem> begun = new CopyOnWriteArrayList<>();
    final AtomicInteger interrupted = new AtomicInteger();

    @Override
    public List<Outcome> call(List<WorkItem> batch) throws InterruptedException {
      begun.addAll(batch);
      try {
        pass.acquire();
      } catch (InterruptedException e) {
        interrupted.incrementAndGet();
        throw e;
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

  private void open(Process operator, JobSpec spec) {
    // the first call of a process opens its connections, which may take longer than a call waits
    await().atMost(Duration.ofSeconds(30)).ignoreException(StoreUnavailableException.class).until(() -> {
      operator.ledger.open(job, spec, null);
      return true;
    });
    operator.queues.declare(job);
    operator.queues.publish(job, Kind.CONTROL, new Message.Feed(1, 1, Message.Target.SOURCE)).join();
    operator.pools.assign(POOL, new Assignment(List.of(job), Set.of()));
  }

  private ItemCounts counts(Process operator) {
    return operator.ledger.read(List.of(job)).get(job).counts();
  }

  private void awaitAll(Process operator, long items) {
    await().atMost(Duration.ofSeconds(45)).ignoreExceptions().untilAsserted(() -> assertThat(counts(operator).allFinal())
        .as(() -> operator.ledger.audit(job) + " work " + operator.queues.depth(job, Kind.WORK) + " control "
            + operator.queues.depth(job, Kind.CONTROL) + " workers " + operator.pools.heartbeats(POOL)).isTrue());
    assertThat(counts(operator).succeeded()).isEqualTo(items);
    AuditReading audit = operator.ledger.audit(job);
    assertThat(audit.violations()).isEmpty();
    List<ItemResult> results = new ArrayList<>();
    operator.ledger.results(job, 0, results::add);
    assertThat(results).hasSize((int) items);
    operator.pools.delete(POOL);
    operator.ledger.delete(job);
    operator.queues.delete(job);
  }

  @Test
  void twoWorkersBringEveryItemToItsEnd() {
    try (Process operator = new Process(SERVICES.rabbit(), SERVICES.redis(), "operator");
        Process a = new Process(SERVICES.rabbit(), SERVICES.redis(), "a");
        Process b = new Process(SERVICES.rabbit(), SERVICES.redis(), "b")) {
      open(operator, Jobs.spec().build());
      a.work("a", 20_000, Outcome.retry(NO), Duration.ZERO);
      b.work("b", 20_000, Outcome.retry(NO), Duration.ZERO);
      awaitAll(operator, 20_000);
      await().until(() -> operator.pools.heartbeats(POOL).isEmpty() || a.worker().health().up());
    }
  }

  @Test
  void losesNothingWhenOneDrainsAndOneEndsAtOnce() {
    try (Process operator = new Process(SERVICES.rabbit(), SERVICES.redis(), "operator");
        Process b = new Process(SERVICES.rabbit(), SERVICES.redis(), "b")) {
      open(operator, Jobs.spec().build());
      Process a = new Process(SERVICES.rabbit(), SERVICES.redis(), "a").work("a", 20_000, Outcome.retry(NO), Duration.ofMillis(5));
      Process c = new Process(SERVICES.rabbit(), SERVICES.redis(), "c").work("c", 20_000, Outcome.retry(NO), Duration.ofMillis(5));
      await().until(() -> counts(operator).succeeded() > 1_000);
      a.worker().drain().orTimeout(20, TimeUnit.SECONDS).join();
      a.close();
      c.close();
      b.work("b", 20_000, Outcome.retry(NO), Duration.ZERO);
      awaitAll(operator, 20_000);
    }
  }

  @Test
  void startsNothingFromASecondAfterThePauseUntilItIsResumed() {
    try (Process operator = new Process(SERVICES.rabbit(), SERVICES.redis(), "operator");
        Process a = new Process(SERVICES.rabbit(), SERVICES.redis(), "a");
        Process b = new Process(SERVICES.rabbit(), SERVICES.redis(), "b")) {
      open(operator, Jobs.spec().concurrency(4).build());
      Gated gated = new Gated();
      gated.pass.release(400);
      a.work("a", 2_000, WorkerSettings.HOLD_LIMIT, gated);
      b.work("b", 2_000, WorkerSettings.HOLD_LIMIT, gated);
      await().atMost(Duration.ofSeconds(30)).until(() -> counts(operator).succeeded() == 400 && gated.begun.size() >= 404);
      operator.pools.assign(POOL, new Assignment(List.of(job), Set.of(job), Set.of(), Set.of()));
      // the broker still counts a cancelled consumer as long as it has something unacked
      await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> assertThat(counts(operator).inFlight())
          .as(() -> "begun " + gated.begun.size() + " " + counts(operator) + " unacked " + a.chunks.unacked() + " and " + b.chunks.unacked()
              + " ready " + operator.queues.depth(job, Kind.WORK)).isEqualTo(gated.begun.size() - 400));
      int begun = gated.begun.size();
      gated.pass.release(3);
      await().until(() -> counts(operator).succeeded() == 403);
      assertThat(gated.begun).hasSize(begun);
      operator.pools.assign(POOL, new Assignment(List.of(job), Set.of()));
      await().atMost(Duration.ofSeconds(5)).until(() -> gated.begun.size() > begun);
      gated.pass.release(4_000);
      awaitAll(operator, 2_000);
      assertThat(gated.begun).hasSize(2_000);
    }
  }

  @Test
  void anIdleWorkerGetsWhatWaitsBehindAnothersLongCalls() {
    try (Process operator = new Process(SERVICES.rabbit(), SERVICES.redis(), "operator");
        Process a = new Process(SERVICES.rabbit(), SERVICES.redis(), "a");
        Process b = new Process(SERVICES.rabbit(), SERVICES.redis(), "b")) {
      // 8 chunks, as many as a worker takes before anything is measured
      open(operator, Jobs.spec().concurrency(1).maxReplicas(1).build());
      Gated busy = new Gated();
      a.work("a", 44, WorkerSettings.HOLD_LIMIT, busy);
      await().atMost(Duration.ofSeconds(30)).until(() -> busy.begun.size() == 1 && operator.queues.depth(job, Kind.WORK).ready() == 0
          && counts(operator).inFlight() == 44);
      Gated idle = new Gated();
      idle.pass.release(44);
      b.work("b", 44, WorkerSettings.HOLD_LIMIT, idle);
      await().atMost(Duration.ofSeconds(30)).until(() -> counts(operator).succeeded() == 43);
      assertThat(busy.begun).hasSize(1);
      busy.pass.release();
      awaitAll(operator, 44);
      assertThat(idle.begun).hasSize(43);
    }
  }

  @Test
  void tellsRunningCallsOfACancelledJobAndLeavesNothingInFlight() {
    try (Process operator = new Process(SERVICES.rabbit(), SERVICES.redis(), "operator");
        Process a = new Process(SERVICES.rabbit(), SERVICES.redis(), "a")) {
      open(operator, Jobs.spec().concurrency(4).build());
      Gated gated = new Gated();
      gated.pass.release(100);
      a.work("a", 2_000, WorkerSettings.HOLD_LIMIT, gated);
      await().until(() -> counts(operator).succeeded() == 100 && gated.begun.size() == 104 && counts(operator).intakeComplete());
      operator.ledger.cancel(job);
      operator.pools.assign(POOL, new Assignment(List.of(job), Set.of(), Set.of(job), Set.of()));
      await().atMost(Duration.ofSeconds(5)).until(() -> gated.interrupted.get() == 4);
      await().atMost(Duration.ofSeconds(10)).until(() -> {
        operator.ledger.cancel(job);
        return counts(operator).allFinal();
      });
      assertThat(List.of(counts(operator).succeeded(), counts(operator).cancelled())).containsExactly(100L, 1_900L);
      await().until(() -> operator.queues.depth(job, Kind.WORK).consumers() == 0);
      assertThat(operator.ledger.audit(job).violations()).isEmpty();
      assertThat(gated.begun).hasSize(104);
    }
  }

  @Test
  void endsACallThatLastsLongerThanAMessageMayStayUnacked() {
    try (Process operator = new Process(SERVICES.rabbit(), SERVICES.redis(), "operator");
        Process a = new Process(SERVICES.rabbit(), SERVICES.redis(), "a")) {
      open(operator, Jobs.spec().concurrency(2).build());
      Gated gated = new Gated();
      a.work("a", 2, Duration.ofSeconds(1), gated);
      await().until(() -> gated.begun.size() == 2);
      await().atMost(Duration.ofSeconds(10)).until(() -> a.worker().health().up() && a.chunks.unacked() == 0);
      gated.pass.release(2);
      awaitAll(operator, 2);
      assertThat(gated.begun).hasSize(2);
    }
  }

  @Test
  void bringsALongCallsItemToAnotherWorkerWhenItsOwnIsGoneInTheMiddle() {
    try (Process operator = new Process(SERVICES.rabbit(), SERVICES.redis(), "operator");
        Process b = new Process(SERVICES.rabbit(), SERVICES.redis(), "b")) {
      open(operator, Jobs.spec().concurrency(2).build());
      Gated gated = new Gated();
      Process a = new Process(SERVICES.rabbit(), SERVICES.redis(), "a").work("a", 2, Duration.ofSeconds(1), gated);
      await().until(() -> gated.begun.size() == 2);
      await().atMost(Duration.ofSeconds(10)).until(() -> a.chunks.unacked() == 0);
      a.close();
      b.work("b", 2, Outcome.DONE, Duration.ZERO);
      awaitAll(operator, 2);
    }
  }

  @Test
  void countsOnceWhatAWorkerSaysWhoseLeaseEndedWhileItWorked() {
    try (Process operator = new Process(SERVICES.rabbit(), SERVICES.redis(), "operator");
        Process a = new Process(SERVICES.rabbit(), SERVICES.redis(), "a");
        Process b = new Process(SERVICES.rabbit(), SERVICES.redis(), "b")) {
      open(operator, Jobs.spec().concurrency(10).build());
      Gated frozen = new Gated();
      a.work("a", 10, Duration.ofSeconds(1), frozen);
      await().until(() -> frozen.begun.size() == 10);
      await().atMost(Duration.ofSeconds(10)).until(() -> a.chunks.unacked() == 0);
      operator.ledger.forget(job, "a");
      Gated second = new Gated();
      second.pass.release(8);
      b.work("b", 10, Duration.ofSeconds(30), second);
      await().atMost(Duration.ofSeconds(20)).until(() -> counts(operator).succeeded() == 8 && second.begun.size() == 10);
      frozen.pass.release(10);
      await().until(() -> counts(operator).succeeded() == 10);
      second.pass.release(10);
      awaitAll(operator, 10);
      assertThat(frozen.begun).hasSize(10);
      assertThat(second.begun).hasSize(10);
    }
  }

  @Test
  void goesOnByItselfAfterBrokerAndStoreWereKilled() {
    PrivateRabbitMq rabbit = SERVICES.ownRabbit();
    PrivateRedis store = SERVICES.ownRedis();
    try (Process operator = new Process(rabbit, store, "operator"); Process a = new Process(rabbit, store, "a")) {
      open(operator, Jobs.spec().build());
      a.work("a", 20_000, Outcome.retry(NO), Duration.ofMillis(10));
      await().until(() -> counts(operator).succeeded() > 500);
      store.kill();
      await().atMost(Duration.ofSeconds(20)).until(() -> !a.worker().health().up());
      store.start();
      await().atMost(Duration.ofSeconds(20)).until(() -> a.worker().health().up());
      rabbit.kill();
      await().atMost(Duration.ofSeconds(20)).until(() -> !a.worker().health().up());
      rabbit.start();
      await().atMost(Duration.ofSeconds(60)).until(() -> a.worker().health().up());
      awaitAll(operator, 20_000);
    } finally {
      rabbit.close();
      store.close();
    }
  }
}
