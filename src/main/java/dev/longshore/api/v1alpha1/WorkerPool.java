package dev.longshore.api.v1alpha1;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn.Type;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** Worker pods of one template that work on the jobs assigned to them. */
@Group(BatchJob.GROUP)
@Version(BatchJob.VERSION)
@Plural("workerpools")
@ShortNames("wp")
@ValidationRule(value = "size(self.metadata.name) <= 52 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
    fieldPath = ".metadata.name", message = "must be a DNS label of at most 52 characters: small letters, digits and '-'")
@AdditionalPrinterColumn(name = "Desired", type = Type.INTEGER, jsonPath = ".status.desired")
@AdditionalPrinterColumn(name = "Ready", type = Type.INTEGER, jsonPath = ".status.ready")
@AdditionalPrinterColumn(name = "Busy", type = Type.INTEGER, jsonPath = ".status.busy")
@AdditionalPrinterColumn(name = "Age", type = Type.DATE, jsonPath = ".metadata.creationTimestamp")
public class WorkerPool extends CustomResource<WorkerPoolSpec, WorkerPoolStatus> implements Namespaced {

  @Override
  protected WorkerPoolSpec initSpec() {
    return null;
  }

  @Override
  protected WorkerPoolStatus initStatus() {
    return null;
  }
}
