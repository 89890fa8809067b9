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

  private static Observation observation(int second, long known, long finished, boolean complete, long ready, int idle, long control) {
    ItemCounts counts = new ItemCounts(known, complete, known - finished, 0, 0, finished, 0, 0, 0);
    JobReading reading = new JobReading(counts, 1, null, new JobReading.Intake(1, complete, Duration.ofSeconds(idle)), JobReading.Gaps.NONE, JobReading.Steering.NONE, null, null, null,
        JobReading.Busy.NONE, null, java.util.List.of());
    return new Observation(reading, new Depth(true, ready, 1), complete ? null : new Depth(true, control, 1), START.plusSeconds(second));
  }
}
