package dev.longshore.operator.status;

import dev.longshore.api.v1alpha1.BatchJobStatus;
import dev.longshore.api.v1alpha1.BatchJobStatus.Redriven;
import dev.longshore.job.JobPhase;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The steps of a job's life as they show in its phase and conditions, named and ordered as a Kubernetes Job has them. Pure functions. */
public final class JobStates {
  public static final String SUSPENDED = "Suspended";
  public static final String PROGRESSING = "Progressing";
  public static final String METRICS_STALE = "MetricsStale";
  public static final String DEADLINE_AT_RISK = "DeadlineAtRisk";
  public static final String SUCCESS_CRITERIA_MET = "SuccessCriteriaMet";
  public static final String FAILURE_TARGET = "FailureTarget";
  public static final String COMPLETE = "Complete";
  public static final String FAILED = "Failed";
  /** The reason of a run that was cancelled. */
  public static final String CANCELLED = "Cancelled";
  private static final BatchJobStatus EMPTY =
      new BatchJobStatus(null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null);

  private final long generation;
  private final Instant now;

  public JobStates(long generation, Instant now) {
    this.generation = generation;
    this.now = now;
  }

  /** Where a status says that its job stands. */
  public static JobPhase phase(BatchJobStatus status) {
    return status == null || status.phase() == null ? JobPhase.PENDING : JobPhase.of(status.phase());
  }

  /** Taken up: nothing has been made yet. */
  public BatchJobStatus accepted(BatchJobStatus before) {
    if (before != null && before.phase() != null) {
      return before;
    }
    return with(EMPTY, JobPhase.PENDING, conditions(null).set(PROGRESSING, true, "Accepted", "queues and ledger are being made").list(),
        Conditions.time(now), null);
  }

  /** Something outside is missing; the job goes on by itself when it is there. */
  public BatchJobStatus waiting(BatchJobStatus before, String reason, String message, boolean stale) {
    Conditions conditions = conditions(before).set(PROGRESSING, false, reason, message);
    if (stale) {
      conditions.set(METRICS_STALE, true, reason, message);
    }
    return with(before, phase(before), conditions.list(), before.startTime(), null);
  }

  /** Its items are being read or worked on. */
  public BatchJobStatus working(BatchJobStatus before, JobPhase wanted) {
    JobPhase phase = phase(before).mayBecome(wanted) ? wanted : phase(before);
    Conditions conditions = read(before).clear(SUSPENDED, "JobResumed", "items start again");
    if (phase == JobPhase.INTAKE) {
      conditions.set(PROGRESSING, true, "ReadingSource", "the source is being read; workers work on what is known");
    } else {
      conditions.set(PROGRESSING, true, "Working", "all items are known; workers work on them");
    }
    return with(before, phase, conditions.list(), before.startTime(), null);
  }

  /**
   * Whether it will be finished in time.
   *
   * @param risk why not; empty when nothing says so
   */
  public BatchJobStatus timed(BatchJobStatus before, Optional<String> risk) {
    Conditions conditions = conditions(before);
    risk.ifPresentOrElse(why -> conditions.set(DEADLINE_AT_RISK, true, "NotEnoughWorkers", why),
        () -> conditions.clear(DEADLINE_AT_RISK, "InTime", "at the pace measured the work is done in time"));
    return with(before, phase(before), conditions.list(), before.startTime(), null);
  }

  /** No new item starts until it is resumed. */
  public BatchJobStatus suspended(BatchJobStatus before) {
    String message = "spec.suspend is true: no new item starts, what runs finishes, the clock of the deadline stands still";
    return with(before, phase(before).mayBecome(JobPhase.SUSPENDED) ? JobPhase.SUSPENDED : phase(before), read(before)
        .set(PROGRESSING, false, "JobSuspended", message).set(SUSPENDED, true, "JobSuspended", message).list(), before.startTime(), null);
  }

  /** Its changed spec cannot be followed; what held before still does. */
  public BatchJobStatus refused(BatchJobStatus before, String message) {
    return with(before, phase(before), conditions(before).set(PROGRESSING, false, "InvalidSpec", message).list(), before.startTime(), null);
  }

  /** Every item is final. */
  public BatchJobStatus finishing(BatchJobStatus before) {
    return with(before, JobPhase.FINISHING, read(before).clear(SUSPENDED, "AllItemsFinal", "nothing is left to start")
        .clear(DEADLINE_AT_RISK, "AllItemsFinal", "nothing is left to do")
        .set(SUCCESS_CRITERIA_MET, true, "AllItemsFinal", "every item is final; the ledger is being made durable").list(),
        before.startTime(), null);
  }

  public BatchJobStatus complete(BatchJobStatus before, String message) {
    return with(before, JobPhase.COMPLETE, conditions(before).set(PROGRESSING, false, "Completed", message)
        .set(COMPLETE, true, "AllItemsFinal", message).list(), before.startTime(), Conditions.time(now));
  }

  /** The run cannot go on. */
  public BatchJobStatus failing(BatchJobStatus before, String reason, String message) {
    return with(before, phase(before), conditions(before).set(FAILURE_TARGET, true, reason, message).list(), before.startTime(), null);
  }

  public BatchJobStatus failed(BatchJobStatus before, String reason, String message) {
    return with(before, JobPhase.FAILED, ended(before).set(PROGRESSING, false, reason, message).set(FAILED, true, reason, message).list(), before.startTime(), Conditions.time(now));
  }

  /** Ended for good by its owner. */
  public BatchJobStatus cancelled(BatchJobStatus before, String message) {
    return with(before, JobPhase.CANCELLED, ended(before).set(PROGRESSING, false, CANCELLED, message).set(FAILED, true, CANCELLED, message)
        .list(), before.startTime(), Conditions.time(now));
  }

  /** The next run of a job that had ended. */
  public BatchJobStatus reopened(BatchJobStatus before, int run, JobPhase phase, String message) {
    Conditions conditions = conditions(before);
    List.of(SUCCESS_CRITERIA_MET, FAILURE_TARGET, COMPLETE, FAILED).forEach(type -> conditions.clear(type, "Redriven", message));
    BatchJobStatus s = with(before, phase, conditions.set(PROGRESSING, true, "Redriven", message).list(), before.startTime(), null);
    return new BatchJobStatus(s.phase(), s.observedGeneration(), run, s.startTime(), null, s.conditions(), s.items(), s.progress(),
        s.percentComplete(), s.itemsPerSecond(), s.eta(), s.limitedBy(), s.workers(), s.failures(), s.failedIndexes(),
        s.failedIndexesTruncated(), s.queue(), s.redrive());
  }

  /** A change of a spec whose run has ended: it was looked at, and changes nothing of what was said. */
  public BatchJobStatus observed(BatchJobStatus before) {
    return with(before, phase(before), before.conditions(), before.startTime(), before.completionTime());
  }

  /** A redrive was carried out. */
  public static BatchJobStatus redriven(BatchJobStatus s, String request, long items) {
    return new BatchJobStatus(s.phase(), s.observedGeneration(), s.run(), s.startTime(), s.completionTime(), s.conditions(), s.items(),
        s.progress(), s.percentComplete(), s.itemsPerSecond(), s.eta(), s.limitedBy(), s.workers(), s.failures(), s.failedIndexes(),
        s.failedIndexesTruncated(), s.queue(), new Redriven(request, items));
  }

  /** Its queues are gone. */
  public static BatchJobStatus withoutQueue(BatchJobStatus s) {
    return new BatchJobStatus(s.phase(), s.observedGeneration(), s.run(), s.startTime(), s.completionTime(), s.conditions(), s.items(),
        s.progress(), s.percentComplete(), s.itemsPerSecond(), s.eta(), s.limitedBy(), s.workers(), s.failures(), s.failedIndexes(),
        s.failedIndexesTruncated(), null, s.redrive());
  }

  private Conditions read(BatchJobStatus before) {
    return conditions(before).clear(METRICS_STALE, "Read", "the counts are those of the ledger");
  }

  private Conditions ended(BatchJobStatus before) {
    return conditions(before).clear(METRICS_STALE, "Ended", "the run has ended").clear(SUSPENDED, "Ended", "the run has ended")
        .clear(DEADLINE_AT_RISK, "Ended", "the run has ended");
  }

  private Conditions conditions(BatchJobStatus before) {
    return new Conditions(before == null ? null : before.conditions(), generation, now);
  }

  private BatchJobStatus with(BatchJobStatus s, JobPhase phase, List<Condition> conditions, String start, String completion) {
    boolean ended = phase.ended();
    return new BatchJobStatus(phase.word(), generation, s.run(), start, completion, conditions, s.items(), s.progress(),
        s.percentComplete(),
        s.itemsPerSecond(), ended ? null : s.eta(), ended ? null : s.limitedBy(), s.workers(), s.failures(), s.failedIndexes(),
        s.failedIndexesTruncated(), s.queue(), s.redrive());
  }
}
