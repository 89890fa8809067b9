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

/** Batch work: where items come from, what is done to them, and within which limits. */
@Group(BatchJob.GROUP)
@Version(BatchJob.VERSION)
@Plural("batchjobs")
@ShortNames("bj")
@ValidationRule(value = "size(self.metadata.name) <= 52 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
    fieldPath = ".metadata.name", message = "must be a DNS label of at most 52 characters: small letters, digits and '-'")
@AdditionalPrinterColumn(name = "Phase", type = Type.STRING, jsonPath = ".status.phase")
@AdditionalPrinterColumn(name = "Done", type = Type.STRING, jsonPath = ".status.progress")
@AdditionalPrinterColumn(name = "Percent", type = Type.INTEGER, jsonPath = ".status.percentComplete")
@AdditionalPrinterColumn(name = "Failed", type = Type.INTEGER, jsonPath = ".status.items.failed")
@AdditionalPrinterColumn(name = "Workers", type = Type.INTEGER, jsonPath = ".status.workers.ready")
@AdditionalPrinterColumn(name = "ETA", type = Type.STRING, jsonPath = ".status.eta.p50")
@AdditionalPrinterColumn(name = "ETA-P90", type = Type.STRING, jsonPath = ".status.eta.p90", priority = 1)
@AdditionalPrinterColumn(name = "Age", type = Type.DATE, jsonPath = ".metadata.creationTimestamp")
public class BatchJob extends CustomResource<BatchJobSpec, BatchJobStatus> implements Namespaced {
  public static final String GROUP = "longshore.dev";
  public static final String VERSION = "v1alpha1";

  @Override
  protected BatchJobSpec initSpec() {
    return null;
  }

  @Override
  protected BatchJobStatus initStatus() {
    return null;
  }
}
