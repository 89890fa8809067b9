package dev.longshore.operator.reconciler;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import dev.longshore.operator.progress.ActiveJobs;
import dev.longshore.operator.status.JobStates;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import java.util.Comparator;
import java.util.List;

/**
 * The jobs that a pool is to work on, from the resources themselves: an operator that has just started does not yet follow them all, and
 * must not take away workers from those that it does not.
 */
public final class KnownJobs {
  private static final String BY_POOL = "pool";

  private final ActiveJobs active;
  private volatile IndexerResourceCache<BatchJob> cache;

  public KnownJobs(ActiveJobs active) {
    this.active = active;
  }

  /** Gives it the resources; before that it knows none. */
  public void use(IndexerResourceCache<BatchJob> resources) {
    resources.addIndexer(BY_POOL, job -> List.of(poolOf(job).toString()));
    cache = resources;
  }

  public static JobRef refOf(BatchJob job) {
    return new JobRef(job.getMetadata().getNamespace(), job.getMetadata().getName(), job.getMetadata().getUid());
  }

  /** The pool that the job names, or its own, which has its name. */
  public static PoolRef poolOf(BatchJob job) {
    boolean shared = job.getSpec() != null && job.getSpec().poolRef() != null;
    return new PoolRef(job.getMetadata().getNamespace(), shared ? job.getSpec().poolRef().name() : job.getMetadata().getName());
  }

  /** Jobs that have neither ended nor are being deleted, oldest first. */
  public List<JobRef> of(PoolRef pool) {
    return cache.byIndex(BY_POOL, pool.toString()).stream()
        .filter(job -> job.getMetadata().getDeletionTimestamp() == null && !JobStates.phase(job.getStatus()).ended())
        .sorted(Comparator.comparing((BatchJob job) -> job.getMetadata().getCreationTimestamp())
            .thenComparing(job -> job.getMetadata().getName()))
        .map(KnownJobs::refOf).filter(job -> !active.hasEnded(job)).toList();
  }
}
