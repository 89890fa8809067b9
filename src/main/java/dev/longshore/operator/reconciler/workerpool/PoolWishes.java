package dev.longshore.operator.reconciler.workerpool;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.api.v1alpha1.WorkerPoolSpec;
import dev.longshore.operator.autoscaler.Collect.Wishes;
import dev.longshore.operator.autoscaler.ScaleInput.Bounds;
import dev.longshore.operator.mapping.ScalingMapping;
import java.time.Duration;
import java.util.Objects;

/** Reads a pool's spec, with the defaults that the schema names: the API server may not have filled them in. */
final class PoolWishes {
  private static final int MAX_REPLICAS = 10;
  private static final int DRAIN_SECONDS = 600;

  private PoolWishes() {}

  /** @param idle whether the pool has no job: a pool that a job owns then keeps nobody, whatever its minimum */
  static Wishes of(WorkerPool pool, boolean idle) {
    WorkerPoolSpec spec = pool.getSpec();
    int min = idle && ownedByJob(pool) ? 0 : Objects.requireNonNullElse(spec.minReplicas(), 0);
    int max = Math.max(min, Objects.requireNonNullElse(spec.maxReplicas(), MAX_REPLICAS));
    return new Wishes(new Bounds(min, max), spec.replicas(), ScalingMapping.policy(spec.scaling()),
        Duration.ofSeconds(Objects.requireNonNullElse(spec.drainTimeoutSeconds(), DRAIN_SECONDS)));
  }

  static boolean ownedByJob(WorkerPool pool) {
    return pool.getMetadata().getOwnerReferences().stream().anyMatch(owner -> owner.getKind().equals(BatchJob.class.getSimpleName()));
  }
}
