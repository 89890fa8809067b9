package dev.longshore.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** Names a key of a Secret. */
@Tolerant
public record SecretKeyRef(
    @Required @Size(min = 1, max = 253)
    @JsonPropertyDescription("Name of the Secret, in the namespace of the resource. 1 to 253 characters.")
    String name,
    @Required @Size(min = 1, max = 253)
    @JsonPropertyDescription("The key within it. 1 to 253 characters.")
    String key) {}
