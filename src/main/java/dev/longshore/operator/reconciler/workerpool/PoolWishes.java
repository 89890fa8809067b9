package dev.longshore.operator.reconciler.workerpool;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.ScalingSpec;
import dev.longshore.api.v1alpha1.ScalingSpec.ScaleDown;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.api.v1alpha1.WorkerPoolSpec;
import dev.longshore.operator.autoscaler.Collect.Wishes;
import dev.longshore.operator.autoscaler.ScaleInput.Bounds;
import dev.longshore.operator.autoscaler.ScalePolicy;
import dev.longshore.operator.autoscaler.ScalePolicy.Select;
import dev.longshore.operator.mapping.FieldValues;
import io.fabric8.kubernetes.api.model.IntOrString;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
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
    return new Wishes(new Bounds(min, max), spec.replicas(), policy(spec.scaling()),
        Duration.ofSeconds(Objects.requireNonNullElse(spec.drainTimeoutSeconds(), DRAIN_SECONDS)));
  }

  static boolean ownedByJob(WorkerPool pool) {
    return pool.getMetadata().getOwnerReferences().stream().anyMatch(owner -> owner.getKind().equals(BatchJob.class.getSimpleName()));
  }

  private static ScalePolicy policy(ScalingSpec scaling) {
    if (scaling == null) {
      return ScalePolicy.STANDARD;
    }
    ScaleDown down = scaling.behavior() == null || scaling.behavior().scaleDown() == null ? new ScaleDown(null, null, null)
        : scaling.behavior().scaleDown();
    IntOrString perWorker = scaling.backlogPerWorker();
    boolean time = perWorker != null && perWorker.getStrVal() != null;
    return new ScalePolicy(scaling.policy() == ScalingSpec.Policy.Deadline ? ScalePolicy.Kind.DEADLINE : ScalePolicy.Kind.BACKLOG,
        perWorker == null || time ? ScalePolicy.STANDARD.backlogItems() : Math.max(1, perWorker.getIntVal()),
        time ? FieldValues.duration(perWorker.getStrVal()) : null,
        scaling.tolerance() == null ? ScalePolicy.TOLERANCE : FieldValues.percent(scaling.tolerance()),
        down.stabilizationWindowSeconds() == null ? ScalePolicy.STANDARD.window() : Duration.ofSeconds(down.stabilizationWindowSeconds()),
        down.policies() == null ? List.of() : down.policies().stream().map(PoolWishes::step).toList(),
        down.selectPolicy() == null ? Select.MAX : Select.valueOf(down.selectPolicy().name().toUpperCase(Locale.ROOT)));
  }

  private static ScalePolicy.Step step(ScalingSpec.Step step) {
    return new ScalePolicy.Step(step.type() == ScalingSpec.Unit.Pods ? ScalePolicy.Unit.PODS : ScalePolicy.Unit.PERCENT, step.value(),
        Duration.ofSeconds(step.periodSeconds()));
  }
}
