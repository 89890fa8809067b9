package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.BatchJobStatus;
import dev.longshore.job.JobPhase;
import dev.longshore.operator.reconciler.Events;
import dev.longshore.operator.reconciler.Events.Type;
import dev.longshore.operator.status.Conditions;
import dev.longshore.operator.status.JobStates;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.Objects;

/**
 * Tells of each transition of a job once. An event is told before the status that it is about is written, under a name made of the run and
 * what happened: an operator that dies in between tells it again and finds it there.
 */
final class JobEvents {
  private final Events events;

  JobEvents(Events events) {
    this.events = events;
  }

  /** The status is about to change from {@code before}, null for none, to {@code after}. */
  void transition(BatchJob job, BatchJobStatus before, BatchJobStatus after) {
    JobPhase from = JobStates.phase(before);
    JobPhase to = JobStates.phase(after);
    if (!failing(before) && failing(after)) {
      Condition target = Conditions.find(after.conditions(), JobStates.FAILURE_TARGET).orElseThrow();
      events.once(job, run(after) + ".failuretarget", JobStates.CANCELLED.equals(target.getReason()) ? Type.NORMAL : Type.WARNING,
          JobStates.FAILURE_TARGET, target.getReason() + ": " + target.getMessage());
    }
    if (from == to) {
      return;
    }
    String run = run(after);
    String generation = "." + job.getMetadata().getGeneration();
    if (from == JobPhase.PENDING && !to.ended()) {
      events.once(job, run + ".started", Type.NORMAL, "Started", "its queues and its account are there");
    }
    switch (to) {
      case SUSPENDED -> events.once(job, run + ".suspended" + generation, Type.NORMAL, "Suspended",
          "no new item starts until spec.suspend is false");
      case INTAKE, RUNNING -> {
        if (from == JobPhase.SUSPENDED) {
          events.once(job, run + ".resumed" + generation, Type.NORMAL, "Resumed", "items start again");
        } else if (to == JobPhase.RUNNING && !from.ended()) {
          events.once(job, run + ".intakecomplete", Type.NORMAL, "IntakeComplete", "all items are known; workers work on them");
        }
      }
      case FINISHING -> events.once(job, run + ".successcriteriamet", Type.NORMAL, JobStates.SUCCESS_CRITERIA_MET,
          message(after, JobStates.SUCCESS_CRITERIA_MET));
      case COMPLETE -> events.once(job, run + ".completed", Type.NORMAL, "Completed", message(after, JobStates.COMPLETE));
      case FAILED -> {
        String reason = Conditions.find(after.conditions(), JobStates.FAILED).orElseThrow().getReason();
        events.once(job, run + "." + reason, Type.WARNING, reason, message(after, JobStates.FAILED));
      }
      case CANCELLED -> events.once(job, run + ".cancelled", Type.NORMAL, "Cancelled", message(after, JobStates.FAILED));
      default -> { }
    }
  }

  void redriven(BatchJob job, BatchJobStatus after, String message) {
    events.once(job, run(after) + ".redriven." + job.getMetadata().getGeneration(), Type.NORMAL, "Redriven", message);
  }

  void redriveRefused(BatchJob job, BatchJobStatus status, String message) {
    events.once(job, run(status) + ".redriverefused." + job.getMetadata().getGeneration(), Type.WARNING, "RedriveRefused", message);
  }

  void specRefused(BatchJob job, BatchJobStatus status, String message) {
    events.once(job, run(status) + ".invalidspec." + job.getMetadata().getGeneration(), Type.WARNING, "InvalidSpec", message);
  }

  /** @param at tells this loss from others of the run */
  void queueLost(BatchJob job, BatchJobStatus status, long at) {
    events.once(job, run(status) + ".queuelost." + at, Type.WARNING, "QueueLost",
        "a queue of the job was gone and is there again; items whose messages were in it are fed again");
  }

  void ledgerLost(BatchJob job, BatchJobStatus status, long at) {
    events.once(job, run(status) + ".ledgerlost." + at, Type.WARNING, "LedgerLost",
        "the store has lost the job's account; all items are read from the source and worked on again");
  }

  void fedAgain(BatchJob job, BatchJobStatus status, long epoch, long items) {
    events.once(job, run(status) + ".itemsfedagain." + epoch, Type.WARNING, "ItemsFedAgain",
        items + " items were not final and nowhere on their way; they are fed again");
  }

  void expired(BatchJob job, BatchJobStatus status) {
    events.once(job, run(status) + ".deletedbyttl", Type.NORMAL, "DeletedByTTL",
        "ended " + job.getSpec().ttlSecondsAfterFinished() + " s ago, as long as spec.ttlSecondsAfterFinished keeps it");
  }

  private static boolean failing(BatchJobStatus status) {
    return status != null && Conditions.isTrue(status.conditions(), JobStates.FAILURE_TARGET);
  }

  /** Tells what could not be told before. */
  void tellAgain(BatchJob job) {
    events.tellAgain(job);
  }

  boolean isUntold(BatchJob job) {
    return events.isUntold(job);
  }

  void forget(BatchJob job) {
    events.forget(job);
  }

  private static String message(BatchJobStatus status, String condition) {
    return Conditions.find(status.conditions(), condition).orElseThrow().getMessage();
  }

  private static String run(BatchJobStatus status) {
    return String.valueOf(Objects.requireNonNullElse(status.run(), 1));
  }
}
