package dev.longshore.operator.progress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RepairTest {
  private static final JobRef JOB = new JobRef("ns", "job", "uid");
  private static final PoolRef POOL = new PoolRef("ns", "job");
  private final AtomicInteger runs = new AtomicInteger();
  private final Repair repair = new Repair();

  @Test
  void oneIsUnderWayAtATime() {
    assertThat(repair.begin()).isTrue();
    assertThat(repair.begin()).as("while one is under way").isFalse();
    assertThat(repair.run(runs::incrementAndGet)).as("a pass is needed though all went well").isFalse();
    assertThat(repair.begin()).as("after it").isTrue();
    assertThat(runs).hasValue(1);
  }

  @Test
  void aFailureStandsUntilOneGoesWellAndBothAreWorthAPass() {
    assertThat(repair.run(this::fail)).isTrue();
    assertThat(repair.failure()).hasValueSatisfying(failure -> assertThat(failure).hasMessage("no leader"));
    assertThat(repair.begin()).isTrue();
    assertThat(repair.failure()).as("while the next is under way").isPresent();
    assertThat(repair.run(runs::incrementAndGet)).isTrue();
    assertThat(repair.failure()).isEmpty();
  }

  @Test
  void aFailureIsForgottenWhenTheQueuesServe() {
    repair.run(this::fail);
    repair.forget();
    assertThat(repair.failure()).isEmpty();
  }

  @Test
  void aJobIsLeftWhenItsRepairIsOverAndNoneRunsAfterwards() throws Exception {
    ActiveJobs jobs = new ActiveJobs(Duration.ofMinutes(2));
    Repair of = jobs.follow(JOB, POOL, 1).repair();
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Thread running = Thread.startVirtualThread(() -> of.run(() -> {
      inside.countDown();
      await(goOn);
      runs.incrementAndGet();
    }));
    await(inside);
    Thread leaving = new Thread(() -> jobs.unfollow(JOB));
    leaving.start();
    Awaitility.await("it waits for the repair").atMost(Duration.ofSeconds(20)).until(() -> leaving.getState() == Thread.State.WAITING);
    goOn.countDown();
    leaving.join();
    running.join();
    assertThat(runs).hasValue(1);

    assertThat(of.run(runs::incrementAndGet)).isFalse();
    assertThat(runs).as("after the job was left").hasValue(1);
  }

  @Test
  void aJobThatChangesItsPoolLeavesNoRepairBehind() {
    ActiveJobs jobs = new ActiveJobs(Duration.ofMinutes(2));
    Repair of = jobs.follow(JOB, POOL, 1).repair();
    assertThat(jobs.follow(JOB, POOL, 2).repair()).isSameAs(of);
    jobs.follow(JOB, new PoolRef("ns", "other"), 3);
    of.run(runs::incrementAndGet);
    assertThat(runs).hasValue(0);
  }

  private void fail() {
    throw new IllegalStateException("no leader");
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
