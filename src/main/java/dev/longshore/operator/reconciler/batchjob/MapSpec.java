package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.api.v1alpha1.SourceSpec;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.operator.mapping.InlineData;
import dev.longshore.operator.mapping.InvalidJobException;
import dev.longshore.operator.mapping.JobSpecMapping;
import dev.longshore.store.Ledger;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;

/** Makes of the resource what its workers need to know, and reads the items that only the operator can read. */
final class MapSpec implements Step {
  private final KubernetesClient client;
  private final JobSpecMapping mapping;
  private final Ledger ledger;

  MapSpec(KubernetesClient client, JobSpecMapping mapping, Ledger ledger) {
    this.ledger = ledger;
    this.client = client;
    this.mapping = mapping;
  }

  @Override
  public Progress take(JobPass pass) throws InvalidJobException {
    pass.mapped = mapping.map(pass.job(), pass.shared.map(WorkerPool::getSpec));
    SourceSpec source = pass.job().getSpec().source();
    if (source.items() != null) {
      pass.inline = InlineData.ofItems(source.items());
    } else if (source.configMap() != null) {
      ConfigMap configMap = client.configMaps().inNamespace(pass.ref().namespace()).withName(source.configMap().name()).get();
      if (configMap == null && ledger.spec(pass.ref()).isPresent()) {
        return Progress.NEXT; // It was read once; what became of it since does not matter.
      }
      if (configMap == null) {
        return new Progress.Wait("ConfigMapNotFound", "spec.source.configMap.name: there is no ConfigMap " + source.configMap().name()
            + " in the namespace yet", false, Duration.ofSeconds(2));
      }
      pass.inline = InlineData.ofConfigMap(source.configMap(), configMap);
    }
    return Progress.NEXT;
  }
}
