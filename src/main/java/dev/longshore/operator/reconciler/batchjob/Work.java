package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.api.v1alpha1.BatchJobStatus;
import dev.longshore.job.ItemCounts;
import dev.longshore.job.JobPhase;
import dev.longshore.operator.progress.ActiveJob;
import dev.longshore.operator.progress.Observation;
import dev.longshore.store.JobReading;
import dev.longshore.store.Ledger;
import dev.longshore.store.LedgerGoneException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Follows the work, and ends the run: on the ledger's word only, never because a queue looks empty. */
final class Work implements Step {
  private static final Duration SOON = Duration.ofMillis(50);

  private final Ledger ledger;
  private final JobReports reports;

  Work(Ledger ledger, JobReports reports) {
    this.ledger = ledger;
    this.reports = reports;
  }

  @Override
  public Progress take(JobPass pass) {
    ActiveJob active = pass.active.orElseThrow();
    Optional<Observation> last = active.last();
    if (last.isEmpty()) {
      return Progress.NEXT;
    }
    JobReading reading = last.get().reading();
    if (reading == null) {
      throw new LedgerGoneException(pass.ref());
    }
    pass.status = reports.numbers(pass, last.get(), active.itemsPerSecond(pass.now()));
    if (JobPhase.COMPLETE.word().equals(reading.ended())) {
      return complete(pass, reading);
    }
    if (reading.ended() != null || reading.failure() != null) {
      return fail(reading);
    }
    Optional<JobReading.FatalError> verdict = FailurePolicyJudge.verdict(active.policy(), pass.deadline(), reading);
    if (verdict.isPresent()) {
      return new Progress.Fail(verdict.get().reason(), verdict.get().message());
    }
    if (reading.counts().allFinal()) {
      return finish(pass);
    }
    pass.status = pass.suspended() ? pass.states().suspended(pass.status)
        : pass.states().timed(pass.states().working(pass.status, reading.counts().intakeComplete() ? JobPhase.RUNNING : JobPhase.INTAKE),
            reports.risk(pass));
    return Progress.NEXT;
  }

  private static Progress fail(JobReading reading) {
    return reading.failure() == null ? new Progress.Fail("Failed", "the run has failed")
        : new Progress.Fail(reading.failure().reason(), reading.failure().message());
  }

  /** What was read may be older than a redrive: the last word is asked for anew. */
  private Progress finish(JobPass pass) {
    JobReading now = read(pass);
    if (!now.counts().allFinal()) {
      pass.active.orElseThrow().outdated();
      return new Progress.Done(SOON);
    }
    pass.status = pass.states().finishing(pass.status);
    reports.write(pass);
    ledger.awaitDurable(pass.ref());
    ledger.finish(pass.ref(), now.run(), JobPhase.COMPLETE);
    return complete(pass, now);
  }

  private JobReading read(JobPass pass) {
    return Optional.ofNullable(ledger.read(List.of(pass.ref())).get(pass.ref())).orElseThrow(() -> new LedgerGoneException(pass.ref()));
  }

  private static Progress complete(JobPass pass, JobReading reading) {
    pass.status = overall(pass.states().complete(pass.states().finishing(pass.status), message(reading.counts())), reading);
    return Progress.NEXT;
  }

  static String message(ItemCounts counts) {
    return counts.known() + " items: " + counts.succeeded() + " succeeded, " + counts.failed() + " failed, " + counts.skipped()
        + " skipped, " + counts.cancelled() + " cancelled";
  }

  /** The pace of the whole run, from the first read of the source to the last item. */
  private static BatchJobStatus overall(BatchJobStatus s, JobReading reading) {
    if (reading.intakeStarted() == null || reading.lastFinal() == null) {
      return s;
    }
    long millis = Math.max(1, Duration.between(reading.intakeStarted(), reading.lastFinal()).toMillis());
    return new BatchJobStatus(s.phase(), s.observedGeneration(), s.run(), s.startTime(), s.completionTime(), s.conditions(), s.items(),
        s.progress(), s.percentComplete(), reading.counts().known() * 1000 / millis, s.eta(), s.limitedBy(), s.workers(), s.failures(),
        s.failedIndexes(), s.failedIndexesTruncated(), s.queue(), s.redrive());
  }
}
