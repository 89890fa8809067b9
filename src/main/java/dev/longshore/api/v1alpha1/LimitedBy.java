package dev.longshore.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** What keeps work from going faster. */
@Tolerant
public record LimitedBy(
    @JsonPropertyDescription("One word, such as MaxReplicas; empty when nothing limits.")
    String reason,
    @JsonPropertyDescription("The same for people, at most 256 characters.")
    String message) {}
