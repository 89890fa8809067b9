package dev.longshore.worker.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.job.JobSpec.Priority;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import dev.longshore.worker.Jobs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class JobExecutorTest {
  private static final JobRef JOB = new JobRef("ns", "job", "u1");

  private final Gate processor = new Gate();
  private final WorkerGate gate = new WorkerGate();
  private final Queue<Outcome> outcomes = new ConcurrentLinkedQueue<>();
  private final Queue<IndexSet> entered = new ConcurrentLinkedQueue<>();

  /** A processor whose calls wait until they are let through. */
  private static final class Gate implements BatchProcessor {
    final Semaphore pass = new Semaphore(0);
    final AtomicInteger inside = new AtomicInteger();
    final AtomicInteger most = new AtomicInteger();
    final Queue<Integer> sizes = new ConcurrentLinkedQueue<>();
    volatile boolean closed;

    @Override
    public List<Outcome> call(List<WorkItem> batch) throws InterruptedException {
      most.accumulateAndGet(inside.incrementAndGet(), Math::max);
      sizes.add(batch.size());
      try {
        pass.acquire();
      } finally {
        inside.decrementAndGet();
      }
      return batch.stream().map(item -> (Outcome) Outcome.DONE).toList();
    }

    @Override
    public int batchSize() {
      return 2;
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  @Test
  void neverRunsMoreCallsAtOnceThanTheJobAllows() {
    JobExecutor executor = executor(Jobs.spec().concurrency(3).build());
    for (int i = 0; i < 20; i++) {
      offer(executor, Items.taken(i * 10L, 10));
    }
    await().until(() -> processor.inside.get() == 3);
    executor.change(Jobs.spec().concurrency(5).build(), null);
    await().until(() -> processor.inside.get() == 5);
    executor.change(Jobs.spec().concurrency(2).build(), null);
    processor.pass.release(5);
    await().until(() -> processor.sizes.size() >= 7 && processor.inside.get() == 2);
    processor.pass.release(1_000);
    await().until(() -> outcomes.size() == 200);
    assertThat(processor.most).hasValue(5);
  }

  @Test
  void waitsForABatchToFillAndNotLonger() {
    JobExecutor executor = executor(Jobs.spec().concurrency(4).batching(10, Duration.ofDays(1)).build());
    offer(executor, Items.taken(0, 4));
    offer(executor, Items.taken(4, 4));
    assertThat(processor.sizes).isEmpty();
    offer(executor, Items.taken(8, 4));
    await().until(() -> processor.sizes.size() == 1);
    assertThat(processor.sizes).containsExactly(10);
    executor.change(Jobs.spec().concurrency(4).batching(10, Duration.ZERO).build(), null);
    await().until(() -> processor.sizes.size() == 2);
    processor.pass.release(2);
    await().until(() -> outcomes.size() == 12);
  }

  @Test
  void turnsAThrowIntoARetryOfEachItem() {
    BatchProcessor broken = new Answers(batch -> {
      throw new IllegalStateException("no");
    });
    JobExecutor executor = executor(Jobs.spec().build(), broken);
    offer(executor, Items.taken(0, 3));
    await().until(() -> outcomes.size() == 3);
    assertThat(outcomes).allSatisfy(outcome -> {
      Outcome.Retry retry = (Outcome.Retry) outcome;
      assertThat(retry.failure().code()).isEqualTo("IllegalStateException");
      assertThat(retry.spendsAttempt()).isTrue();
    });
  }

  @Test
  void refusesAnAnswerThatDoesNotFit() {
    BatchProcessor shortAnswer = new Answers(batch -> List.of(Outcome.DONE));
    BatchProcessor emptyAnswer = new Answers(batch -> Arrays.asList(Outcome.DONE, null));
    for (BatchProcessor wrong : List.of(shortAnswer, emptyAnswer)) {
      outcomes.clear();
      offer(executor(Jobs.spec().build(), wrong), Items.taken(0, 2));
      await().until(() -> outcomes.size() == 2);
      assertThat(outcomes).allSatisfy(outcome -> assertThat(((Outcome.Retry) outcome).failure().code()).isEqualTo("WrongAnswer"));
    }
  }

  @Test
  void handsBackWhatHasNotStartedAndFinishesWhatHas() {
    JobExecutor executor = executor(Jobs.spec().concurrency(1).build());
    offer(executor, Items.taken(0, 6));
    await().until(() -> processor.inside.get() == 1);
    executor.hold();
    offer(executor, Items.taken(6, 4));
    processor.pass.release(10);
    await().until(() -> outcomes.size() == 10);
    assertThat(outcomes.stream().filter(outcome -> outcome == Taken.HANDED_BACK)).hasSize(8);
    assertThat(processor.sizes).containsExactly(2);
  }

  @Test
  void interruptsCallsWhenItClosesAndChargesNobody() {
    JobExecutor executor = executor(Jobs.spec().concurrency(1).build());
    offer(executor, Items.taken(0, 2));
    await().until(() -> processor.inside.get() == 1);
    executor.close();
    await().until(() -> outcomes.size() == 2);
    assertThat(outcomes).containsOnly(Taken.HANDED_BACK);
    assertThat(processor.closed).isTrue();
  }

  @Test
  void closesAReplacedProcessorBehindItsLastCall() {
    JobExecutor executor = executor(Jobs.spec().concurrency(1).build());
    offer(executor, Items.taken(0, 2));
    await().until(() -> processor.inside.get() == 1);
    executor.change(Jobs.spec().build(), new Answers(batch -> List.of(Outcome.DONE)));
    assertThat(processor.closed).isFalse();
    processor.pass.release();
    await().until(() -> processor.closed);
  }

  @Test
  void tellsWhatIsInsideBeforeItIs() {
    List<IndexSet> knownAtCall = new ArrayList<>();
    JobExecutor executor = executor(Jobs.spec().concurrency(1).build(), new Answers(batch -> {
      knownAtCall.add(List.copyOf(entered).getLast());
      return List.of(Outcome.DONE, Outcome.DONE);
    }));
    offer(executor, Items.taken(0, 6));
    await().until(() -> outcomes.size() == 6);
    assertThat(knownAtCall).containsExactly(IndexSet.range(0, 1), IndexSet.range(2, 3), IndexSet.range(4, 5));
  }

  @Test
  void goesOnAfterAHoldWhileAnOldCallStillRuns() {
    JobExecutor executor = executor(Jobs.spec().concurrency(2).build());
    offer(executor, Items.taken(0, 2));
    await().until(() -> processor.inside.get() == 1);
    executor.hold();
    offer(executor, Items.taken(2, 2));
    await().until(() -> outcomes.size() == 2);
    assertThat(outcomes).containsOnly(Taken.HANDED_BACK);
    executor.release();
    offer(executor, Items.taken(4, 2));
    await().until(() -> processor.inside.get() == 2);
    assertThat(processor.closed).isFalse();
    processor.pass.release(2);
    await().until(() -> outcomes.size() == 6);
  }

  @Test
  void sharesTheSlotsOfItsWorkerAndShedsWhatItGetsNoneFor() {
    JobExecutor urgent = executor(Jobs.spec().concurrency(2).priority(Priority.IMMEDIATE).build());
    offer(urgent, Items.taken(0, 8));
    await().until(() -> processor.inside.get() == 2);
    AtomicInteger calls = new AtomicInteger();
    JobExecutor low = executor(Jobs.spec().concurrency(2).priority(Priority.LOW).build(), new Answers(batch -> {
      calls.incrementAndGet();
      return List.of(Outcome.DONE, Outcome.DONE);
    }));
    offer(low, Items.taken(10, 6));
    await("it is known").until(() -> low.read().waitedNanos() > 0);
    assertThat(low.read().slots()).isZero();
    assertThat(low.read().heldNanos()).isPositive();
    assertThat(urgent.read().slots()).isEqualTo(2);
    assertThat(low.shed(System.nanoTime())).isEqualTo(6);
    await().until(() -> outcomes.size() == 6);
    assertThat(outcomes).containsOnly(Taken.HANDED_BACK);
    offer(low, Items.taken(10, 6));
    processor.pass.release(4);
    await().until(() -> outcomes.size() == 20);
    assertThat(calls).hasValue(3);
  }

  @Test
  void aWorkersSlotsAreAsManyAsItsJobOfTheHighestConcurrencyHas() {
    JobExecutor small = executor(Jobs.spec().concurrency(2).build());
    JobExecutor large = executor(Jobs.spec().concurrency(5).build());
    for (int i = 0; i < 10; i++) {
      offer(small, Items.taken(i * 10L, 2));
      offer(large, Items.taken(1_000 + i * 10L, 2));
    }
    await().until(() -> processor.inside.get() == 5);
    large.hold();
    processor.pass.release(100);
    await().until(() -> outcomes.size() == 40);
    assertThat(processor.most).hasValue(5);
  }

  @Test
  void runsSuspectsAloneAHalfAtATime() {
    AtomicInteger inside = new AtomicInteger();
    List<Integer> company = new CopyOnWriteArrayList<>();
    List<List<Long>> suspectCalls = new CopyOnWriteArrayList<>();
    BatchProcessor watched = new Answers(batch -> {
      inside.incrementAndGet();
      boolean suspect = batch.getFirst().index() < 10;
      if (suspect) {
        suspectCalls.add(batch.stream().map(WorkItem::index).toList());
      }
      for (int i = 0; i < 200; i++) {
        Thread.onSpinWait();
      }
      if (suspect) {
        company.add(inside.get() - 1);
      }
      inside.decrementAndGet();
      return batch.stream().map(item -> (Outcome) Outcome.DONE).toList();
    });
    JobSpec spec = Jobs.spec().concurrency(4).batching(5, Duration.ZERO).build();
    JobExecutor neighbour = executor(spec, watched);
    JobExecutor executor = executor(spec, watched);
    for (int i = 0; i < 50; i++) {
      offer(neighbour, Items.taken(1_000 + 20 * i, 20));
    }
    executor.offer(Items.taken(0, 14), IndexSet.range(0, 9), IndexSet.range(4, 6));
    await().until(() -> outcomes.size() == 1_014);
    assertThat(suspectCalls).as("the prime ones first, half by half").containsExactly(List.of(4L, 5L), List.of(6L), List.of(0L, 1L, 2L, 3L), List.of(7L, 8L), List.of(9L));
    assertThat(suspectCalls.stream().flatMap(List::stream).sorted()).containsExactlyElementsOf(LongStream.range(0, 10).boxed().toList());
    assertThat(company).containsOnly(0);
    assertThat(entered).containsAll(suspectCalls.stream().map(call -> IndexSet.of(call.stream().mapToLong(i -> i).toArray())).toList());
  }

  @Test
  void shedsWhatWaitsBehindItsCallsAndKeepsWhatCameLater() {
    JobExecutor executor = executor(Jobs.spec().concurrency(1).build());
    offer(executor, Items.taken(0, 10));
    await().until(() -> processor.inside.get() == 1 && executor.read().waitedNanos() > 0);
    long before = System.nanoTime();
    offer(executor, Items.taken(10, 4));
    assertThat(executor.shed(before)).isEqualTo(8);
    assertThat(executor.shed(before)).isZero();
    await("settled at once, though a call of the same delivery runs").until(() -> outcomes.size() == 8);
    processor.pass.release(3);
    await().until(() -> outcomes.size() == 14);
    assertThat(outcomes.stream().filter(outcome -> outcome == Taken.HANDED_BACK)).hasSize(8);
    assertThat(processor.sizes).containsExactly(2, 2, 2);
  }

  @Test
  void shedsNothingThatWaitsOnlyForItsBatchToFill() {
    JobExecutor executor = executor(Jobs.spec().concurrency(2).batching(10, Duration.ofDays(1)).build());
    offer(executor, Items.taken(0, 14));
    await().until(() -> processor.inside.get() == 1);
    assertThat(executor.shed(System.nanoTime())).isZero();
    assertThat(executor.read().waitedNanos()).isZero();
    executor.hold();
    processor.pass.release();
    await().until(() -> outcomes.size() == 14);
  }

  @Test
  void tellsHowLongItsWorkWillTake() {
    JobExecutor executor = executor(Jobs.spec().concurrency(1).build());
    assertThat(executor.read().remainingNanos()).as("idle").isZero();
    offer(executor, Items.taken(0, 22));
    await().until(() -> processor.inside.get() == 1);
    assertThat(executor.read().remainingNanos()).as("nothing is measured").isNegative();
    processor.pass.release();
    await().until(() -> processor.sizes.size() == 2);
    JobExecutor.Reading reading = executor.read();
    assertThat(reading.remainingNanos()).as("18 items wait").isGreaterThanOrEqualTo(18 * reading.nanosPerItem());
    processor.pass.release(100);
    await().until(() -> outcomes.size() == 22 && executor.read().remainingNanos() == 0);
  }

  @Test
  void handsBackSuspectsThatWaitForTheirTurn() {
    JobExecutor executor = executor(Jobs.spec().concurrency(4).build());
    offer(executor, Items.taken(0, 2));
    await().until(() -> processor.inside.get() == 1);
    executor.offer(Items.taken(2, 2), IndexSet.range(2, 3), IndexSet.range(3, 3));
    offer(executor, Items.taken(4, 2));
    executor.hold();
    await().until(() -> outcomes.size() == 4);
    assertThat(outcomes).containsOnly(Taken.HANDED_BACK);
    processor.pass.release();
    await().until(() -> outcomes.size() == 6);
    assertThat(processor.sizes).hasSize(1);
  }

  @Test
  void givesNoWordAboutItemsThatAnInterruptedCallDidNotGetDone() {
    Semaphore never = new Semaphore(0);
    JobExecutor executor = executor(Jobs.spec().concurrency(1).build(), new Answers(batch -> {
      try {
        never.acquire();
        throw new AssertionError("nobody lets it through");
      } catch (InterruptedException e) {
        return List.of(Outcome.DONE, Outcome.retry(new Failure("No", "it was stopped")));
      }
    }));
    offer(executor, Items.taken(0, 2));
    await().until(() -> !entered.isEmpty() && never.hasQueuedThreads());
    executor.hold();
    executor.interrupt();
    await().until(() -> outcomes.size() == 2);
    assertThat(outcomes).containsExactly(Outcome.DONE, Taken.HANDED_BACK);
  }

  private JobExecutor executor(JobSpec spec) {
    return executor(spec, processor);
  }

  private JobExecutor executor(JobSpec spec, BatchProcessor called) {
    return new JobExecutor(JOB, spec, called, gate, new JobExecutor.Surroundings() {
      @Override
      public void settle(Taken taken) {
        Thread.ofVirtual().start(() -> collect(taken));
      }

      @Override
      public boolean noneCanCome() {
        return false;
      }

      @Override
      public void enter(IndexSet inside) {
        entered.add(inside);
      }
    }, (item, outcome) -> outcome instanceof Outcome.Fail);
  }

  private static void offer(JobExecutor executor, Taken taken) {
    executor.offer(taken, IndexSet.empty(), IndexSet.empty());
  }

  private void collect(Taken taken) {
    List<Outcome> all = new ArrayList<>();
    for (Taken.Round round = taken.nextRound(); round != null; round = taken.nextRound()) {
      all.addAll(List.of(round.outcomes()));
    }
    outcomes.addAll(all);
  }

  /** A processor that answers at once, two items a call. */
  private record Answers(java.util.function.Function<List<WorkItem>, List<Outcome>> answer) implements BatchProcessor {
    @Override
    public List<Outcome> call(List<WorkItem> batch) {
      return answer.apply(batch);
    }

    @Override
    public int batchSize() {
      return 2;
    }

    @Override
    public void close() {}
  }
}
