package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.api.v1alpha1.BatchJobStatus;
import dev.longshore.job.JobPhase;
import dev.longshore.operator.progress.ActiveJobs;
import dev.longshore.operator.reconciler.Events;
import dev.longshore.operator.reconciler.Wake;
import dev.longshore.operator.status.Conditions;
import dev.longshore.operator.status.JobStates;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.WorkQueues;
import dev.longshore.store.Ledger;
import dev.longshore.store.LedgerGoneException;
import dev.longshore.store.StoreFullException;
import dev.longshore.store.StoreUnavailableException;
import java.time.Duration;
import java.time.Instant;

/**
 * What follows when a run ends. The results stay in the ledger until the resource is deleted. So do the queues of a job in which items
 * failed, for people to look at its dead letters and for a redrive; without failures nothing can come back, and the queues go soon after
 * the end.
 */
final class JobEnding {
  private static final Duration AGAIN = Duration.ofSeconds(2);
  /** Time for the workers to hear that the job is no longer theirs, so that none finds its queue gone. */
  private static final Duration QUEUES_STAY = Duration.ofSeconds(5);

  private final Ledger ledger;
  private final WorkQueues queues;
  private final ActiveJobs active;
  private final JobReports reports;
  private final Events events;
  private final Wake wake;

  JobEnding(Ledger ledger, WorkQueues queues, ActiveJobs active, JobReports reports, Events events, Wake wake) {
    this.ledger = ledger;
    this.queues = queues;
    this.active = active;
    this.reports = reports;
    this.events = events;
    this.wake = wake;
  }

  /** Ends the run as failed: first the target, then, once the ledger has ended it, the outcome. */
  Duration fail(JobPass pass, String reason, String message) {
    pass.status = pass.states().failing(pass.status, reason, message);
    reports.write(pass);
    try {
      int run = pass.status.run() == null ? 1 : pass.status.run();
      ledger.finish(pass.ref(), run, JobPhase.FAILED);
      pass.status = pass.states().failed(pass.status, reason, message);
      reports.publish(pass);
    } catch (LedgerGoneException e) {
      pass.status = pass.states().failed(pass.status, reason, message);
    } catch (StoreUnavailableException | StoreFullException e) {
      return AGAIN;
    }
    reports.write(pass);
    return ended(pass);
  }

  /** After the outcome stands in the resource. */
  Duration ended(JobPass pass) {
    active.end(pass.ref());
    wake.poolChanged(pass.pool());
    BatchJobStatus status = pass.status;
    if (JobStates.phase(status) == JobPhase.COMPLETE) {
      events.normal(pass.job(), "Completed", Conditions.find(status.conditions(), JobStates.COMPLETE).orElseThrow().getMessage());
    } else {
      Conditions.find(status.conditions(), JobStates.FAILED)
          .ifPresent(failed -> events.warning(pass.job(), failed.getReason(), failed.getMessage()));
    }
    return tidy(pass);
  }

  /** Removes the queues of a job that ended without failures, once. */
  Duration tidy(JobPass pass) {
    active.end(pass.ref());
    BatchJobStatus status = pass.status;
    boolean clean = JobStates.phase(status) == JobPhase.COMPLETE && status.items() != null && status.items().failed() == 0;
    if (!clean || status.queue() == null) {
      return Duration.ZERO;
    }
    Duration left = Duration.between(pass.now(), Instant.parse(status.completionTime()).plus(QUEUES_STAY));
    if (left.isPositive()) {
      return left;
    }
    try {
      queues.delete(pass.ref());
    } catch (QueueUnavailableException e) {
      return AGAIN;
    }
    pass.status = JobStates.withoutQueue(status);
    return reports.write(pass);
  }
}
