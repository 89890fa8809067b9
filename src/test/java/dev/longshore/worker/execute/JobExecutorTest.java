package dev.longshore.worker.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import dev.longshore.worker.Jobs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class JobExecutorTest {
  private static final JobRef JOB = new JobRef("ns", "job", "u1");

  private final Gate processor = new Gate();
  private final Queue<Outcome> outcomes = new ConcurrentLinkedQueue<>();

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
      executor.offer(Items.taken(i * 10L, 10));
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
    executor.offer(Items.taken(0, 4));
    executor.offer(Items.taken(4, 4));
    assertThat(processor.sizes).isEmpty();
    executor.offer(Items.taken(8, 4));
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
    JobExecutor executor = new JobExecutor(JOB, Jobs.spec().build(), broken, this::collect, () -> false);
    executor.offer(Items.taken(0, 3));
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
      new JobExecutor(JOB, Jobs.spec().build(), wrong, this::collect, () -> false).offer(Items.taken(0, 2));
      await().until(() -> outcomes.size() == 2);
      assertThat(outcomes).allSatisfy(outcome -> assertThat(((Outcome.Retry) outcome).failure().code()).isEqualTo("WrongAnswer"));
    }
  }

  @Test
  void handsBackWhatHasNotStartedAndFinishesWhatHas() {
    JobExecutor executor = executor(Jobs.spec().concurrency(1).build());
    executor.offer(Items.taken(0, 6));
    await().until(() -> processor.inside.get() == 1);
    executor.drain();
    executor.offer(Items.taken(6, 4));
    processor.pass.release(10);
    await().until(() -> outcomes.size() == 10);
    assertThat(outcomes.stream().filter(outcome -> outcome == Taken.HANDED_BACK)).hasSize(8);
    assertThat(processor.sizes).containsExactly(2);
  }

  @Test
  void interruptsCallsWhenItClosesAndChargesNobody() {
    JobExecutor executor = executor(Jobs.spec().concurrency(1).build());
    executor.offer(Items.taken(0, 2));
    await().until(() -> processor.inside.get() == 1);
    executor.close();
    await().until(() -> outcomes.size() == 2);
    assertThat(outcomes).containsOnly(Taken.HANDED_BACK);
    assertThat(processor.closed).isTrue();
  }

  @Test
  void closesAReplacedProcessorBehindItsLastCall() {
    JobExecutor executor = executor(Jobs.spec().concurrency(1).build());
    executor.offer(Items.taken(0, 2));
    await().until(() -> processor.inside.get() == 1);
    executor.change(Jobs.spec().build(), new Answers(batch -> List.of(Outcome.DONE)));
    assertThat(processor.closed).isFalse();
    processor.pass.release();
    await().until(() -> processor.closed);
  }

  private JobExecutor executor(JobSpec spec) {
    return new JobExecutor(JOB, spec, processor, this::collect, () -> false);
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
