package dev.longshore.processor;

import static dev.longshore.processor.OutcomeAsserts.fail;
import static dev.longshore.processor.OutcomeAsserts.result;
import static dev.longshore.processor.OutcomeAsserts.spent;
import static dev.longshore.processor.OutcomeAsserts.unspent;
import static dev.longshore.processor.Specs.items;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.Failure;
import dev.longshore.job.JobSpec;
import dev.longshore.job.Limits;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.microprofile.faulttolerance.Timeout;
import org.junit.jupiter.api.Test;

class GuardedProcessorTest {
  /** A processor's work. */
  interface Work {
    List<Outcome> process(List<WorkItem> batch) throws Exception;
  }

  private static GuardedProcessor guarded(Specs spec, Work work) {
    ItemProcessor processor = new ItemProcessor() {
      @Override
      public String name() {
        return "test";
      }

      @Override
      public List<Outcome> process(List<WorkItem> batch) throws Exception {
        return work.process(batch);
      }
    };
    return guarded(spec.spec(), processor);
  }

  private static GuardedProcessor guarded(JobSpec spec, ItemProcessor processor) {
    try {
      GuardSettings settings = GuardSettings.resolve(processor.getClass().getMethod("process", List.class), processor.getClass(), spec);
      return new GuardedProcessor(Specs.JOB, processor, settings, spec.batching().size(), SecretMask.of(List.of()));
    } catch (NoSuchMethodException e) {
      throw new AssertionError(e);
    }
  }

  private static List<Outcome> all(List<WorkItem> batch, Outcome outcome) {
    return Collections.nCopies(batch.size(), outcome);
  }

  @Test
  void outcomesPassAsTheyAre() throws Exception {
    GuardedProcessor guarded = guarded(Specs.noop(), b -> List.of(Outcome.success(b.getFirst().json()), new Outcome.Skip("old")));
    List<Outcome> outcomes = guarded.call(items("1", "2"));
    assertThat(result(outcomes.get(0))).isEqualTo("1");
    assertThat(outcomes.get(1)).isEqualTo(new Outcome.Skip("old"));
    assertThat(guarded.batchSize()).isEqualTo(1);
    assertThat(guarded.counts()).isEqualTo(new GuardCounts(1, 0, 0, 0, 0, false));
  }

  @Test
  void aThrowIsARetryOfEachItemUnderTheExceptionsName() throws Exception {
    List<Outcome> outcomes = guarded(Specs.noop(), b -> {
      throw new IllegalStateException("no disk");
    }).call(items("1", "2"));
    assertThat(outcomes).hasSize(2);
    assertThat(spent(outcomes.get(1), "IllegalStateException").failure().message()).isEqualTo("no disk");
    assertThat(spent(outcomes.get(1), "IllegalStateException").failure().exception()).isEqualTo("java.lang.IllegalStateException");
  }

  @Test
  void anErrorOfAPluginIsItsItemsFailureToo() throws Exception {
    spent(guarded(Specs.noop(), b -> {
      throw new NoClassDefFoundError("org/acme/Missing");
    }).call(items("1")).getFirst(), "NoClassDefFoundError");
  }

  @Test
  void anAnswerOfWrongLengthIsNeverMatchedToItems() throws Exception {
    spent(guarded(Specs.noop(), b -> List.of(Outcome.DONE)).call(items("1", "2")).get(0), "WrongAnswer");
    spent(guarded(Specs.noop(), b -> null).call(items("1")).get(0), "WrongAnswer");
    List<Outcome> withNull = guarded(Specs.noop(), b -> {
      List<Outcome> outcomes = new ArrayList<>(all(b, Outcome.DONE));
      outcomes.set(1, null);
      return outcomes;
    }).call(items("1", "2"));
    result(withNull.get(0));
    spent(withNull.get(1), "WrongAnswer");
  }

  @Test
  void aResultAboveTheLimitFailsItsItemOnly() throws Exception {
    byte[] most = ("\"" + "x".repeat(Limits.RESULT_BYTES - 2) + "\"").getBytes(StandardCharsets.UTF_8);
    byte[] more = ("\"" + "x".repeat(Limits.RESULT_BYTES - 1) + "\"").getBytes(StandardCharsets.UTF_8);
    List<Outcome> outcomes = guarded(Specs.noop(), b -> List.of(Outcome.success(most), Outcome.success(more))).call(items("1", "2"));
    assertThat(((Outcome.Success) outcomes.get(0)).result()).isSameAs(most);
    fail(outcomes.get(1), "ResultTooLarge");
  }

  @Test
  void aTimeoutInterruptsTheCallAndRetriesItsItems() throws Exception {
    AtomicBoolean interrupted = new AtomicBoolean();
    GuardedProcessor guarded = guarded(Specs.noop().timeout(Duration.ofMillis(50)), b -> {
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException e) {
        interrupted.set(true);
        throw e;
      }
      return List.of();
    });
    spent(guarded.call(items("1")).getFirst(), "Timeout");
    assertThat(interrupted).isTrue();
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
    assertThat(guarded.counts().timedOut()).isEqualTo(1);
  }

  @Test
  void whatWasDoneBeforeTheTimeoutIsKept() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    List<Outcome> outcomes = guarded(Specs.noop().timeout(Duration.ofMillis(50)).retries(3), b -> {
      runs.incrementAndGet();
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return List.of(Outcome.DONE, Outcome.retry(new Failure("Timeout", "late")));
    }).call(items("1", "2"));
    assertThat(outcomes.get(0)).isEqualTo(Outcome.DONE);
    spent(outcomes.get(1), "Timeout");
    assertThat(runs).as("done items do not run again in a short retry").hasValue(1);
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void anInterruptFromOutsideIsNoOutcome() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    GuardedProcessor guarded = guarded(Specs.noop(), b -> {
      inside.countDown();
      new CountDownLatch(1).await();
      return List.of();
    });
    List<Throwable> thrown = Collections.synchronizedList(new ArrayList<>());
    Thread caller = Thread.ofVirtual().start(() -> assertThatThrownBy(() -> guarded.call(items("1"))).satisfies(thrown::add));
    inside.await();
    caller.interrupt();
    await().atMost(Duration.ofSeconds(10)).until(() -> !thrown.isEmpty());
    assertThat(thrown.getFirst()).isInstanceOf(InterruptedException.class);
  }

  @Test
  void shortRetriesRepeatACallThatFailedAsAWhole() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    GuardedProcessor guarded = guarded(Specs.noop().retries(2), b -> {
      int run = runs.incrementAndGet();
      if (run == 1) {
        throw new IllegalStateException("first");
      }
      return run == 2 ? all(b, Outcome.retry(new Failure("Busy", ""))) : all(b, Outcome.DONE);
    });
    assertThat(guarded.call(items("1", "2"))).containsOnly(Outcome.DONE);
    assertThat(guarded.counts()).isEqualTo(new GuardCounts(1, 0, 0, 2, 0, false));
  }

  @Test
  void shortRetriesAreOffByDefaultAndLeaveAloneWhoAsksToWait() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    Work busy = b -> {
      runs.incrementAndGet();
      return all(b, new Outcome.Retry(new Failure("Busy", ""), Duration.ofSeconds(9), true));
    };
    assertThat(spent(guarded(Specs.noop().retries(5), busy).call(items("1")).getFirst(), "Busy").after()).isEqualTo(Duration.ofSeconds(9));
    assertThat(runs).hasValue(1);
    guarded(Specs.noop(), b -> {
      runs.incrementAndGet();
      throw new IllegalStateException();
    }).call(items("1"));
    assertThat(runs).hasValue(2);
  }

  @Test
  void theCircuitOpensOnCallsThatFailedAsAWholeAndChargesNobody() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    GuardedProcessor guarded = guarded(Specs.noop().breaker(0.5, 2, Duration.ofHours(1)), b -> {
      if (runs.incrementAndGet() == 1) {
        throw new IllegalStateException("down");
      }
      return all(b, Outcome.retry(new Failure("Unreachable", "")));
    });
    spent(guarded.call(items("1")).getFirst(), "IllegalStateException");
    spent(guarded.call(items("1")).getFirst(), "Unreachable");
    Outcome.Retry prevented = unspent(guarded.call(items("1")).getFirst(), "CircuitOpen");
    assertThat(prevented.after()).isEqualTo(Duration.ofHours(1));
    assertThat(runs).hasValue(2);
    assertThat(guarded.counts()).isEqualTo(new GuardCounts(3, 2, 0, 0, 1, true));
  }

  @Test
  void itemsThatFailForGoodSayNothingAgainstTheTarget() throws Exception {
    GuardedProcessor guarded = guarded(Specs.noop().breaker(0.1, 2, Duration.ofHours(1)),
        b -> all(b, new Outcome.Fail(new Failure("HttpStatus404", ""))));
    for (int i = 0; i < 10; i++) {
      fail(guarded.call(items("1")).getFirst(), "HttpStatus404");
    }
    assertThat(guarded.counts().circuitOpen()).isFalse();
  }

  @Test
  void theCircuitClosesAgainWhenTheTargetAnswers() throws Exception {
    AtomicBoolean up = new AtomicBoolean();
    GuardedProcessor guarded = guarded(Specs.noop().breaker(0.5, 2, Duration.ofMillis(20)), b -> {
      if (!up.get()) {
        throw new IllegalStateException("down");
      }
      return all(b, Outcome.DONE);
    });
    guarded.call(items("1"));
    guarded.call(items("1"));
    unspent(guarded.call(items("1")).getFirst(), "CircuitOpen");
    up.set(true);
    await().atMost(Duration.ofSeconds(10)).until(() -> guarded.call(items("1")).getFirst() == Outcome.DONE);
    assertThat(guarded.counts().circuitOpen()).isFalse();
  }

  @Test
  void furtherCallsWaitForAPlaceAndTheirWaitIsNotTheirTimeout() throws Exception {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CountDownLatch first = new CountDownLatch(2);
    GuardedProcessor guarded = guarded(Specs.noop().concurrency(2).timeout(Duration.ofMillis(400)), b -> {
      most.accumulateAndGet(inside.incrementAndGet(), Math::max);
      first.countDown();
      first.await();
      // six calls through two places take longer than one call's timeout
      new CountDownLatch(1).await(200, java.util.concurrent.TimeUnit.MILLISECONDS);
      inside.decrementAndGet();
      return all(b, Outcome.DONE);
    });
    List<Outcome> outcomes = Collections.synchronizedList(new ArrayList<>());
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      callers.add(Thread.ofVirtual().start(() -> {
        try {
          outcomes.addAll(guarded.call(items("1")));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }));
    }
    for (Thread caller : callers) {
      caller.join();
    }
    assertThat(outcomes).hasSize(6).containsOnly(Outcome.DONE);
    assertThat(most).hasValue(2);
  }

  static class AnnotatedProcessor implements ItemProcessor {
    final CountDownLatch release = new CountDownLatch(1);

    @Override
    public String name() {
      return "annotated";
    }

    @Override
    @Timeout(50)
    public List<Outcome> process(List<WorkItem> batch) throws Exception {
      release.await();
      return all(batch, Outcome.DONE);
    }
  }

  @Test
  void anAnnotatedPluginTimesOutAndTheJobsTimeoutOverridesIt() throws Exception {
    AnnotatedProcessor annotated = new AnnotatedProcessor();
    spent(guarded(Specs.noop().spec(), annotated).call(items("1")).getFirst(), "Timeout");

    GuardedProcessor overridden = guarded(Specs.noop().timeout(Duration.ofMinutes(1)).spec(), annotated);
    List<Outcome> outcomes = Collections.synchronizedList(new ArrayList<>());
    Thread caller = Thread.ofVirtual().start(() -> {
      try {
        outcomes.addAll(overridden.call(items("1")));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
    // well past the annotation's 50 ms: another call that carries them has timed out meanwhile
    spent(guarded(Specs.noop().timeout(Duration.ofMillis(200)).spec(), annotated).call(items("1")).getFirst(), "Timeout");
    assertThat(outcomes).isEmpty();
    annotated.release.countDown();
    caller.join();
    assertThat(outcomes).containsExactly(Outcome.DONE);
  }
}
