package dev.longshore.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.model.annotation.LabelSelector;
import io.fabric8.kubernetes.model.annotation.StatusReplicas;
import java.util.List;

/** How a pool stands. Written by the operator only. */
@Tolerant
public record WorkerPoolStatus(
    @StatusReplicas
    @JsonPropertyDescription("Worker pods that are there.")
    Integer replicas,
    @LabelSelector
    @JsonPropertyDescription("The label selector of the pool's pods, for kubectl scale and others.")
    String selector,
    @JsonPropertyDescription("Workers that take work.")
    Integer ready,
    @JsonPropertyDescription("Workers that have items at hand.")
    Integer busy,
    @JsonPropertyDescription("Workers that finish what they have and then go.")
    Integer draining,
    @JsonPropertyDescription("Workers that there should be.")
    Integer desired,
    @JsonPropertyDescription("What keeps the pool from getting more workers.")
    LimitedBy limitedBy,
    @JsonPropertyDescription("Progressing, and what is wrong with the pool.")
    List<Condition> conditions) {}
