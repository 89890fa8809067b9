package dev.longshore.operator.progress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.ItemCounts;
import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import dev.longshore.queue.WorkQueues.Depth;
import dev.longshore.store.JobReading;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ActiveJobTest {
  private static final Instant START = Instant.parse("2026-11-22T06:00:00Z");
  private final ActiveJob job = new ActiveJobs(Duration.ofSeconds(30)).follow(new JobRef("music", "tracks", "1f3a9c02"), new PoolRef("music", "tracks"), 1);

  @Test
  void theBacklogIsTheLargerOfItemsAndMessages() {
    assertThat(observation(0, 100, 40, true, 3, 0, 0).backlog()).isEqualTo(60);
    assertThat(observation(0, 100, 90, true, 30, 0, 0).backlog()).isEqualTo(30);
    assertThat(observation(0, 100, 100, true, 30, 0, 0).backlog()).isZero();
  }

  @Test
  void aSourceThatIsBeingReadCountsAsWork() {
    assertThat(observation(0, 0, 0, false, 0, 0, 0).backlog()).isEqualTo(1);
  }

  @Test
  void thePaceIsThatOfTheLastTenSeconds() {
    for (int second = 0; second <= 60; second++) {
      job.observed(observation(second, 10_000, second < 50 ? second * 10 : 500 + (second - 50) * 100, true, 0, 0, 0));
    }
    assertThat(job.itemsPerSecond(START.plusSeconds(60))).isEqualTo(100);
    assertThat(job.itemsPerSecond(START.plusSeconds(65))).isLessThan(100);
  }

  @Test
  void whatASourceBringsIsTheRateOfTheLastMinuteOnceItHasBeenReadForHalfAMinute() {
    for (int second = 0; second < 30; second++) {
      job.observed(observation(second, second * 7, 0, false, 0, 0, 0));
    }
    assertThat(job.arrivals(START.plusSeconds(29))).isZero();
    for (int second = 30; second <= 200; second++) {
      job.observed(observation(second, second < 100 ? second * 7 : 700 + (second - 100) * 2, 0, false, 0, 0, 0));
    }
    assertThat(job.arrivals(START.plusSeconds(200))).isEqualTo(2);
  }

  @Test
  void theServiceTimeIsThatOfTheLastMinute() {
    Duration time = Duration.ZERO;
    for (int second = 0; second <= 600; second++) {
      job.observed(observation(second, 100_000, 10 * second, new JobReading.Busy(time, 10 * second)));
      time = time.plus(Duration.ofSeconds(second < 500 ? 1 : 3));
    }
    assertThat(job.serviceTime()).isEqualTo(Duration.ofMillis(300));
  }

  @Test
  void aFeedIsDeadWhenItIsSilentAndThreeReadsFindNoneWaiting() {
    job.observed(observation(0, 0, 0, false, 0, 20, 0));
    job.observed(observation(1, 0, 0, false, 0, 21, 0));
    assertThat(job.intakeIsDead()).isFalse();
    job.observed(observation(2, 0, 0, false, 0, 22, 0));
    assertThat(job.intakeIsDead()).isTrue();
    job.intakeRestarted();
    assertThat(job.intakeIsDead()).isFalse();
  }

  @Test
  void aFeedThatWaitsOrMovesIsNotDead() {
    for (int second = 0; second < 5; second++) {
      job.observed(observation(second, 0, 0, false, 0, 20 + second, 1));
    }
    assertThat(job.intakeIsDead()).isFalse();
    for (int second = 5; second < 10; second++) {
      job.observed(observation(second, 0, 0, false, 0, 2, 0));
    }
    assertThat(job.intakeIsDead()).isFalse();
  }

  @Test
  void onlyWhatDiffersIsNews() {
    assertThat(job.observed(observation(0, 100, 10, true, 0, 0, 0))).isTrue();
    assertThat(job.observed(observation(1, 100, 10, true, 0, 0, 0))).isFalse();
    assertThat(job.observed(observation(2, 100, 11, true, 0, 0, 0))).isTrue();
  }

  @Test
  void theQueuesOfAJobThatStandsStillAreMeasuredRarely() {
    Observation first = observation(0, 100, 10, true, 0, 0, 0);
    assertThat(job.isToBeMeasured(first.reading(), first.at())).isTrue();
    job.observed(first);
    Instant later = START.plusSeconds(1);
    assertThat(job.isToBeMeasured(first.reading(), later)).isFalse();
    assertThat(job.observed(Observation.unmeasured(first.reading(), first, later))).as("nothing is new").isFalse();
    assertThat(job.isToBeMeasured(first.reading(), START.plus(ActiveJob.MEASURED))).isTrue();
    assertThat(job.isToBeMeasured(observation(2, 100, 11, true, 0, 0, 0).reading(), START.plusSeconds(2))).as("it moves").isTrue();
  }

  @Test
  void aQueueThatWasMissedOnceIsMeasuredEachSecond() {
    JobReading reading = observation(0, 100, 10, true, 0, 0, 0).reading();
    for (int second = 0; second < 3; second++) {
      assertThat(job.queuesAreLost()).isFalse();
      assertThat(job.isToBeMeasured(reading, START.plusSeconds(second))).isTrue();
      job.observed(new Observation(reading, new Depth(false, 0, 0), null, START.plusSeconds(second)));
    }
    assertThat(job.queuesAreLost()).isTrue();
  }

  @Test
  void aSilentFeedThatMayBeLostIsLookedForEachSecond() {
    JobReading silent = observation(0, 0, 0, false, 0, 20, 0).reading();
    job.observed(new Observation(silent, new Depth(true, 0, 1), new Depth(true, 1, 1), START));
    assertThat(job.isToBeMeasured(silent, START.plusSeconds(1))).as("it waits").isFalse();
    job.observed(new Observation(silent, new Depth(true, 0, 1), new Depth(true, 0, 1), START.plusSeconds(5)));
    assertThat(job.isToBeMeasured(silent, START.plusSeconds(6))).isTrue();
  }

  private static Observation observation(int second, long known, long finished, JobReading.Busy busy) {
    JobReading reading = new JobReading(new ItemCounts(known, true, known - finished, 0, 0, finished, 0, 0, 0), 1, null,
        new JobReading.Intake(1, true, Duration.ZERO), JobReading.Gaps.NONE, JobReading.Steering.NONE, null, null, null, busy, null,
        java.util.List.of());
    return new Observation(reading, new Depth(true, 0, 1), null, START.plusSeconds(second));
  }

  private static Observation observation(int second, long known, long finished, boolean complete, long ready, int idle, long control) {
    ItemCounts counts = new ItemCounts(known, complete, known - finished, 0, 0, finished, 0, 0, 0);
    JobReading reading = new JobReading(counts, 1, null, new JobReading.Intake(1, complete, Duration.ofSeconds(idle)), JobReading.Gaps.NONE, JobReading.Steering.NONE, null, null, null,
        JobReading.Busy.NONE, null, java.util.List.of());
    return new Observation(reading, new Depth(true, ready, 1), complete ? null : new Depth(true, control, 1), START.plusSeconds(second));
  }
}
