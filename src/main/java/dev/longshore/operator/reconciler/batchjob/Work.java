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
    if (JobPhase.FAILED.word().equals(reading.ended()) || reading.failure() != null) {
      return fail(reading);
    }
    if (reading.counts().allFinal()) {
      return finish(pass, reading);
    }
    pass.status = pass.states().working(pass.status, reading.counts().intakeComplete() ? JobPhase.RUNNING : JobPhase.INTAKE);
    return Progress.NEXT;
  }

  private static Progress fail(JobReading reading) {
    return reading.failure() == null ? new Progress.Fail("Failed", "the run has failed")
        : new Progress.Fail(reading.failure().reason(), reading.failure().message());
  }

  private Progress finish(JobPass pass, JobReading reading) {
    pass.status = pass.states().finishing(pass.status);
    reports.write(pass);
    ledger.awaitDurable(pass.ref());
    if (!ledger.finish(pass.ref(), reading.run(), JobPhase.COMPLETE)) {
      JobReading now = ledger.read(List.of(pass.ref())).get(pass.ref());
      if (now != null && JobPhase.FAILED.word().equals(now.ended())) {
        return fail(now);
      }
    }
    pass.status = overall(pass.states().complete(pass.status, message(reading.counts())), reading);
    return Progress.NEXT;
  }

  private static String message(ItemCounts counts) {
    return counts.known() + " items: " + counts.succeeded() + " succeeded, " + counts.failed() + " failed, " + counts.skipped()
        + " skipped, "
        + counts.cancelled() + " cancelled";
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
