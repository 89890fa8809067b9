package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.api.v1alpha1.BatchJobStatus;
import dev.longshore.job.JobPhase;
import dev.longshore.operator.progress.ActiveJobs;
import dev.longshore.operator.reconciler.Wake;
import dev.longshore.operator.status.JobStates;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.WorkQueues;
import dev.longshore.store.LedgerGoneException;
import dev.longshore.store.StoreFullException;
import dev.longshore.store.StoreUnavailableException;
import io.fabric8.kubernetes.api.model.DeleteOptions;
import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;

/**
 * What follows when a run has ended. The results stay in the ledger until the resource is deleted. So do the queues of a job in which items
 * failed, for people to look at its dead letters and for a redrive; without failures nothing can come back, and the queues go soon after
 * the end. A redrive begins the next run, and a time to live deletes the resource.
 */
final class AfterEnd {
  private static final Duration AGAIN = Duration.ofSeconds(2);
  private static final Duration AT_ONCE = Duration.ofMillis(10);
  /** Time for the workers to hear that the job is no longer theirs, so that none finds its queue gone. */
  private static final Duration QUEUES_STAY = Duration.ofSeconds(5);

  private final KubernetesClient client;
  private final WorkQueues queues;
  private final ActiveJobs active;
  private final JobReports reports;
  private final Redrive redrive;
  private final JobEvents events;
  private final Wake wake;

  AfterEnd(KubernetesClient client, WorkQueues queues, ActiveJobs active, JobReports reports, Redrive redrive, JobEvents events,
      Wake wake) {
    this.client = client;
    this.queues = queues;
    this.active = active;
    this.reports = reports;
    this.redrive = redrive;
    this.events = events;
    this.wake = wake;
  }

  /** The outcome stands in the resource. */
  Duration ended(JobPass pass) {
    active.end(pass.ref());
    wake.poolChanged(pass.pool());
    return pass(pass);
  }

  /** A pass over a job that has ended; a service that is away changes nothing of what its status says. */
  Duration pass(JobPass pass) {
    active.end(pass.ref());
    try {
      if (redrive.reopened(pass)) {
        return AT_ONCE;
      }
      pass.status = pass.states().observed(pass.status);
      return Stream.of(reports.write(pass), tidy(pass), expire(pass)).filter(Duration::isPositive).min(Duration::compareTo)
          .orElse(Duration.ZERO);
    } catch (QueueUnavailableException | StoreUnavailableException | StoreFullException | LedgerGoneException e) {
      return AGAIN;
    }
  }

  /** Removes the queues of a job that ended without failures, once. */
  private Duration tidy(JobPass pass) {
    BatchJobStatus status = pass.status;
    boolean clean = JobStates.phase(status) != JobPhase.FAILED && status.items() != null && status.items().failed() == 0;
    if (!clean || status.queue() == null || status.completionTime() == null) {
      return Duration.ZERO;
    }
    Duration left = Duration.between(pass.now(), Instant.parse(status.completionTime()).plus(QUEUES_STAY));
    if (left.isPositive()) {
      return left;
    }
    queues.delete(pass.ref());
    pass.status = JobStates.withoutQueue(status);
    return reports.write(pass);
  }

  private Duration expire(JobPass pass) {
    Integer seconds = pass.job().getSpec().ttlSecondsAfterFinished();
    if (seconds == null || pass.status.completionTime() == null) {
      return Duration.ZERO;
    }
    Duration left = Duration.between(pass.now(), Instant.parse(pass.status.completionTime()).plusSeconds(seconds));
    if (left.isPositive()) {
      return left;
    }
    events.expired(pass.job(), pass.status);
    DeleteOptions options = new DeleteOptionsBuilder().withPropagationPolicy("Background")
        .withNewPreconditions().withUid(pass.ref().uid()).endPreconditions().build();
    client.raw("/apis/" + pass.job().getApiVersion() + "/namespaces/" + pass.ref().namespace() + "/" + pass.job().getPlural() + "/"
        + pass.ref().name(), "DELETE", options);
    return AGAIN;
  }
}
