package dev.longshore.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** How the number of workers follows the work. */
@Tolerant
public record ScalingSpec(
    @Default("1000") @Min(1) @Max(1_000_000_000)
    @JsonPropertyDescription("Items that are not finished, for each worker: with 1000, 4200 items ask for 5 workers. 1 to 1000000000. Default 1000.")
    Integer backlogPerWorker,
    @JsonPropertyDescription("How fast the number of workers changes.")
    Behavior behavior) {

  /** How fast the number of workers changes. */
  @Tolerant
  public record Behavior(
      @JsonPropertyDescription("How workers are taken away: always by drain.")
      ScaleDown scaleDown) {}

  /** How workers are taken away. */
  @Tolerant
  public record ScaleDown(
      @Default("60") @Min(0) @Max(3600)
      @JsonPropertyDescription("Seconds for which fewer workers must have been enough before any is taken away. 0 to 3600. Default 60.")
      Integer stabilizationWindowSeconds) {}
}
