package dev.longshore.operator.progress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import dev.longshore.operator.testing.RecordingQueues;
import dev.longshore.queue.QueueLeaderlessException;
import dev.longshore.queue.WorkQueues;
import dev.longshore.store.memory.MemoryLedger;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the loop makes of a broker that does not answer, and of one queue that does not. */
class ProgressLoopTest {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final JobRef broken = new JobRef("music", "albums", "2");
  private final JobRef well = new JobRef("music", "tracks", "1");
  private final RecordingQueues queues = new RecordingQueues();
  private final ActiveJobs jobs = new ActiveJobs(Duration.ofSeconds(30));
  private final ProgressLoop loop = new ProgressLoop(jobs, new MemoryLedger(InstantSource.system(), Duration.ofSeconds(10)), queues, new Nobody(),
      InstantSource.system());

  @AfterEach
  void end() {
    loop.close();
  }

  @Test
  void oneQueueWithoutALeaderIsNoOutageOfTheBroker() {
    queues.declare(broken);
    queues.declare(well);
    ActiveJob ofBroken = jobs.follow(broken, new PoolRef("music", "albums"), 1);
    ActiveJob ofWell = jobs.follow(well, new PoolRef("music", "tracks"), 1);
    queues.leaderless(broken, true);

    loop.start();

    await().atMost(LIMIT).until(() -> ofBroken.last().isPresent() && ofWell.last().isPresent());
    assertThat(loop.brokerProblem()).isEmpty();
    assertThat(ofWell.last().orElseThrow().work()).isNotNull();
    assertThat(ofBroken.last().orElseThrow().work()).isNull();
    assertThat(ofBroken.queue(WorkQueues.Kind.WORK).problem()).hasValueSatisfying(why -> assertThat(why).hasMessageContaining("no leader"));
    // said once, not with each read
    assertThat(ofBroken.queue(WorkQueues.Kind.WORK).began(new QueueLeaderlessException("again"))).isFalse();

    queues.leaderless(broken, false);
    await().atMost(LIMIT).until(() -> ofBroken.queue(WorkQueues.Kind.WORK).problem().isEmpty());
    queues.away(true);
    await().atMost(LIMIT).until(() -> loop.brokerProblem().isPresent());
  }

  private static final class Nobody implements ProgressLoop.Listener {
    @Override
    public void jobChanged(JobRef job) {}

    @Override
    public void poolChanged(PoolRef pool) {}
  }
}
