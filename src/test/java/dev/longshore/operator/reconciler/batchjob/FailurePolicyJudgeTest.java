package dev.longshore.operator.reconciler.batchjob;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.FailureGroup;
import dev.longshore.job.ItemCounts;
import dev.longshore.job.JobSpec.Bound;
import dev.longshore.job.JobSpec.FailureMode;
import dev.longshore.job.JobSpec.FailurePolicy;
import dev.longshore.job.JobSpec.SameFailure;
import dev.longshore.store.JobReading;
import dev.longshore.store.JobReading.FatalError;
import dev.longshore.store.JobReading.Steering;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FailurePolicyJudgeTest {
  @Test
  void aJobThatContinuesBearsAnyNumberOfFailures() {
    assertThat(judge(FailurePolicy.CONTINUE, reading(100, true, 0, 100))).isEmpty();
  }

  @Test
  void failFastEndsAtTheFirstFailureOfThisRun() {
    FailurePolicy policy = new FailurePolicy(FailureMode.FAIL_FAST, null, null, null, 3);
    assertThat(judge(policy, reading(100, true, 50, 0))).isEmpty();
    assertThat(judge(policy, reading(100, false, 50, 1))).hasValue("FailFast");
    assertThat(judge(policy, after(reading(100, true, 50, 3), 3, Duration.ZERO))).isEmpty();
    assertThat(judge(policy, after(reading(100, true, 50, 4), 3, Duration.ZERO))).hasValue("FailFast");
  }

  @Test
  void aNumberOfFailuresIsJudgedAtOnceAndAShareOnceTheTotalIsKnown() {
    FailurePolicy number = new FailurePolicy(FailureMode.CONTINUE, new Bound(2L, null), null, null, 3);
    assertThat(judge(number, reading(100, false, 0, 2))).isEmpty();
    assertThat(judge(number, reading(100, false, 0, 3))).hasValue("TooManyFailed");
    assertThat(judge(number, after(reading(100, true, 50, 42), 40, Duration.ZERO))).as("of this run").isEmpty();
    assertThat(judge(number, after(reading(100, true, 50, 43), 40, Duration.ZERO))).as("of this run").hasValue("TooManyFailed");
    FailurePolicy share = new FailurePolicy(FailureMode.CONTINUE, new Bound(null, 0.05), null, null, 3);
    assertThat(judge(share, reading(10, false, 0, 10))).isEmpty();
    assertThat(judge(share, reading(100, true, 0, 5))).isEmpty();
    assertThat(judge(share, reading(100, true, 0, 6))).hasValue("TooManyFailed");
    assertThat(judge(share, reading(100, true, 94, 6))).as("also when all items are final").hasValue("TooManyFailed");
  }

  @Test
  void oneKindOfFailureEndsTheJobOnceEnoughItemsAreFinished() {
    FailurePolicy policy = new FailurePolicy(FailureMode.CONTINUE, null, new SameFailure(0.5, 100), null, 3);
    assertThat(judge(policy, reading(1_000, false, 39, 60))).isEmpty();
    assertThat(judge(policy, reading(1_000, false, 40, 60))).hasValue("SameFailure");
    assertThat(judge(policy, reading(1_000, false, 61, 60))).isEmpty();
    assertThat(judge(policy, after(reading(1_000, false, 0, 900), 900, Duration.ZERO))).as("of this run").isEmpty();
    assertThat(judge(policy, after(reading(1_000, false, 50, 950), 900, Duration.ZERO))).as("of this run").hasValue("SameFailure");
  }

  @Test
  void manyKindsOfFailureAreNotOne() {
    FailurePolicy policy = new FailurePolicy(FailureMode.CONTINUE, null, new SameFailure(0.5, 100), null, 3);
    JobReading r = reading(1_000, false, 40, 60);
    JobReading scattered = new JobReading(r.counts(), 1, null, r.intake(), r.gaps(), r.steering(), null, null, null, null, null,
        List.of(new FailureGroup(FailureGroup.OTHER, 60, 1, "")));
    assertThat(judge(policy, scattered)).isEmpty();
  }

  @Test
  void theDeadlineEndsWhatIsNotDoneByThen() {
    Duration minute = Duration.ofMinutes(1);
    assertThat(verdict(after(reading(10, true, 5, 0), 0, Duration.ofSeconds(59)), minute)).isEmpty();
    assertThat(verdict(after(reading(10, true, 5, 0), 0, minute), minute)).hasValue("DeadlineExceeded");
    assertThat(verdict(after(reading(10, true, 10, 0), 0, Duration.ofHours(1)), minute)).isEmpty();
    assertThat(verdict(after(reading(10, true, 5, 0), 0, Duration.ofDays(1)), null)).isEmpty();
  }

  private static Optional<String> judge(FailurePolicy policy, JobReading reading) {
    return FailurePolicyJudge.verdict(policy, null, reading).map(FatalError::reason);
  }

  private static Optional<String> verdict(JobReading reading, Duration deadline) {
    return FailurePolicyJudge.verdict(FailurePolicy.CONTINUE, deadline, reading).map(FatalError::reason);
  }

  private static JobReading reading(long known, boolean complete, long succeeded, long failed) {
    ItemCounts counts = new ItemCounts(known, complete, known - succeeded - failed, 0, 0, succeeded, failed, 0, 0);
    return new JobReading(counts, 1, null, new JobReading.Intake(1, complete, Duration.ZERO), JobReading.Gaps.NONE, Steering.NONE, null,
        null, null, null, null, failed == 0 ? List.of() : List.of(new FailureGroup("http # no such track", failed, 1, "no such track")));
  }

  private static JobReading after(JobReading r, long failedBefore, Duration active) {
    return new JobReading(r.counts(), 2, null, r.intake(), r.gaps(), new Steering(false, false, active, "monday", 1, failedBefore), null,
        null, null, null, null, r.groups());
  }
}
