package dev.longshore.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.Outcome;
import dev.longshore.queue.WorkQueues.Kind;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of a worker whose drain outlasts its limit. */
class DrainLimitTest {
  private final Scene scene = new Scene(Jobs.spec().concurrency(2).maxAttempts(1).build(), Numbers.upTo(50));

  @AfterEach
  void close() {
    scene.close();
  }

  @Test
  void whatHasNotStartedIsBackLongBeforeAndWhatRunsIsInterruptedWithoutAnAttemptSpent() {
    Semaphore never = new Semaphore(0);
    Worker late = scene.worker("late", 1, item -> {
      never.acquire();
      return Outcome.DONE;
    });
    await().until(() -> scene.inside.get() == 2 && scene.counts().intakeComplete());
    scene.assign(Set.of("late"));
    await().until(() -> scene.counts().inFlight() == 2 && scene.counts().pending() == 48);
    await().until(() -> scene.queues.truth().depth(Scene.JOB, Kind.WORK).consumers() == 0);
    assertThat(late.drained()).isNotDone();

    scene.overdue(Set.of("late"));

    late.drained().orTimeout(10, TimeUnit.SECONDS).join();
    assertThat(scene.counts().inFlight()).isZero();
    scene.assign(Set.of());
    scene.worker("next", 1, item -> Outcome.DONE);
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(50);
    assertThat(scene.results()).allSatisfy(result -> assertThat(result.attempts()).isEqualTo(1));
  }

  @Test
  void aCallThatDoesNotListenIsHandedOnAllTheSame() {
    Semaphore stubborn = new Semaphore(0);
    Worker late = scene.worker("late", 1, item -> {
      stubborn.acquireUninterruptibly();
      return Outcome.DONE;
    });
    await().until(() -> scene.inside.get() == 2);
    scene.overdue(Set.of("late"));
    late.drained().orTimeout(20, TimeUnit.SECONDS).join();
    assertThat(scene.counts().inFlight()).isZero();
    scene.assign(Set.of());
    scene.worker("next", 1, item -> Outcome.DONE);
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(50);
    stubborn.release(2);
    await().during(Duration.ofMillis(300)).atMost(Duration.ofSeconds(5)).until(() -> scene.counts().succeeded() == 50);
  }
}
