package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.operator.pods.PodTemplateRules;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.List;

/** Makes the job's own pool, or changes it when the job's {@code workers} changed. */
final class MakePool implements Step {
  private final KubernetesClient client;
  private final PodTemplateRules rules;

  MakePool(KubernetesClient client, PodTemplateRules rules) {
    this.client = client;
    this.rules = rules;
  }

  @Override
  public Progress take(JobPass pass) {
    if (!pass.ownPool()) {
      return Progress.NEXT;
    }
    WorkerPool wanted = OwnPool.of(pass.job(), pass.mapped);
    List<PodTemplateRules.Violation> violations = rules.check(wanted.getSpec().template());
    if (!violations.isEmpty()) {
      return new Progress.Wait("InvalidTemplate", "spec.workers." + violations.getFirst(), false, Duration.ofSeconds(30));
    }
    WorkerPool existing = client.resources(WorkerPool.class).inNamespace(pass.pool().namespace()).withName(pass.pool().name()).get();
    if (existing == null) {
      client.resource(wanted).create();
    } else if (!OwnPool.owned(existing, pass.job())) {
      return new Progress.Wait("PoolNameTaken", "the WorkerPool " + pass.pool().name()
          + " is not this job's: rename one of them, or use it "
          + "with spec.poolRef", false, Duration.ofSeconds(2));
    } else if (!OwnPool.same(existing, wanted)) {
      client.resource(existing).edit(pool -> {
        pool.getMetadata().getAnnotations().putAll(wanted.getMetadata().getAnnotations());
        pool.setSpec(OwnPool.keepingReplicas(wanted.getSpec(), pool.getSpec()));
        return pool;
      });
    }
    return Progress.NEXT;
  }
}
