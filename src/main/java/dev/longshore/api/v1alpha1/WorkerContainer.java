package dev.longshore.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import java.util.Map;

/** What an author may say of the container that the worker runs in. */
@ValidationRule(value = "self.name == 'worker'", fieldPath = ".name", message = "must be worker: a worker pod has no other container")
@ValidationRule(value = "!has(self.command)", fieldPath = ".command", message = "the worker's command is Longshore's own")
@ValidationRule(value = "!has(self.securityContext)", fieldPath = ".securityContext", message = "the worker's security context is Longshore's own")
record WorkerContainer(
    @Required @Size(min = 1, max = 63) @JsonPropertyDescription("Must be worker.")
    String name,
    @Size(min = 1, max = 512) @JsonPropertyDescription("Image with the worker and what its processors need. Default: the operator's.")
    String image,
    @JsonPropertyDescription("As in a Pod.")
    PullPolicy imagePullPolicy,
    @Size(max = 64) @JsonPropertyDescription("Arguments after Longshore's own, at most 64.")
    List<String> args,
    @Size(max = 128) @JsonPropertyDescription("Variables of the worker's environment, at most 128. Never LONGSHORE_*.")
    List<Env> env,
    @Size(max = 16) @JsonPropertyDescription("ConfigMaps and Secrets whose keys become variables, at most 16.")
    List<EnvFrom> envFrom,
    @JsonPropertyDescription("CPU and memory. Default: the operator's.")
    Resources resources,
    @Size(max = 32) @JsonPropertyDescription("Where volumes are seen, at most 32.")
    List<Mount> volumeMounts,
    @Size(max = 64) @JsonPropertyDescription("Always refused.")
    List<String> command,
    @JsonPropertyDescription("Always refused.")
    JsonNode securityContext) {

  /** When the image is pulled. */
  enum PullPolicy { Always, IfNotPresent, Never }

  /** A variable. */
  @ValidationRule(value = "!self.name.startsWith('LONGSHORE_')", fieldPath = ".name",
      message = "names that start with LONGSHORE_ are the worker's own")
  record Env(
      @Required @Size(min = 1, max = 128) @JsonPropertyDescription("Its name.")
      String name,
      @JsonPropertyDescription("Its value.")
      String value,
      @JsonPropertyDescription("Where its value stands.")
      EnvValueFrom valueFrom) {}

  /** Where a variable's value stands. */
  record EnvValueFrom(
      @JsonPropertyDescription("A key of a Secret.")
      KeyRef secretKeyRef,
      @JsonPropertyDescription("A key of a ConfigMap.")
      KeyRef configMapKeyRef,
      @JsonPropertyDescription("A field of the pod.")
      FieldRef fieldRef) {}

  /** Names a key of a ConfigMap or Secret. */
  record KeyRef(
      @Required @JsonPropertyDescription("Name of the ConfigMap or Secret.")
      String name,
      @Required @JsonPropertyDescription("The key within it.")
      String key,
      @JsonPropertyDescription("Whether it may be missing. Default false.")
      Boolean optional) {}

  /** Names a field of the pod. */
  record FieldRef(
      @JsonPropertyDescription("Version of the path. Default v1.")
      String apiVersion,
      @Required @JsonPropertyDescription("The field, such as metadata.name.")
      String fieldPath) {}

  /** All keys of a ConfigMap or Secret. */
  @ValidationRule(value = "!has(self.prefix) || !self.prefix.startsWith('LONGSHORE')", fieldPath = ".prefix",
      message = "names that start with LONGSHORE_ are the worker's own")
  record EnvFrom(
      @Size(max = 128) @JsonPropertyDescription("What each variable's name starts with.")
      String prefix,
      @JsonPropertyDescription("The ConfigMap.")
      Ref configMapRef,
      @JsonPropertyDescription("The Secret.")
      Ref secretRef) {}

  /** Names a ConfigMap or Secret. */
  record Ref(
      @Required @JsonPropertyDescription("Its name.")
      String name,
      @JsonPropertyDescription("Whether it may be missing. Default false.")
      Boolean optional) {}

  /** CPU and memory. */
  record Resources(
      @Size(max = 16) @JsonPropertyDescription("At most, by resource.")
      Map<String, Quantity> limits,
      @Size(max = 16) @JsonPropertyDescription("Asked for, by resource.")
      Map<String, Quantity> requests) {}

  /** Where a volume is seen. */
  record Mount(
      @Required @JsonPropertyDescription("The volume's name.")
      String name,
      @Required @JsonPropertyDescription("Path in the container.")
      String mountPath,
      @JsonPropertyDescription("Path in the volume.")
      String subPath,
      @JsonPropertyDescription("Default false.")
      Boolean readOnly) {}
}
