package dev.longshore.operator.reconciler;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.BatchJobSpec;
import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import dev.longshore.operator.mapping.LongestCall;
import dev.longshore.operator.progress.ActiveJobs;
import dev.longshore.operator.status.Conditions;
import dev.longshore.operator.status.JobStates;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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

  /** Whether it is this operator's to see to, and not that of another controller which it names. */
  public static boolean isOurs(BatchJob job) {
    return job.getSpec() == null || job.getSpec().managedBy() == null || job.getSpec().managedBy().equals(BatchJobSpec.OPERATOR);
  }

  /** The pool that the job names, or its own, which has its name. */
  public static PoolRef poolOf(BatchJob job) {
    boolean shared = job.getSpec() != null && job.getSpec().poolRef() != null;
    return new PoolRef(job.getMetadata().getNamespace(), shared ? job.getSpec().poolRef().name() : job.getMetadata().getName());
  }

  /** Every BatchJob that is there. */
  public List<BatchJob> all() {
    IndexerResourceCache<BatchJob> resources = cache;
    return resources == null ? List.of() : resources.list().toList();
  }

  /** Jobs that have neither ended nor are being deleted, oldest first. */
  public List<JobRef> of(PoolRef pool) {
    return unfinished(pool).sorted(Comparator.comparing((BatchJob job) -> job.getMetadata().getCreationTimestamp())
        .thenComparing(job -> job.getMetadata().getName())).map(KnownJobs::refOf).toList();
  }

  /** How long a call of any of these jobs may last; empty when there is none. */
  public Optional<Duration> longestCall(PoolRef pool) {
    return unfinished(pool).map(job -> LongestCall.of(job.getSpec())).max(Comparator.naturalOrder());
  }

  /** Those of {@link #of} that are suspended: no new item of them may start. */
  public Set<JobRef> paused(PoolRef pool) {
    return unfinished(pool).filter(job -> Boolean.TRUE.equals(job.getSpec().suspend()) && !ending(job)).map(KnownJobs::refOf)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Those of {@link #of} whose run is over before its time: cancelled, or failed while items were left. */
  public Set<JobRef> ending(PoolRef pool) {
    return unfinished(pool).filter(this::ending).map(KnownJobs::refOf).collect(Collectors.toUnmodifiableSet());
  }

  private Stream<BatchJob> unfinished(PoolRef pool) {
    return cache.byIndex(BY_POOL, pool.toString()).stream().filter(KnownJobs::isOurs)
        .filter(job -> job.getMetadata().getDeletionTimestamp() == null).filter(this::unfinished);
  }

  /** What is followed goes on, even where a cached resource is older than its new run. */
  private boolean unfinished(BatchJob job) {
    JobRef ref = refOf(job);
    return active.find(ref).isPresent() || !JobStates.phase(job.getStatus()).ended() && !active.hasEnded(ref);
  }

  /** What is not followed yet, after a restart, is known from its status. */
  private boolean ending(BatchJob job) {
    JobRef ref = refOf(job);
    return Boolean.TRUE.equals(job.getSpec().cancel()) || active.isEnding(ref) || active.find(ref).isEmpty() && job.getStatus() != null
        && Conditions.isTrue(job.getStatus().conditions(), JobStates.FAILURE_TARGET);
  }
}
