package dev.longshore.operator;

import dev.longshore.operator.mapping.Policy;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * How the operator works.
 *
 * @param identity who it is among its replicas: the pod's name
 * @param watchNamespaces the namespaces that it serves; empty is all
 * @param leaderElection whether several replicas agree on one that works
 * @param leaseNamespace where they do
 * @param workerImage image of worker pods whose template names none
 * @param imagePullSecrets names of the Secrets to pull it with
 * @param workerResources of worker pods whose template names none
 * @param auditQuiet how long a job's queues must have been empty before its ledger is audited
 * @param letGoAfter how long the clean-up after a deleted resource may wait for broker or ledger before the resource goes without
 * @param policy what jobs with a pool of their own may do
 */
public record OperatorSettings(String identity, Set<String> watchNamespaces, boolean leaderElection, String leaseNamespace,
    String workerImage, List<String> imagePullSecrets, ResourceRequirements workerResources, Duration auditQuiet,
    Duration letGoAfter, Policy policy) {
  /** How long queues must have been quiet before an audit, unless told otherwise. */
  public static final Duration AUDIT_QUIET = Duration.ofSeconds(30);
  /** How long a clean-up may wait, unless told otherwise. */
  public static final Duration LET_GO_AFTER = Duration.ofMinutes(10);

  /** What a worker gets unless somebody says otherwise: it stays under 350 MB, the rest is for the programs that it starts. */
  public static ResourceRequirements defaultWorkerResources() {
    return new ResourceRequirementsBuilder().addToLimits("memory", new Quantity("512Mi")).addToRequests("cpu", new Quantity("250m"))
        .addToRequests("memory", new Quantity("512Mi")).build();
  }
}
