package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.job.JobPhase;
import dev.longshore.job.JobSpec.FailurePolicy;
import dev.longshore.operator.progress.ActiveJobs;
import dev.longshore.operator.progress.Observation;
import dev.longshore.operator.reconciler.Wake;
import dev.longshore.operator.status.Conditions;
import dev.longshore.operator.status.JobStates;
import dev.longshore.queue.WorkQueues;
import dev.longshore.store.JobReading;
import dev.longshore.store.Ledger;
import dev.longshore.store.LedgerGoneException;
import dev.longshore.store.Pools;
import dev.longshore.store.Pools.Assignment;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Ends a run that has items left: failed, or cancelled. First the target stands in the status, so that whoever takes over goes on from
 * there; then the workers leave; then the ledger ends the run; then the outcome stands in the status.
 */
final class EarlyEnd {
  private static final Duration AGAIN = Duration.ofMillis(250);
  /** Workers settle what they can for 5 s; one that is not heard of is not waited for. */
  private static final Duration WORKERS_LEAVE = Duration.ofSeconds(10);

  private final Ledger ledger;
  private final WorkQueues queues;
  private final Pools pools;
  private final ActiveJobs active;
  private final JobReports reports;
  private final AfterEnd afterEnd;
  private final Wake wake;

  EarlyEnd(Ledger ledger, WorkQueues queues, Pools pools, ActiveJobs active, JobReports reports, AfterEnd afterEnd, Wake wake) {
    this.ledger = ledger;
    this.queues = queues;
    this.pools = pools;
    this.active = active;
    this.reports = reports;
    this.afterEnd = afterEnd;
    this.wake = wake;
  }

  /** The reason for which the run is to end as failed; empty while it is not. */
  static Optional<Condition> target(JobPass pass) {
    return Optional.ofNullable(pass.status.conditions()).flatMap(all -> Conditions.find(all, JobStates.FAILURE_TARGET))
        .filter(condition -> "True".equals(condition.getStatus()) && !JobStates.CANCELLED.equals(condition.getReason()));
  }

  /** Whether the run is to end as cancelled: what is all final already is complete. */
  static boolean cancelled(JobPass pass) {
    return Boolean.TRUE.equals(pass.job().getSpec().cancel())
        && !Conditions.isTrue(pass.status.conditions(), JobStates.SUCCESS_CRITERIA_MET);
  }

  /** Begins to end the run as failed. */
  Duration fail(JobPass pass, String reason, String message) {
    pass.status = pass.states().failing(pass.status, reason, message);
    try {
      ledger.fail(pass.ref(), reason, message);
    } catch (LedgerGoneException e) {
      // Nothing was opened, or nothing is left that could be ended.
    }
    reports.write(pass);
    return goOn(pass, target(pass).orElseThrow());
  }

  /** Goes on to end the run as failed. */
  Duration goOn(JobPass pass, Condition target) {
    JobReading reading = leave(pass);
    if (reading != null && reading.ended() == null) {
      boolean patience = Instant.parse(target.getLastTransitionTime()).plus(WORKERS_LEAVE).isAfter(pass.now());
      if (patience && !(toldToLeave(pass) && reading.counts().inFlight() == 0)) {
        return wait(pass);
      }
      ledger.finish(pass.ref(), reading.run(), JobPhase.FAILED);
    }
    emptyQueues(pass, reading);
    pass.status = pass.states().failed(pass.status, target.getReason(), target.getMessage());
    return end(pass, reading);
  }

  /** Ends the run as cancelled, as far as it goes now. */
  Duration cancel(JobPass pass) {
    pass.status = pass.states().failing(pass.status, JobStates.CANCELLED, "spec.cancel is true");
    reports.write(pass);
    JobReading reading = leave(pass);
    if (reading != null && reading.ended() == null) {
      ledger.cancel(pass.ref());
      emptyQueues(pass, reading);
      reading = numbers(pass);
      if (reading != null && !reading.counts().allFinal()) {
        return wait(pass);
      }
      if (reading != null) {
        ledger.awaitDurable(pass.ref());
        ledger.finish(pass.ref(), reading.run(), JobPhase.CANCELLED);
      }
    }
    emptyQueues(pass, reading);
    pass.status = pass.states().cancelled(pass.status, reading == null ? "it had not begun" : Work.message(reading.counts()));
    return end(pass, reading);
  }

  /** @return how it stands now; null when it has no account */
  private JobReading leave(JobPass pass) {
    JobReading reading = numbers(pass);
    if (reading != null) {
      active.leave(pass.ref());
      active.follow(pass.ref(), pass.pool(), pass.job().getMetadata().getGeneration()).policy(FailurePolicy.CONTINUE);
      wake.poolChanged(pass.pool());
    }
    return reading;
  }

  private JobReading numbers(JobPass pass) {
    JobReading reading = ledger.read(List.of(pass.ref())).get(pass.ref());
    if (reading != null) {
      pass.status = reports.numbers(pass, new Observation(reading, null, null, pass.now()), 0, null);
    }
    return reading;
  }

  private boolean toldToLeave(JobPass pass) {
    Optional<Assignment> assignment = pools.assignment(pass.pool());
    return assignment.isEmpty() || assignment.get().ending().contains(pass.ref()) || !assignment.get().jobs().contains(pass.ref());
  }

  /** What never had an account has no queues either, and must not wait for a broker. */
  private void emptyQueues(JobPass pass, JobReading reading) {
    if (reading != null || pass.status.queue() != null) {
      queues.purge(pass.ref());
    }
  }

  private Duration wait(JobPass pass) {
    reports.publish(pass);
    reports.write(pass);
    return AGAIN;
  }

  private Duration end(JobPass pass, JobReading reading) {
    if (reading != null) {
      reports.publish(pass);
    }
    reports.write(pass);
    return afterEnd.ended(pass);
  }
}
