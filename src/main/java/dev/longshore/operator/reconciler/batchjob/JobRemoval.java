package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.job.JobRef;
import dev.longshore.operator.leftovers.Leftover;
import dev.longshore.operator.progress.ActiveJobs;
import dev.longshore.operator.reconciler.GiveWay;
import dev.longshore.operator.reconciler.KnownJobs;
import dev.longshore.operator.reconciler.Parts;
import dev.longshore.operator.reconciler.Wake;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.store.Ledger;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.reconciler.DeleteControl;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes away all that a job had: its assignment, its pool with the pods, its queues and its keys. It works at any moment of the job's
 * life, and goes on by itself where broker or ledger are away: the resource stays until nothing is left behind, or until they have been
 * away for so long that it gives way.
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
  private final GiveWay giveWay;

  JobRemoval(Parts parts, JobReports reports) {
    this.client = parts.client();
    this.ledger = parts.ledger();
    this.queues = parts.queues();
    this.active = parts.active();
    this.reports = reports;
    this.wake = parts.wake();
    this.giveWay = parts.giveWay();
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
    List<String> left = left(job, ref);
    if (left.isEmpty()) {
      giveWay.served(job);
    } else if (giveWay.stays(job)) {
      return DeleteControl.noFinalizerRemoval().rescheduleAfter(AGAIN_MILLIS);
    }
    // in a namespace that goes at once its pods go by themselves
    if (poolLeft && !giveWay.atOnce(job)) {
      return DeleteControl.noFinalizerRemoval().rescheduleAfter(POOL_GOES_MILLIS);
    }
    if (!left.isEmpty()) {
      giveWay.giveWay(job, new Leftover.OfJob(ref), String.join("; ", left));
    }
    active.forget(ref);
    reports.forget(job);
    giveWay.gone(job);
    return DeleteControl.defaultDelete();
  }

  /** Removes what can be removed, the account also while the broker is away; returns what is left where, and why. */
  private List<String> left(BatchJob job, JobRef ref) {
    List<String> left = new ArrayList<>();
    giveWay.undone(job, () -> queues.delete(ref)).ifPresent(why -> left.add("queue " + WorkQueues.name(ref, Kind.WORK)
        + " and those whose names begin so are left in the broker (" + why + ")"));
    giveWay.undone(job, () -> ledger.delete(ref)).ifPresent(why -> left.add("the account of uid " + ref.uid() + " is left in the ledger ("
        + why + ")"));
    return left;
  }
}
