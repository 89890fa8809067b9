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

/** Says when failed items, or the time, end a run. What had failed before it, and was not opened again, does not. A pure function. */
final class FailurePolicyJudge {
  private FailurePolicyJudge() {}

  /**
   * Judges one reading.
   *
   * @param deadline how long the run may be going on; null: without end
   * @return why the run must end as failed; empty when it may go on
   */
  static Optional<FatalError> verdict(FailurePolicy policy, Duration deadline, JobReading reading) {
    long failed = reading.counts().failed() - reading.steering().failedBefore();
    return failFast(policy, failed)
        .or(() -> tooMany(policy.maxFailed(), failed, reading.counts()))
        .or(() -> same(policy.sameFailure(), reading))
        .or(() -> late(deadline, reading));
  }

  private static Optional<FatalError> failFast(FailurePolicy policy, long failed) {
    return policy.mode() == FailureMode.FAIL_FAST && failed > 0
        ? Optional.of(new FatalError("FailFast", failed + " failed, and spec.failurePolicy.mode FailFast ends the job at the first"))
        : Optional.empty();
  }

  /** A share is judged once the total is known. */
  private static Optional<FatalError> tooMany(Bound most, long failed, ItemCounts counts) {
    if (most == null || most.items() == null && !counts.intakeComplete() || !most.exceededBy(failed, counts.known())) {
      return Optional.empty();
    }
    String bound = most.items() != null ? most.items().toString() : percent(most.share());
    return Optional.of(new FatalError("TooManyFailed", failed + " of " + counts.known() + " items failed, and "
        + "spec.failurePolicy.maxFailed is " + bound));
  }

  /** In which group the earlier failures are is not known, so that they are taken off the largest. */
  private static Optional<FatalError> same(SameFailure breaker, JobReading reading) {
    long before = reading.steering().failedBefore();
    long finished = reading.counts().finished() - before;
    if (breaker == null || finished < breaker.minItems()) {
      return Optional.empty();
    }
    return reading.groups().stream().filter(group -> !FailureGroup.OTHER.equals(group.fingerprint())).max(Comparator.comparingLong(FailureGroup::count))
        .filter(group -> group.count() > before && group.count() - before >= breaker.share() * finished)
        .map(group -> new FatalError("SameFailure", group.count() - before + " of " + finished + " finished items failed with \""
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
