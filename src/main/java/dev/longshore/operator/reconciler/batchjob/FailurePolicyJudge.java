package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.job.FailureGroup;
import dev.longshore.job.ItemCounts;
import dev.longshore.job.JobSpec.Bound;
import dev.longshore.job.JobSpec.FailureMode;
import dev.longshore.job.JobSpec.FailurePolicy;
import dev.longshore.job.JobSpec.SameFailure;
import dev.longshore.store.JobReading;
import dev.longshore.store.JobReading.FatalError;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;

/** Says when failed items, or the time, end a run. A pure function. */
final class FailurePolicyJudge {
  private FailurePolicyJudge() {}

  /**
   * Judges one reading.
   *
   * @param deadline how long the run may be going on; null: without end
   * @return why the run must end as failed; empty when it may go on
   */
  static Optional<FatalError> verdict(FailurePolicy policy, Duration deadline, JobReading reading) {
    ItemCounts counts = reading.counts();
    return failFast(policy, reading)
        .or(() -> tooMany(policy.maxFailed(), counts))
        .or(() -> same(policy.sameFailure(), counts, reading))
        .or(() -> late(deadline, reading));
  }

  /** What had failed before this run, and was not opened again, does not end it. */
  private static Optional<FatalError> failFast(FailurePolicy policy, JobReading reading) {
    long failed = reading.counts().failed() - reading.steering().failedBefore();
    return policy.mode() == FailureMode.FAIL_FAST && failed > 0
        ? Optional.of(new FatalError("FailFast", failed + " failed, and spec.failurePolicy.mode FailFast ends the job at the first"))
        : Optional.empty();
  }

  /** A share is judged once the total is known. */
  private static Optional<FatalError> tooMany(Bound most, ItemCounts counts) {
    if (most == null || most.items() == null && !counts.intakeComplete() || !most.exceededBy(counts.failed(), counts.known())) {
      return Optional.empty();
    }
    String bound = most.items() != null ? most.items().toString() : percent(most.share());
    return Optional.of(new FatalError("TooManyFailed", counts.failed() + " of " + counts.known() + " items failed, and "
        + "spec.failurePolicy.maxFailed is " + bound));
  }

  private static Optional<FatalError> same(SameFailure breaker, ItemCounts counts, JobReading reading) {
    if (breaker == null || counts.finished() < breaker.minItems()) {
      return Optional.empty();
    }
    return reading.groups().stream().max(Comparator.comparingLong(FailureGroup::count))
        .filter(group -> group.count() >= breaker.share() * counts.finished())
        .map(group -> new FatalError("SameFailure", group.count() + " of " + counts.finished() + " finished items failed with \""
            + group.fingerprint() + "\", and spec.failurePolicy.circuitBreaker.share is " + percent(breaker.share())));
  }

  /** What is all final is in time, however long it took. */
  private static Optional<FatalError> late(Duration deadline, JobReading reading) {
    if (deadline == null || reading.counts().allFinal() || reading.steering().active().compareTo(deadline) < 0) {
      return Optional.empty();
    }
    return Optional.of(new FatalError("DeadlineExceeded", "the run has been going on for " + reading.steering().active().toSeconds()
        + " s, and spec.activeDeadlineSeconds is " + deadline.toSeconds()));
  }

  private static String percent(double share) {
    return Math.round(share * 100) + "%";
  }
}
