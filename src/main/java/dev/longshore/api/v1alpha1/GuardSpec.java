package dev.longshore.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;

/** What surrounds each processor call. Timeout and retries have no default in the schema, so that a plugin's annotations can be its own. */
@Tolerant
public record GuardSpec(
    @Pattern(Patterns.DURATION)
    @JsonPropertyDescription("How long one call may take. A duration of 1ms to 24h. Default 30s, or what a plugin's @Timeout says.")
    String timeout,
    @Min(0) @Max(10)
    @JsonPropertyDescription("Short retries of a call inside the guard, before the item itself counts as failed; they count against limits. "
        + "0 to 10. Default 0, or what a plugin's @Retry says.")
    Integer retries,
    @JsonPropertyDescription("Stops calls for a while when too many fail. Default: none, or what a plugin's @CircuitBreaker says.")
    CircuitBreaker circuitBreaker) {

  /** Stops calls for a while when too many fail. */
  @Tolerant
  public record CircuitBreaker(
      @Default("50%") @Pattern("^(100|[1-9][0-9]?)%$")
      @JsonPropertyDescription("The share of failed calls that opens it: 1% to 100%. Default 50%.")
      String failureRatio,
      @Default("20") @Min(1) @Max(1000)
      @JsonPropertyDescription("The number of calls that the share is measured over. 1 to 1000. Default 20.")
      Integer window,
      @Default("5s") @Pattern(Patterns.DURATION)
      @JsonPropertyDescription("How long it stays open before one call is let through. A duration of at most 24h. Default 5s.")
      String delay) {}
}
