package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.api.v1alpha1.WorkerPool;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.Optional;

/** Looks up the pool that the job names. */
final class FindPool implements Step {
  private final KubernetesClient client;

  FindPool(KubernetesClient client) {
    this.client = client;
  }

  @Override
  public Progress take(JobPass pass) {
    if (pass.ownPool()) {
      return Progress.NEXT;
    }
    WorkerPool pool = client.resources(WorkerPool.class).inNamespace(pass.pool().namespace()).withName(pass.pool().name()).get();
    if (pool == null || pool.getMetadata().getDeletionTimestamp() != null) {
      return new Progress.Wait("PoolNotFound", "spec.poolRef.name: there is no WorkerPool " + pass.pool().name()
          + " in the namespace; make it, "
          + "or leave poolRef out to give the job a pool of its own", false, Duration.ofSeconds(2));
    }
    pass.shared = Optional.of(pool);
    return Progress.NEXT;
  }
}
