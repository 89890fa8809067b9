package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.job.JobRef;
import dev.longshore.operator.progress.ActiveJobs;
import dev.longshore.operator.reconciler.KnownJobs;
import dev.longshore.operator.reconciler.Wake;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.WorkQueues;
import dev.longshore.store.Ledger;
import dev.longshore.store.StoreFullException;
import dev.longshore.store.StoreUnavailableException;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.reconciler.DeleteControl;

/**
 * Takes away all that a job had: its assignment, its pool with the pods, its queues and its keys. It works at any moment of the job's
 * life, and goes on by itself where broker or ledger are away: the resource stays until nothing is left behind.
 */
final class JobRemoval {
  private static final long AGAIN_MILLIS = 1_000;
  private static final long POOL_GOES_MILLIS = 300;

  private final KubernetesClient client;
  private final Ledger ledger;
  private final WorkQueues queues;
  private final ActiveJobs active;
  private final JobReports reports;
  private final Wake wake;

  JobRemoval(KubernetesClient client, Ledger ledger, WorkQueues queues, ActiveJobs active, JobReports reports, Wake wake) {
    this.client = client;
    this.ledger = ledger;
    this.queues = queues;
    this.active = active;
    this.reports = reports;
    this.wake = wake;
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
      return DeleteControl.noFinalizerRemoval().rescheduleAfter(AGAIN_MILLIS);
    }
    if (poolLeft) {
      return DeleteControl.noFinalizerRemoval().rescheduleAfter(POOL_GOES_MILLIS);
    }
    active.forget(ref);
    reports.forget(job);
    return DeleteControl.defaultDelete();
  }
}
