package dev.longshore.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.crd.generator.annotation.SchemaFrom;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;

/** A job's own pool of workers. No defaults in the schema: beside poolRef a default would count as set. */
@Tolerant
public record WorkersSpec(
    @Min(0) @Max(1000)
    @JsonPropertyDescription("Workers that are kept while the job runs. 0 to 1000, not above maxReplicas. Default 0.")
    Integer minReplicas,
    @Min(1) @Max(1000)
    @JsonPropertyDescription("Workers at most. 1 to 1000. Default 10.")
    Integer maxReplicas,
    @Min(1) @Max(10_000)
    @JsonPropertyDescription("Processor calls at once in each worker; also allowed beside poolRef. 1 to 10000. Default 10.")
    Integer concurrency,
    @SchemaFrom(type = PodTemplate.class)
    @JsonPropertyDescription("What the worker pods look like beyond what Longshore gives them: a part of a Kubernetes PodTemplateSpec whose "
        + "container is named worker. A change replaces running workers, a quarter at a time, each once a new one takes work. Default {}.")
    PodTemplateSpec template,
    @JsonPropertyDescription("How the number of workers follows the work.")
    ScalingSpec scaling) {}
