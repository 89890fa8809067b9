package dev.longshore.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.Chunk;
import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemCounts;
import dev.longshore.job.ItemResult;
import dev.longshore.job.ItemResult.Status;
import dev.longshore.job.JobSpec;
import dev.longshore.job.JobSpec.RetryAction;
import dev.longshore.job.JobSpec.RetryRule;
import dev.longshore.job.JobSpec.When;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import dev.longshore.processor.InvalidProcessorException;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.store.Heartbeat.State;
import dev.longshore.store.Ledger.TakeReply;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WorkerTest {
  private static final Failure NO = new Failure("No", "not today");

  private Scene scene;

  @AfterEach
  void close() {
    scene.close();
  }

  private Scene given(JobSpec spec, long items) {
    scene = new Scene(spec, Numbers.upTo(items));
    return scene;
  }

  @Test
  void worksOnEveryItemOnceAndKeepsResultsInOrder() {
    given(Jobs.spec().build(), 5_000);
    scene.worker("a", 100, item -> Outcome.success(("\"" + item.text() + "\"").getBytes()));
    scene.worker("b", 100, item -> Outcome.success(("\"" + item.text() + "\"").getBytes()));
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(5_000);
    List<ItemResult> results = scene.results();
    assertThat(results).hasSize(5_000);
    for (int i = 0; i < results.size(); i++) {
      assertThat(results.get(i).index()).isEqualTo(i);
      assertThat(new String(results.get(i).item())).isEqualTo(Integer.toString(i));
      assertThat(new String(results.get(i).result())).isEqualTo("\"" + i + "\"");
    }
  }

  @Test
  void countsEachItemOfABatchByItsOwnOutcome() {
    given(Jobs.spec().build(), 300);
    scene.worker("a", 50, item -> switch ((int) (item.index() % 3)) {
      case 0 -> Outcome.DONE;
      case 1 -> new Outcome.Fail(NO);
      default -> new Outcome.Skip("odd");
    });
    ItemCounts counts = scene.awaitEnd();
    assertThat(List.of(counts.succeeded(), counts.failed(), counts.skipped())).containsExactly(100L, 100L, 100L);
    assertThat(scene.queues.ready(Scene.JOB, Kind.DEAD)).hasSize(100);
    assertThat(scene.results().get(1).failure()).isEqualTo(NO);
    assertThat(scene.results().get(2).status()).isEqualTo(Status.SKIPPED);
  }

  @Test
  void triesAgainAsOftenAsTheJobSays() {
    given(Jobs.spec().maxAttempts(3).build(), 100);
    scene.worker("a", 10, item -> item.index() % 10 == 0 || item.attempt() < 3 ? Outcome.retry(NO) : Outcome.DONE);
    ItemCounts counts = scene.awaitEnd();
    assertThat(counts.succeeded()).isEqualTo(90);
    assertThat(counts.failed()).isEqualTo(10);
    assertThat(scene.results()).allSatisfy(result -> assertThat(result.attempts()).isEqualTo(3));
    assertThat(scene.results().get(10).failure()).isEqualTo(NO);
  }

  @Test
  void chargesNoAttemptForARetryThatIsNobodysFault() {
    given(Jobs.spec().maxAttempts(1).build(), 20);
    Map<Long, Integer> seen = new ConcurrentHashMap<>();
    scene.worker("a", 5, item -> seen.merge(item.index(), 1, Integer::sum) < 3
        ? new Outcome.Retry(NO, Duration.ofMillis(1), false) : Outcome.DONE);
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(20);
    assertThat(scene.results()).allSatisfy(result -> assertThat(result.attempts()).isEqualTo(1));
  }

  @Test
  void triesABatchAgainWhoseCallThrew() {
    given(Jobs.spec().maxAttempts(20).build(), 100);
    scene.worker("a", scene.processor(10, batch -> {
      if (batch.stream().anyMatch(item -> item.attempt() == 1)) {
        throw new IllegalStateException("no");
      }
      return batch.stream().map(item -> (Outcome) Outcome.DONE).toList();
    }));
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(100);
    assertThat(scene.results()).allSatisfy(result -> assertThat(result.attempts()).isGreaterThan(1));
  }

  @Test
  void neverRunsMoreCallsThanTheJobAllows() {
    given(Jobs.spec().concurrency(4).build(), 400);
    Semaphore full = new Semaphore(0);
    scene.worker("a", 1, item -> {
      if (scene.inside.get() == 4) {
        full.release();
      }
      full.tryAcquire(5, TimeUnit.MILLISECONDS);
      return Outcome.DONE;
    });
    scene.awaitEnd();
    assertThat(scene.mostInside).hasValue(4);
  }

  @Test
  void followsAChangedConcurrency() {
    given(Jobs.spec().concurrency(1).build(), 50);
    Semaphore pass = new Semaphore(0);
    scene.worker("a", 1, item -> {
      pass.acquire();
      return Outcome.DONE;
    });
    await().until(() -> scene.inside.get() == 1);
    scene.truth.changeSpec(Scene.JOB, Jobs.spec().concurrency(3).build());
    await().atMost(Duration.ofSeconds(5)).until(() -> scene.inside.get() == 3);
    pass.release(1_000);
    scene.awaitEnd();
    assertThat(scene.mostInside).hasValue(3);
  }

  @Test
  void takesNothingFromAStoreThatIsSetUpWrongAndGoesOnWhenItIsSetRight() {
    given(Jobs.spec().concurrency(2).build(), 2_000);
    scene.storeRefused = true;
    Worker worker = scene.worker("a", 10, item -> Outcome.DONE);
    await().until(() -> worker.health().message().contains("ledger is refused"));
    await().during(Duration.ofSeconds(3)).atMost(Duration.ofSeconds(10)).until(() -> !worker.health().up() && scene.counts().succeeded() == 0);
    scene.storeRefused = false;
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(2_000);
    await().until(() -> worker.health().up());
  }

  @Test
  void waitsWhileTheStoreIsAwayAndTakesNothing() {
    given(Jobs.spec().concurrency(2).build(), 2_000);
    Worker worker = scene.worker("a", 10, item -> Outcome.DONE);
    await().until(() -> scene.counts().succeeded() > 0);
    scene.storeAway = true;
    await().until(() -> !worker.health().up());
    assertThat(worker.health().message()).contains("ledger is away");
    await().until(() -> scene.queues.truth().depth(Scene.JOB, Kind.WORK).consumers() == 0);
    scene.storeAway = false;
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(2_000);
    await().until(() -> worker.health().up());
  }

  @Test
  void goesOnAfterTheBrokerWasAway() {
    given(Jobs.spec().concurrency(2).maxAttempts(5).build(), 2_000);
    Worker worker = scene.worker("a", 10, item -> item.index() % 7 == 0 && item.attempt() == 1 ? Outcome.retry(NO) : Outcome.DONE);
    await().until(() -> scene.counts().succeeded() > 0);
    scene.queues.goAway();
    await().until(() -> !worker.health().up());
    assertThat(worker.health().message()).contains("taken away");
    scene.queues.comeBack();
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(2_000);
  }

  @Test
  void losesNothingWhenItDrainsInTheMiddle() {
    given(Jobs.spec().concurrency(2).build(), 3_000);
    Worker first = scene.worker("a", 5, item -> {
      Thread.onSpinWait();
      return item.index() % 50 == 0 && item.attempt() == 1 ? Outcome.retry(NO) : Outcome.DONE;
    });
    await().until(() -> scene.counts().succeeded() > 100);
    first.drain().orTimeout(10, TimeUnit.SECONDS).join();
    assertThat(first.state()).isEqualTo(State.DRAINED);
    assertThat(scene.pools.heartbeats(Scene.POOL).get("a").heartbeat().state()).isEqualTo(State.DRAINED);
    assertThat(scene.counts().inFlight()).isZero();
    first.close();
    scene.worker("b", 5, item -> Outcome.DONE);
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(3_000);
  }

  @Test
  void drainsWhenTheAssignmentNamesItAndFinishesWhatRuns() {
    given(Jobs.spec().concurrency(1).build(), 50);
    Semaphore pass = new Semaphore(0);
    Worker first = scene.worker("a", 1, item -> {
      pass.acquire();
      return Outcome.DONE;
    });
    await().until(() -> scene.inside.get() == 1);
    scene.assign(Set.of("a"));
    await().until(() -> first.state() == State.DRAINING);
    await().until(() -> scene.counts().inFlight() == 1);
    assertThat(first.drain()).isNotDone();
    pass.release();
    first.drain().orTimeout(10, TimeUnit.SECONDS).join();
    assertThat(scene.counts().succeeded()).isEqualTo(1);
    scene.worker("b", 1, item -> Outcome.DONE);
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(50);
  }

  @Test
  void losesNothingWhenAWorkerEndsAtOnce() {
    given(Jobs.spec().concurrency(2).build(), 3_000);
    Worker first = scene.worker("a", 5, item -> Outcome.DONE);
    await().until(() -> scene.counts().succeeded() > 100);
    first.close();
    scene.worker("b", 5, item -> Outcome.DONE);
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(3_000);
  }

  @Test
  void startsNothingOfAJobThatLeavesAndGoesOnWhenItComesBack() {
    given(Jobs.spec().concurrency(1).build(), 100);
    Semaphore pass = new Semaphore(10);
    scene.worker("a", 1, item -> {
      pass.acquire();
      return Outcome.DONE;
    });
    await().until(() -> scene.counts().succeeded() == 10);
    scene.assignNothing();
    await().until(() -> scene.queues.truth().depth(Scene.JOB, Kind.WORK).consumers() == 0);
    pass.release();
    await().until(() -> scene.counts().inFlight() == 0);
    assertThat(scene.counts().succeeded()).isEqualTo(11);
    pass.release(1_000);
    scene.assign(Set.of());
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(100);
  }

  @Test
  void dropsAJobWhoseLedgerIsGone() {
    given(Jobs.spec().concurrency(1).build(), 100);
    Semaphore pass = new Semaphore(5);
    Worker worker = scene.worker("a", 1, item -> {
      pass.acquire();
      return Outcome.DONE;
    });
    await().until(() -> scene.counts().succeeded() == 5);
    scene.truth.delete(Scene.JOB);
    pass.release(1_000);
    await().until(() -> scene.queues.truth().depth(Scene.JOB, Kind.WORK).consumers() == 0);
    scene.assignNothing();
    worker.drain().orTimeout(10, TimeUnit.SECONDS).join();
  }

  @Test
  void buriesAMessageThatIsNoChunkAndHandsOnANewerFormat() {
    given(Jobs.spec().build(), 10);
    scene.queues.truth().publish(Scene.JOB, Kind.WORK, new Message.Work(1, IndexSet.range(0, 4), 1, "x".getBytes(), true)).join();
    scene.queues.truth().publish(Scene.JOB, Kind.WORK, new Message.Unknown(2, "format 2", Map.of(), new byte[0])).join();
    Worker worker = scene.worker("a", 1, item -> Outcome.DONE);
    await().until(() -> scene.counts().allFinal());
    await().until(() -> scene.queues.ready(Scene.JOB, Kind.DEAD).size() == 1);
    worker.drain().orTimeout(10, TimeUnit.SECONDS).join();
    await().until(() -> scene.queues.truth().depth(Scene.JOB, Kind.WORK).ready() == 1);
    assertThat(scene.queues.ready(Scene.JOB, Kind.WORK)).singleElement().isInstanceOf(Message.Unknown.class);
  }

  @Test
  void worksOnItemsOnceThoughTheirChunkComesTwice() {
    given(Jobs.spec().concurrency(1).build(), 1);
    Chunk chunk = new Chunk(IndexSet.range(0, 0), 1, List.of("0".getBytes()));
    Semaphore pass = new Semaphore(0);
    scene.worker("a", 1, item -> {
      pass.acquire();
      return Outcome.DONE;
    });
    await().until(() -> scene.inside.get() == 1);
    scene.queues.truth().publish(Scene.JOB, Kind.WORK, Message.Work.of(1, chunk)).join();
    await().until(() -> scene.queues.ready(Scene.JOB, Kind.WORK).isEmpty());
    pass.release(10);
    scene.awaitEnd();
    assertThat(scene.calls).hasValue(1);
  }

  @Test
  void endsAJobWhoseProcessorIsWrong() {
    given(Jobs.spec().build(), 10);
    WorkerSettings settings = new WorkerSettings(Scene.POOL, "a", WorkerSettings.HOLD_LIMIT);
    try (Worker worker = new Worker(settings, scene.ledger(), scene.pools, scene.queues.port(), (spec, inline) -> Numbers.upTo(10), (job, spec) -> {
          throw new InvalidProcessorException("spec.processor.exec.command", "no such program");
        }, InstantSource.system(), new SimpleMeterRegistry())) {
      worker.start();
      await().until(() -> scene.reading().failure() != null);
      assertThat(scene.reading().failure().reason()).isEqualTo("InvalidProcessor");
      assertThat(scene.reading().failure().message()).contains("spec.processor.exec.command");
    }
  }

  @Test
  void whatItemsTookIsTheirTimeInsideTheProcessor() {
    given(Jobs.spec().concurrency(1).build(), 10);
    Semaphore pass = new Semaphore(0);
    long begun = System.nanoTime();
    scene.worker("a", 1, item -> {
      pass.acquire();
      return Outcome.DONE;
    });
    await().atMost(Duration.ofSeconds(10)).ignoreExceptions().untilAsserted(() ->
        assertThat(scene.pools.heartbeats(Scene.POOL).get("a").heartbeat().busyPercent()).isGreaterThan(90));
    pass.release(10);
    scene.awaitEnd();
    // all ten were in the worker for that long, but one at a time inside the processor
    assertThat(scene.reading().busy().items()).isEqualTo(10);
    assertThat(scene.reading().busy().time()).isBetween(Duration.ofNanos(1), Duration.ofNanos(System.nanoTime() - begun));
  }

  @Test
  void saysHowItGoesEachSecond() {
    given(Jobs.spec().concurrency(2).build(), 100);
    Semaphore pass = new Semaphore(10);
    scene.worker("a", 1, item -> {
      pass.acquire();
      return Outcome.DONE;
    });
    await().atMost(Duration.ofSeconds(10)).ignoreExceptions().untilAsserted(() ->
        assertThat(scene.pools.heartbeats(Scene.POOL).get("a").heartbeat()).satisfies(beat -> {
          assertThat(beat.state()).isEqualTo(State.READY);
          assertThat(beat.done()).isEqualTo(10);
          assertThat(beat.busyPercent()).isGreaterThan(90);
          assertThat(beat.items()).isPositive();
          assertThat(beat.message()).isEmpty();
        }));
    pass.release(1_000);
    scene.awaitEnd();
  }

  @Test
  void settlesWhatIsThereWhileTheRestOfALongChunkRuns() {
    given(Jobs.spec().concurrency(1).build(), 0);
    Chunk chunk = new Chunk(IndexSet.range(0, 9), 1, IntStream.range(0, 10).mapToObj(i -> ("" + i).getBytes()).toList());
    scene.queues.truth().publish(Scene.JOB, Kind.WORK, Message.Work.of(1, chunk)).join();
    Semaphore pass = new Semaphore(4);
    scene.worker("a", 1, item -> {
      pass.acquire();
      return Outcome.DONE;
    });
    await().atMost(Duration.ofSeconds(5)).until(() -> scene.counts().succeeded() == 4);
    pass.release(10);
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(10);
  }

  @Test
  void startsNothingWhilePausedAndGoesOnThoughAnOldCallStillRuns() {
    given(Jobs.spec().concurrency(2).build(), 50);
    Semaphore pass = new Semaphore(0);
    AtomicBoolean closed = new AtomicBoolean();
    Worker worker = scene.worker("a", scene.processor(1, batch -> {
      pass.acquireUninterruptibly();
      return List.of(Outcome.DONE);
    }, () -> closed.set(true)));
    await().until(() -> scene.inside.get() == 2);
    scene.pause();
    await().atMost(Duration.ofSeconds(1)).until(() -> scene.counts().inFlight() == 2);
    await().until(() -> scene.queues.truth().depth(Scene.JOB, Kind.WORK).consumers() == 0);
    pass.release();
    await().until(() -> scene.counts().succeeded() == 1);
    pass.release(2);
    await().until(() -> scene.counts().succeeded() == 2 && scene.inside.get() == 0);
    assertThat(scene.calls).hasValue(2);
    assertThat(closed).isFalse();
    pass.drainPermits();
    scene.assign(Set.of());
    await().until(() -> scene.inside.get() == 2);
    scene.pause();
    await().until(() -> scene.queues.truth().depth(Scene.JOB, Kind.WORK).consumers() == 0);
    pass.release();
    await().until(() -> scene.inside.get() == 1);
    scene.assign(Set.of());
    await().until(() -> scene.inside.get() == 2);
    assertThat(scene.calls).hasValue(5);
    assertThat(worker.state()).isEqualTo(State.READY);
    pass.release(1_000);
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(50);
    assertThat(scene.results()).allSatisfy(result -> assertThat(result.attempts()).isEqualTo(1));
  }

  @Test
  void startsAJobThatIsPausedOnlyWhenItIsResumed() {
    scene = new Scene(Jobs.spec().build(), Numbers.upTo(20));
    scene.pause();
    Worker worker = scene.worker("a", 1, item -> Outcome.DONE);
    await().until(() -> worker.state() == State.READY);
    await().until(() -> scene.pools.heartbeats(Scene.POOL).containsKey("a"));
    assertThat(scene.counts().known()).isZero();
    scene.assign(Set.of());
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(20);
  }

  @Test
  void drainsAPausedJobWithoutSpendingAnAttempt() {
    given(Jobs.spec().concurrency(1).build(), 20);
    Semaphore pass = new Semaphore(0);
    Worker first = scene.worker("a", 1, item -> {
      pass.acquire();
      return Outcome.DONE;
    });
    await().until(() -> scene.inside.get() == 1);
    scene.pause();
    await().until(() -> scene.counts().inFlight() == 1);
    CompletableFuture<Void> drained = first.drain();
    pass.release();
    drained.orTimeout(10, TimeUnit.SECONDS).join();
    assertThat(scene.counts().succeeded()).isEqualTo(1);
    scene.assign(Set.of());
    scene.worker("b", 1, item -> Outcome.DONE);
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(20);
    assertThat(scene.results()).allSatisfy(result -> assertThat(result.attempts()).isEqualTo(1));
  }

  @Test
  void tellsWhatRunsWhenTheRunIsOverAndGivesUpTheRest() {
    given(Jobs.spec().concurrency(2).build(), 50);
    Semaphore pass = new Semaphore(3);
    Semaphore stubborn = new Semaphore(0);
    scene.worker("a", scene.processor(1, batch -> {
      try {
        if (batch.getFirst().index() == 4) {
          stubborn.acquireUninterruptibly();
        }
        pass.acquire();
        return List.of(Outcome.DONE);
      } catch (InterruptedException told) {
        // an orderly end counts
        return List.of(new Outcome.Fail(NO));
      }
    }, () -> { }));
    await().until(() -> scene.counts().succeeded() == 3 && scene.inside.get() == 2);
    scene.end();
    await().until(() -> scene.counts().failed() == 1);
    await().atMost(Duration.ofSeconds(8)).until(() -> scene.counts().inFlight() == 0);
    // what nobody has taken is the operator's to take away
    scene.queues.truth().purge(Scene.JOB);
    await().until(() -> scene.queues.quiet(Scene.JOB));
    await().until(() -> scene.pools.heartbeats(Scene.POOL).get("a").heartbeat().chunks() == 0);
    stubborn.release(10);
    pass.release(10);
    await().until(() -> scene.inside.get() == 0);
    ItemCounts counts = scene.counts();
    assertThat(List.of(counts.succeeded(), counts.failed(), counts.retrying(), counts.inFlight())).containsExactly(3L, 1L, 0L, 0L);
    assertThat(scene.truth.audit(Scene.JOB).violations()).isEmpty();
  }

  @Test
  void runsNoItemThatKilledTooManyWorkers() {
    scene = new Scene(Jobs.spec().concurrency(2).build(), Numbers.upTo(100));
    scene.onTake = reply -> new TakeReply(reply.yours(), reply.done(), reply.newer(), reply.leased(), IndexSet.empty(),
        reply.yours().filter(index -> index == 42), IndexSet.empty());
    List<Long> seen = new CopyOnWriteArrayList<>();
    scene.worker("a", 5, item -> {
      seen.add(item.index());
      return Outcome.DONE;
    });
    ItemCounts counts = scene.awaitEnd();
    assertThat(List.of(counts.succeeded(), counts.failed())).containsExactly(99L, 1L);
    assertThat(seen).hasSize(99).doesNotContain(42L);
    assertThat(scene.results().get(42).failure()).isEqualTo(new Failure("WorkerCrashed", "killed 3 workers while it ran alone"));
    assertThat(scene.queues.ready(Scene.JOB, Kind.DEAD)).singleElement()
        .satisfies(letter -> assertThat(new String(((Message.DeadLetter) letter).json())).contains("\"index\":42", "WorkerCrashed"));
  }

  @Test
  void findsTheItemsThatKillTheirWorkersAndChargesNobodyElse() {
    given(Jobs.spec().concurrency(2).chunkItems(200).build(), 1_000);
    Set<Long> killers = Set.of(310L, 642L);
    int charged = 0;
    int crashes = 0;
    for (; !scene.counts().allFinal() && crashes < 100; crashes++) {
      Semaphore dying = new Semaphore(0);
      String pod = "w" + crashes;
      Worker worker = scene.worker(pod, scene.processor(50, batch -> {
        if (batch.stream().anyMatch(item -> killers.contains(item.index()))) {
          dying.release();
          new Semaphore(0).acquireUninterruptibly();
        }
        return batch.stream().map(item -> (Outcome) Outcome.DONE).toList();
      }));
      await().until(() -> dying.availablePermits() > 0 || scene.counts().allFinal());
      worker.close();
      charged += scene.crash(pod) ? 1 : 0;
    }
    ItemCounts counts = scene.awaitEnd();
    assertThat(List.of(counts.succeeded(), counts.failed())).containsExactly(998L, 2L);
    assertThat(scene.results()).allSatisfy(result -> {
      assertThat(result.attempts()).isEqualTo(1);
      assertThat(result.status()).isEqualTo(killers.contains(result.index()) ? Status.FAILED : Status.SUCCEEDED);
    });
    // a worker that ends between a letter and its settle leaves a second one
    assertThat(scene.queues.ready(Scene.JOB, Kind.DEAD).stream().map(letter -> ((Message.DeadLetter) letter).index()))
        .containsOnlyElementsOf(killers);
    assertThat(charged).as("crashes charged, of " + crashes).isEqualTo(6);
  }

  @Test
  void settlesEachHalfOfTheSuspectsBeforeTheNext() {
    given(Jobs.spec().concurrency(2).build(), 40);
    scene.onTake = reply -> new TakeReply(reply.yours(), reply.done(), reply.newer(), reply.leased(),
        reply.yours().filter(index -> index >= 10 && index < 20), IndexSet.empty(), reply.yours().filter(index -> index == 15));
    List<Long> finalAtCall = new CopyOnWriteArrayList<>();
    scene.worker("a", scene.processor(100, batch -> {
      if (batch.getFirst().index() >= 10 && batch.getFirst().index() < 20) {
        List<ItemResult> results = scene.results();
        finalAtCall.add(results.stream().filter(result -> result.index() >= 10 && result.index() < 20).count());
        assertThat(scene.entered.getLast()).isEqualTo(IndexSet.of(batch.stream().mapToLong(WorkItem::index).toArray()));
      }
      return batch.stream().map(item -> (Outcome) Outcome.DONE).toList();
    }, () -> { }));
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(40);
    assertThat(finalAtCall).isSorted().first().isEqualTo(0L);
    assertThat(Set.copyOf(finalAtCall)).hasSameSizeAs(finalAtCall);
  }

  @Test
  void letsGoOfAMessageWhoseCallLastsLong() {
    given(Jobs.spec().concurrency(1).build(), 0);
    scene.holdLimit = Duration.ofSeconds(1);
    Chunk chunk = new Chunk(IndexSet.range(0, 3), 1, IntStream.range(0, 4).mapToObj(i -> ("" + i).getBytes()).toList());
    scene.queues.truth().publish(Scene.JOB, Kind.WORK, Message.Work.of(1, chunk)).join();
    Semaphore pass = new Semaphore(0);
    Worker worker = scene.worker("a", 2, item -> {
      pass.acquire();
      return item.attempt() == 1 && item.index() == 0 ? Outcome.retry(NO) : Outcome.DONE;
    });
    await().until(() -> scene.inside.get() == 1);
    await().atMost(Duration.ofSeconds(5)).until(() -> scene.queues.later() == 1);
    assertThat(scene.inside).hasValue(1);
    CompletableFuture<Void> drained = worker.drain();
    await().until(() -> scene.counts().inFlight() == 2);
    assertThat(drained).isNotDone();
    pass.release(2);
    drained.orTimeout(10, TimeUnit.SECONDS).join();
    assertThat(List.of(scene.counts().succeeded(), scene.counts().retrying(), scene.counts().inFlight())).containsExactly(1L, 1L, 0L);
    scene.worker("b", 2, item -> Outcome.DONE);
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(4);
  }

  @Test
  void bringsALongCallsItemsToAnotherWorkerWhenItsOwnIsGone() {
    given(Jobs.spec().concurrency(1).build(), 0);
    scene.holdLimit = Duration.ofSeconds(1);
    Chunk chunk = new Chunk(IndexSet.range(0, 0), 1, List.of("0".getBytes()));
    scene.queues.truth().publish(Scene.JOB, Kind.WORK, Message.Work.of(1, chunk)).join();
    Semaphore pass = new Semaphore(0);
    Worker first = scene.worker("a", 1, item -> {
      pass.acquire();
      return Outcome.DONE;
    });
    await().until(() -> scene.inside.get() == 1);
    await().atMost(Duration.ofSeconds(5)).until(() -> scene.queues.later() == 1);
    first.close();
    scene.worker("b", 1, item -> Outcome.DONE);
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(1);
    assertThat(scene.results().getFirst().attempts()).isEqualTo(1);
  }

  @Test
  void handsBackWhatItHasWhenTheStoreIsAwayForLong() {
    given(Jobs.spec().concurrency(1).build(), 0);
    scene.holdLimit = Duration.ofSeconds(1);
    Chunk chunk = new Chunk(IndexSet.range(0, 3), 1, IntStream.range(0, 4).mapToObj(i -> ("" + i).getBytes()).toList());
    scene.queues.truth().publish(Scene.JOB, Kind.WORK, Message.Work.of(1, chunk)).join();
    Semaphore pass = new Semaphore(0);
    scene.worker("a", 2, item -> {
      pass.acquire();
      return Outcome.DONE;
    });
    await().until(() -> scene.inside.get() == 1);
    scene.storeAway = true;
    pass.release(2);
    await().atMost(Duration.ofSeconds(6)).until(() -> scene.queues.truth().depth(Scene.JOB, Kind.WORK).ready() == 1);
    assertThat(scene.queues.truth().depth(Scene.JOB, Kind.WORK).consumers()).isZero();
    scene.storeAway = false;
    pass.release(100);
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(4);
  }

  @Test
  void writesTheErrorOfEveryAttemptIntoTheDeadLetter() {
    given(Jobs.spec().maxAttempts(3).build(), 1);
    scene.worker("a", 1, item -> Outcome.retry(new Failure("No", "attempt " + item.attempt())));
    assertThat(scene.awaitEnd().failed()).isEqualTo(1);
    assertThat(scene.queues.ready(Scene.JOB, Kind.DEAD)).singleElement().satisfies(letter ->
        assertThat(new String(((Message.DeadLetter) letter).json())).contains("\"attempts\":3,\"errors\":[{\"attempt\":1,\"code\":\"No\"",
            "attempt 1", "{\"attempt\":2,\"code\":\"No\"",
            "{\"attempt\":3,\"code\":\"No\",\"message\":\"attempt 3\",\"worker\":\"a\"", "\"item\":0"));
  }

  @Test
  void rulesDecideAboutEachKindOfFailure() {
    given(Jobs.spec().maxAttempts(2).rules(rule("Gone", RetryAction.FAIL, null), rule("Busy", RetryAction.RETRY, 6), rule("Odd", RetryAction.SKIP, null),
        rule("Throttled", RetryAction.IGNORE, null)).build(), 50);
    Map<Long, Integer> seen = new ConcurrentHashMap<>();
    scene.worker("a", 10, item -> {
      int times = seen.merge(item.index(), 1, Integer::sum);
      return switch ((int) (item.index() % 5)) {
        case 0 -> Outcome.retry(new Failure("Gone", "no such thing"));
        case 1 -> times < 6 ? new Outcome.Fail(new Failure("Busy", "later")) : Outcome.DONE;
        case 2 -> Outcome.retry(new Failure("Odd", "of no use"));
        case 3 -> times < 4 ? Outcome.retry(new Failure("Throttled", "slower")) : Outcome.DONE;
        default -> Outcome.retry(NO);
      };
    });
    ItemCounts counts = scene.awaitEnd();
    assertThat(List.of(counts.succeeded(), counts.failed(), counts.skipped())).containsExactly(20L, 20L, 10L);
    List<ItemResult> results = scene.results();
    assertThat(results.get(0).attempts()).isEqualTo(1);
    assertThat(results.get(1).attempts()).isEqualTo(6);
    assertThat(results.get(2).failure().message()).isEqualTo("Odd: of no use");
    assertThat(results.get(3).attempts()).as("attempts of an item whose failures were ignored").isEqualTo(1);
    assertThat(results.get(4).attempts()).isEqualTo(2);
  }

  @Test
  void oneItemMayEndTheJob() {
    given(Jobs.spec().rules(rule("Unauthorized", RetryAction.FAIL_JOB, null)).build(), 20);
    scene.worker("a", 5, item -> item.index() == 7 ? Outcome.retry(new Failure("Unauthorized", "the token is wrong")) : Outcome.DONE);
    await().until(() -> scene.reading().failure() != null && scene.counts().failed() == 1);
    assertThat(scene.reading().failure().reason()).isEqualTo("ItemFailedJob");
    assertThat(scene.reading().failure().message()).isEqualTo("item 7: Unauthorized: the token is wrong");
  }

  @Test
  void followsChangedRules() {
    given(Jobs.spec().rules(rule("No", RetryAction.IGNORE, null)).build(), 10);
    scene.worker("a", 10, item -> Outcome.retry(NO));
    await().until(() -> scene.counts().retrying() > 0);
    scene.truth.changeSpec(Scene.JOB, Jobs.spec().rules(rule("No", RetryAction.SKIP, null)).build());
    assertThat(scene.awaitEnd().skipped()).isEqualTo(10);
    assertThat(scene.results()).allSatisfy(result -> assertThat(result.attempts()).isEqualTo(1));
  }

  private static RetryRule rule(String code, RetryAction action, Integer maxAttempts) {
    return new RetryRule(new When(Set.of(), Set.of(), Set.of(), Set.of(code), Set.of(), null), action, maxAttempts, null);
  }
}
