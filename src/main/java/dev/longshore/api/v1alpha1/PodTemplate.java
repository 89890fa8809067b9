package dev.longshore.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import java.util.List;
import java.util.Map;

/**
 * The part of a PodTemplateSpec that an author may use: it gives the schema its fields, while the resource holds the real type. All else
 * is refused as an unknown field; what a newcomer would try and must not is here to be refused with a reason.
 */
record PodTemplate(
    @JsonPropertyDescription("Labels and annotations of the pods.")
    Meta metadata,
    @JsonPropertyDescription("The pods.")
    Spec spec) {

  /** What may be said of a pod. */
  @ValidationRule(value = "!has(self.annotations) || self.annotations.all(name, "
      + "!name.startsWith('container.apparmor.security.beta.kubernetes.io/') "
      + "&& !name.startsWith('container.seccomp.security.alpha.kubernetes.io/') "
      + "&& !name.startsWith('seccomp.security.alpha.kubernetes.io/'))",
      fieldPath = ".annotations", message = "the worker's security context is Longshore's own, its older form as an annotation too")
  record Meta(
      @Size(max = 32) @JsonPropertyDescription("Labels beside Longshore's own, at most 32.")
      Map<String, String> labels,
      @Size(max = 32) @JsonPropertyDescription("Annotations, at most 32.")
      Map<String, String> annotations) {}

  /** The pod. */
  @ValidationRule(value = "!has(self.hostNetwork) || !self.hostNetwork", fieldPath = ".hostNetwork",
      message = "worker pods never share the node's network")
  @ValidationRule(value = "!has(self.hostPID) || !self.hostPID", fieldPath = ".hostPID",
      message = "worker pods never share the node's processes")
  @ValidationRule(value = "!has(self.hostIPC) || !self.hostIPC", fieldPath = ".hostIPC",
      message = "worker pods never share the node's IPC namespace")
  @ValidationRule(
      value = "!has(self.volumes) || self.volumes.all(v, has(v.hostPath) || "
          + "[has(v.emptyDir), has(v.configMap), has(v.secret), has(v.persistentVolumeClaim)].exists_one(x, x))",
      fieldPath = ".volumes", message = "each volume needs exactly one of emptyDir, configMap, secret, persistentVolumeClaim")
  record Spec(
      @Size(max = 1) @JsonPropertyDescription("The container worker; what is set here is merged with what Longshore gives it.")
      List<WorkerContainer> containers,
      @Size(max = 32) @JsonPropertyDescription("As in a Pod, at most 32.")
      Map<String, String> nodeSelector,
      @Size(max = 32) @JsonPropertyDescription("As in a Pod, at most 32.")
      List<Toleration> tolerations,
      @JsonPropertyDescription("As in a Pod.")
      Affinity affinity,
      @JsonPropertyDescription("As in a Pod.")
      String priorityClassName,
      @JsonPropertyDescription("As in a Pod.")
      String schedulerName,
      @Size(max = 16) @JsonPropertyDescription("As in a Pod, at most 16: each worker waits until somebody takes its gates away.")
      List<Gate> schedulingGates,
      @JsonPropertyDescription("As in a Pod.")
      String runtimeClassName,
      @JsonPropertyDescription("As in a Pod; only one that the operator's policy.serviceAccounts names. Its token is never mounted.")
      String serviceAccountName,
      @Size(max = 16) @JsonPropertyDescription("As in a Pod, at most 16.")
      List<LocalObjectReference> imagePullSecrets,
      @Min(1) @Max(86_400) @JsonPropertyDescription("Seconds between the end signal and the kill. 1 to 86400. Default: the pool's drain timeout.")
      Long terminationGracePeriodSeconds,
      @Size(max = 16) @JsonPropertyDescription("As in a Pod, at most 16.")
      List<TopologySpreadConstraint> topologySpreadConstraints,
      @Size(max = 32) @JsonPropertyDescription("emptyDir, configMap, secret and persistentVolumeClaim volumes, at most 32.")
      List<WorkerVolume> volumes,
      @JsonPropertyDescription("Always refused.")
      Boolean hostNetwork,
      @JsonPropertyDescription("Always refused.")
      Boolean hostPID,
      @JsonPropertyDescription("Always refused.")
      Boolean hostIPC) {}

  /** A scheduling gate. */
  record Gate(
      @Required @Size(min = 1, max = 316) @JsonPropertyDescription("Its name, as example.org/gate. Unique among the gates.")
      String name) {}

  /** A volume. */
  @ValidationRule(value = "!has(self.hostPath)", fieldPath = ".hostPath", message = "worker pods never see the node's files")
  record WorkerVolume(
      @Required @Size(min = 1, max = 63) @JsonPropertyDescription("Its name, a DNS label.")
      String name,
      @JsonPropertyDescription("An empty folder.")
      EmptyDir emptyDir,
      @JsonPropertyDescription("The files of a ConfigMap.")
      ConfigMapFiles configMap,
      @JsonPropertyDescription("The files of a Secret.")
      SecretFiles secret,
      @JsonPropertyDescription("A PersistentVolumeClaim of the namespace.")
      Claim persistentVolumeClaim,
      @JsonPropertyDescription("Always refused.")
      HostPath hostPath) {}

  /** An empty folder. */
  record EmptyDir(
      @JsonPropertyDescription("Empty: on disk. Memory: in memory.")
      String medium,
      @JsonPropertyDescription("A quantity such as 1Gi.")
      String sizeLimit) {}

  /** The files of a ConfigMap. */
  record ConfigMapFiles(
      @Required @JsonPropertyDescription("Name of the ConfigMap.")
      String name,
      @Size(max = 64) @JsonPropertyDescription("Which keys become which files. Default all.")
      List<KeyFile> items,
      @Min(0) @Max(511) @JsonPropertyDescription("Mode of the files. Default 0644.")
      Integer defaultMode,
      @JsonPropertyDescription("Whether it may be missing. Default false.")
      Boolean optional) {}

  /** The files of a Secret. */
  record SecretFiles(
      @Required @JsonPropertyDescription("Name of the Secret.")
      String secretName,
      @Size(max = 64) @JsonPropertyDescription("Which keys become which files. Default all.")
      List<KeyFile> items,
      @Min(0) @Max(511) @JsonPropertyDescription("Mode of the files. Default 0644.")
      Integer defaultMode,
      @JsonPropertyDescription("Whether it may be missing. Default false.")
      Boolean optional) {}

  /** A key that becomes a file. */
  record KeyFile(
      @Required @JsonPropertyDescription("The key.")
      String key,
      @Required @JsonPropertyDescription("Relative path of the file.")
      String path,
      @Min(0) @Max(511) @JsonPropertyDescription("Mode of the file.")
      Integer mode) {}

  /** A PersistentVolumeClaim. */
  record Claim(
      @Required @JsonPropertyDescription("Name of the claim.")
      String claimName,
      @JsonPropertyDescription("Default false.")
      Boolean readOnly) {}

  /** A folder of the node: here to be refused. */
  record HostPath(
      @JsonPropertyDescription("Path on the node.")
      String path,
      @JsonPropertyDescription("Kind of the path.")
      String type) {}
}
