package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.api.v1alpha1.BatchJobSpec;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobPhase;
import dev.longshore.operator.progress.ActiveJob;
import dev.longshore.operator.progress.ActiveJobs;
import dev.longshore.operator.progress.ProgressLoop;
import dev.longshore.operator.status.JobStates;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues;
import dev.longshore.store.JobReading;
import dev.longshore.store.Ledger;
import dev.longshore.store.Ledger.RedriveReply;
import dev.longshore.store.Ledger.Selection;
import java.util.List;
import java.util.Objects;

/**
 * Gives failed items another round, once for each new {@code spec.redrive.request}; a job that has ended opens again for that, as its next
 * run. The ledger remembers the request, so that a crash before its echo stands in the status only repeats what is harmless to repeat.
 */
final class Redrive implements Step {
  private final Ledger ledger;
  private final WorkQueues queues;
  private final Feeds feeds;
  private final ActiveJobs active;
  private final ProgressLoop progress;
  private final JobReports reports;
  private final JobEvents events;

  Redrive(Ledger ledger, WorkQueues queues, Feeds feeds, ActiveJobs active, ProgressLoop progress, JobReports reports, JobEvents events) {
    this.ledger = ledger;
    this.queues = queues;
    this.feeds = feeds;
    this.active = active;
    this.progress = progress;
    this.reports = reports;
    this.events = events;
  }

  /** In a run that goes on, as far as was read: one that has ended in the ledger has to be told as ended first. */
  @Override
  public Progress take(JobPass pass) {
    if (asked(pass) && !JobStates.phase(pass.status).ended() && pass.active.flatMap(ActiveJob::last).isPresent()) {
      try {
        echo(pass, redrive(pass));
      } catch (IllegalArgumentException e) {
        refuse(pass, e.getMessage());
      }
      pass.active.ifPresent(ActiveJob::outdated);
      progress.readSoon(pass.ref());
    }
    return Progress.NEXT;
  }

  /**
   * After the end of a run.
   *
   * @return whether the next one has begun
   */
  boolean reopened(JobPass pass) {
    if (!asked(pass)) {
      return false;
    }
    JobReading before = JobStates.phase(pass.status) == JobPhase.CANCELLED ? null : read(pass);
    if (before == null) {
      refuse(pass, JobStates.phase(pass.status) == JobPhase.CANCELLED ? "a cancelled job stays cancelled: make a new one, with resumeFrom"
          : "the store has lost the job's account: make a new job");
      reports.write(pass);
      return false;
    }
    if (before.ended() == null && !pass.job().getSpec().redrive().request().equals(before.steering().request())) {
      // A store that lost its last second may have forgotten the end that stands in the status.
      ledger.finish(pass.ref(), before.run(), JobStates.phase(pass.status));
    }
    try {
      RedriveReply reply = redrive(pass);
      boolean goesOn = read(pass).ended() == null;
      if (goesOn) {
        int run = Math.max(Objects.requireNonNullElse(pass.status.run(), 1) + 1, reply.run());
        pass.status = pass.states().reopened(pass.status, run, reply.intakeEpoch().isPresent() ? JobPhase.INTAKE : JobPhase.RUNNING,
            "redrive " + pass.job().getSpec().redrive().request() + " began run " + run);
        active.reopen(pass.ref());
      }
      echo(pass, reply);
      reports.write(pass);
      return goesOn;
    } catch (IllegalArgumentException e) {
      refuse(pass, e.getMessage());
      reports.write(pass);
      return false;
    }
  }

  private static boolean asked(JobPass pass) {
    BatchJobSpec.Redrive wanted = pass.job().getSpec().redrive();
    return wanted != null && (pass.status.redrive() == null || !wanted.request().equals(pass.status.redrive().request()));
  }

  private RedriveReply redrive(JobPass pass) {
    BatchJobSpec.Redrive wanted = pass.job().getSpec().redrive();
    Selection selection = selection(wanted);
    RedriveReply reply = ledger.redrive(pass.ref(), wanted.request(), selection);
    if (reply.gaps().items() > 0 || reply.intakeEpoch().isPresent()) {
      queues.declare(pass.ref());
    }
    if (reply.gaps().items() > 0) {
      feeds.publish(pass.ref(), new Message.Feed(reply.run(), reply.gaps().epoch(), Message.Target.GAPS));
    }
    reply.intakeEpoch().ifPresent(epoch -> feeds.publish(pass.ref(), new Message.Feed(reply.run(), epoch, Message.Target.SOURCE)));
    return reply;
  }

  private static Selection selection(BatchJobSpec.Redrive wanted) {
    if (wanted.indexes() != null) {
      try {
        return new Selection.Indexes(IndexSet.parse(wanted.indexes()));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("spec.redrive.indexes: " + e.getMessage(), e);
      }
    }
    return wanted.fingerprint() != null ? new Selection.Group(wanted.fingerprint()) : new Selection.All();
  }

  private void echo(JobPass pass, RedriveReply reply) {
    String request = pass.job().getSpec().redrive().request();
    events.redriven(pass.job(), pass.status, reply.items() + " failed items were opened again by the redrive " + request);
    pass.status = JobStates.redriven(pass.status, request, reply.items());
  }

  private void refuse(JobPass pass, String why) {
    events.redriveRefused(pass.job(), pass.status, why);
    pass.status = JobStates.redriven(pass.status, pass.job().getSpec().redrive().request(), 0);
  }

  private JobReading read(JobPass pass) {
    return ledger.read(List.of(pass.ref())).get(pass.ref());
  }
}
