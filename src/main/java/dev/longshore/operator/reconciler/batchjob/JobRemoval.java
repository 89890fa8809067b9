package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.job.JobRef;
import dev.longshore.operator.progress.ActiveJobs;
import dev.longshore.operator.reconciler.EndingNamespaces;
import dev.longshore.operator.reconciler.Events;
import dev.longshore.operator.reconciler.KnownJobs;
import dev.longshore.operator.reconciler.Leftovers;
import dev.longshore.operator.reconciler.Parts;
import dev.longshore.operator.reconciler.Wake;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.WorkQueues;
import dev.longshore.store.Ledger;
import dev.longshore.store.StoreFullException;
import dev.longshore.store.StoreUnavailableException;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.reconciler.DeleteControl;
import org.jboss.logging.Logger;

/**
 * Takes away all that a job had: its assignment, its pool with the pods, its queues and its keys. It works at any moment of the job's
 * life. Where broker or ledger are away the resource stays until nothing is left behind, or until that has taken too long.
 */
final class JobRemoval {
  private static final Logger LOG = Logger.getLogger(JobRemoval.class);
  private static final long AGAIN_MILLIS = 1_000;
  private static final long POOL_GOES_MILLIS = 300;

  private final KubernetesClient client;
  private final Ledger ledger;
  private final WorkQueues queues;
  private final ActiveJobs active;
  private final JobReports reports;
  private final Leftovers leftovers;
  private final EndingNamespaces ending;
  private final Events events;
  private final Wake wake;

  JobRemoval(Parts parts, JobReports reports) {
    this.client = parts.client();
    this.ledger = parts.ledger();
    this.queues = parts.queues();
    this.active = parts.active();
    this.reports = reports;
    this.leftovers = parts.leftovers();
    this.ending = parts.ending();
    this.events = parts.events();
    this.wake = parts.wake();
  }

  DeleteControl remove(BatchJob job) {
    JobRef ref = KnownJobs.refOf(job);
    active.unfollow(ref);
    wake.poolChanged(KnownJobs.poolOf(job));
    WorkerPool pool = client.resources(WorkerPool.class).inNamespace(ref.namespace()).withName(ref.name()).get();
    boolean poolLeft = pool != null && OwnPool.owned(pool, job);
    if (poolLeft && pool.getMetadata().getDeletionTimestamp() == null) {
      client.resource(pool).delete();
    }
    try {
      queues.delete(ref);
      ledger.delete(ref);
    } catch (QueueUnavailableException | StoreUnavailableException | StoreFullException e) {
      if (leftovers.stays(job)) {
        return DeleteControl.noFinalizerRemoval().rescheduleAfter(AGAIN_MILLIS);
      }
      letGo(job, ref, e);
    }
    // in a namespace that goes at once its pods go by themselves
    if (poolLeft && !ending.contains(ref.namespace())) {
      return DeleteControl.noFinalizerRemoval().rescheduleAfter(POOL_GOES_MILLIS);
    }
    active.forget(ref);
    reports.forget(job);
    leftovers.gone(job);
    return DeleteControl.defaultDelete();
  }

  private void letGo(BatchJob job, JobRef ref, RuntimeException why) {
    leftovers.leave(ref);
    String message = "deleted without its clean-up, because it waited too long: " + why.getMessage()
        + "; queues and keys are removed when RabbitMQ and Redis answer again";
    LOG.warnf("job=%s/%s uid=%s: %s", ref.namespace(), ref.name(), ref.uid(), message);
    events.once(job, "left", Events.Type.WARNING, "CleanupLeft", message);
  }
}
