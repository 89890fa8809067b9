package dev.longshore.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.crd.generator.annotation.SchemaFrom;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.model.annotation.SpecReplicas;
import java.util.List;

/** A pool of workers that jobs name with poolRef. */
@Tolerant
@ValidationRule(
    value = "(has(self.minReplicas) ? self.minReplicas : 0) <= (has(self.maxReplicas) ? self.maxReplicas : 10)",
    fieldPath = ".minReplicas", message = "must not be above maxReplicas (10 when not set)")
@ValidationRule(
    value = "!has(self.allow) || !has(self.allow.env) || self.allow.env.all(name, !name.startsWith('LONGSHORE_'))",
    fieldPath = ".allow.env", message = "names that start with LONGSHORE_ are the worker's own")
public record WorkerPoolSpec(
    @Min(0) @Max(1000)
    @JsonPropertyDescription("Workers that are always kept. 0 to 1000, not above maxReplicas. Default 0.")
    Integer minReplicas,
    @Min(1) @Max(1000)
    @JsonPropertyDescription("Workers at most. 1 to 1000. Default 10.")
    Integer maxReplicas,
    @SpecReplicas @Min(0) @Max(1000)
    @JsonPropertyDescription("Pins the number of workers (kubectl scale). 0 to 1000. Not set or null: automatic. The autoscaler never writes it.")
    Integer replicas,
    @SchemaFrom(type = PodTemplate.class)
    @JsonPropertyDescription("What the worker pods look like beyond what Longshore gives them: a part of a Kubernetes PodTemplateSpec whose "
        + "container is named worker. A change replaces running workers, a quarter at a time, each once a new one takes work. Default {}.")
    PodTemplateSpec template,
    @JsonPropertyDescription("How the number of workers follows the work.")
    ScalingSpec scaling,
    @JsonPropertyDescription("What jobs may use on these workers. What is not set is not allowed, except processors http, noop and plugin and "
        + "files under /data.")
    Allow allow,
    @Default("600") @Min(1) @Max(86_400)
    @JsonPropertyDescription("Seconds that a worker gets to finish what runs; then it is interrupted and handed on. 1 to 86400. Default 600.")
    Integer drainTimeoutSeconds) {

  /** The processors that a pool can allow. */
  public enum ProcessorType { http, exec, noop, plugin }

  /** What jobs may use on a pool. */
  @Tolerant
  public record Allow(
      @Size(max = 4)
      @JsonPropertyDescription("Processor types: any of http, exec, noop, plugin. Default http, noop, plugin.")
      List<ProcessorType> processors,
      @Size(max = 64)
      @JsonPropertyDescription("Absolute paths of the programs that exec may start, at most 64; * is any. Default none.")
      List<String> execCommands,
      @Size(max = 64)
      @JsonPropertyDescription("Names of the workers' environment variables that jobs may name, at most 64; * is any but LONGSHORE_*, "
          + "which jobs may never name. Default none.")
      List<String> env,
      @Size(max = 64)
      @JsonPropertyDescription("Absolute paths of the folders under which jobs may read files, at most 64. Default /data.")
      List<String> files) {}
}
