package dev.longshore.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.IntOrString;
import java.util.List;

/** How the number of workers follows the work. */
@Tolerant
@ValidationRule(value = "!has(self.backlogPerWorker) || (type(self.backlogPerWorker) == int"
    + " ? int(self.backlogPerWorker) >= 1 && int(self.backlogPerWorker) <= 1000000000"
    + " : string(self.backlogPerWorker).matches('^([0-9]{1,9}(ms|s|m|h)){1,4}$'))", fieldPath = ".backlogPerWorker",
    message = "must be a number of items from 1 to 1000000000, or a time such as 30s")
public record ScalingSpec(
    @Default("Backlog")
    @JsonPropertyDescription("What the number of workers is measured by. Backlog: so much work for each worker. Deadline: as many workers as "
        + "finish each job within its targetDuration or by its finishBy, from the measured time of an item and the time left; a job without "
        + "either is measured by its backlog. Default Backlog.")
    Policy policy,
    @JsonPropertyDescription("Work for each worker: a number of unfinished items (with 1000, 4200 items ask for 5 workers), 1 to 1000000000, or "
        + "a time in which a worker with all its calls in use gets done with its share, such as 30s; until the first item is measured 1000 "
        + "items count. Default 1000.")
    IntOrString backlogPerWorker,
    @Default("10%") @Pattern(Patterns.PERCENT)
    @JsonPropertyDescription("How far the need for workers may differ from their number before that changes. 0% to 100%. Default 10%.")
    String tolerance,
    @JsonPropertyDescription("How fast the number of workers changes: up at once, down as said here.")
    Behavior behavior) {

  /** What the number of workers is measured by. */
  public enum Policy { Backlog, Deadline }

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
      Integer stabilizationWindowSeconds,
      @Size(max = 8)
      @JsonPropertyDescription("How many workers may be taken away within a time, at most 8 rules. Default: any number at once.")
      List<Step> policies,
      @Default("Max")
      @JsonPropertyDescription("Which of several policies counts: Max, the one that takes most away, Min, the one that takes fewest, or "
          + "Disabled: the pool never gets smaller while a job is active. Default Max.")
      SelectPolicy selectPolicy) {}

  /** How many workers may be taken away within a time. */
  @Tolerant
  public record Step(
      @Required
      @JsonPropertyDescription("What value counts: Pods, or Percent of the workers that there were when the period began.")
      Unit type,
      @Required @Min(1) @Max(1000)
      @JsonPropertyDescription("How many, 1 to 1000.")
      Integer value,
      @Required @Min(1) @Max(1800)
      @JsonPropertyDescription("Within how many seconds, 1 to 1800.")
      Integer periodSeconds) {}

  /** What a step counts in. */
  public enum Unit { Pods, Percent }

  /** Which of several steps counts. */
  public enum SelectPolicy { Max, Min, Disabled }
}
