package dev.longshore.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** A header whose value stands elsewhere. */
@Tolerant
@ValidationRule(value = "[has(self.secretKeyRef), has(self.env)].exists_one(x, x)", fieldPath = ".secretKeyRef",
    message = "exactly one of secretKeyRef, env must be set")
@ValidationRule(value = "!has(self.env) || !self.env.startsWith('LONGSHORE_')", fieldPath = ".env",
    message = "names that start with LONGSHORE_ are the worker's own")
public record HeaderFrom(
    @Required @Size(min = 1, max = 128) @Pattern(Patterns.HEADER_NAME)
    @JsonPropertyDescription("Name of the header. 1 to 128 characters.")
    String header,
    @JsonPropertyDescription("A key of a Secret of the same namespace that holds the value. Only with a pool of the job's own.")
    SecretKeyRef secretKeyRef,
    @Size(min = 1, max = 128) @Pattern(Patterns.ENV_NAME)
    @JsonPropertyDescription("The worker's environment variable that holds the value; the pool's allow.env must name it. Never LONGSHORE_*.")
    String env) {}
