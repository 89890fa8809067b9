package dev.longshore.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** What a job is to do. Fields that are null were not given; {@code JobSpecMapping} knows what holds then. */
@Tolerant
@ValidationRule(
    value = "[has(dyn(self.source).items), has(self.source.configMap), has(self.source.file), has(self.source.http)].exists_one(x, x)",
    fieldPath = ".source", message = "exactly one of items, configMap, file, http must be set")
@ValidationRule(
    value = "[has(self.processor.http), has(self.processor.exec), has(self.processor.noop), has(self.processor.plugin)].exists_one(x, x)",
    fieldPath = ".processor", message = "exactly one of http, exec, noop, plugin must be set")
@ValidationRule(value = "self.source == oldSelf.source", fieldPath = ".source",
    message = "cannot change once the job is created: make a new job")
@ValidationRule(value = "self.processor == oldSelf.processor", fieldPath = ".processor",
    message = "cannot change once the job is created: make a new job")
@ValidationRule(
    value = "!has(self.poolRef) || !has(self.workers) || (!has(self.workers.minReplicas) && !has(self.workers.maxReplicas)"
        + " && !has(self.workers.template) && !has(self.workers.scaling))",
    fieldPath = ".workers", message = "beside poolRef only concurrency may be set: the pool has its own replicas, template and scaling")
@ValidationRule(
    value = "!has(self.workers) || (has(self.workers.minReplicas) ? self.workers.minReplicas : 0)"
        + " <= (has(self.workers.maxReplicas) ? self.workers.maxReplicas : 10)",
    fieldPath = ".workers.minReplicas", message = "must not be above maxReplicas (10 when not set)")
public record BatchJobSpec(
    @Required
    @JsonPropertyDescription("Where the items come from: exactly one of items, configMap, file, http. Cannot change once the job is created.")
    SourceSpec source,
    @Required
    @JsonPropertyDescription("What is done to the items: exactly one of http, exec, noop, plugin. Cannot change once the job is created.")
    ProcessorSpec processor,
    @JsonPropertyDescription("What surrounds each processor call. What is not set here is taken from a plugin's own annotations, "
        + "else from the defaults named at each field.")
    GuardSpec guard,
    @JsonPropertyDescription("How items are put together for processor calls and for messages.")
    Batching batching,
    @JsonPropertyDescription("The shared WorkerPool of the same namespace that works on this job. Not set: the job gets a pool of its own, "
        + "described by workers.")
    PoolRef poolRef,
    @JsonPropertyDescription("The job's own pool of workers; it lives as long as the job. Beside poolRef only concurrency may be set.")
    WorkersSpec workers,
    @JsonPropertyDescription("When a failed item is tried again.")
    Retry retry,
    @JsonPropertyDescription("What is kept of finished items.")
    Results results) {

  /** How items are put together. */
  @Tolerant
  public record Batching(
      @Min(1) @Max(1000)
      @JsonPropertyDescription("Items in one processor call, at most. 1 to 1000. Default: what the processor says of itself: 1000 "
          + "for noop, 50 for http with batch, 100 for exec with mode Batch, what a plugin says, else 1.")
      Integer size,
      @Default("5s") @Pattern(Patterns.DURATION)
      @JsonPropertyDescription("How long a batch that is not full waits for further items at most; it goes at once when none can come. A "
          + "duration such as 500ms, 5s, 1m30s. Default 5s.")
      String maxWait,
      @JsonPropertyDescription("The messages that items travel in: the unit of delivery.")
      ChunkSize chunk) {}

  /** How large a message may be. */
  @Tolerant
  public record ChunkSize(
      @Default("1000") @Min(1) @Max(1000)
      @JsonPropertyDescription("Items in one message, at most. 1 to 1000. Default 1000; fewer at the start of a job and where the work "
          + "could not be shared among all workers otherwise.")
      Integer items,
      @Default("256Ki") @Pattern(Patterns.BYTES)
      @JsonPropertyDescription("Bytes of one message before compression, at most, as a quantity such as 64Ki or 1Mi. 1Ki to 4Mi. "
          + "Default 256Ki. A single larger item travels alone.")
      String bytes) {}

  /** Names a shared pool. */
  @Tolerant
  public record PoolRef(
      @Required @Size(min = 1, max = 52)
      @JsonPropertyDescription("Name of the WorkerPool. 1 to 52 characters.")
      String name) {}

  /** When a failed item is tried again. */
  @Tolerant
  public record Retry(
      @Default("5") @Min(1) @Max(1000)
      @JsonPropertyDescription("How often an item is tried, the first time included. 1 to 1000. Default 5.")
      Integer maxAttempts,
      @JsonPropertyDescription("How long an item waits before it is tried again.")
      Backoff backoff) {}

  /** How long an item waits before its next attempt. */
  @Tolerant
  public record Backoff(
      @Default("1s") @Pattern(Patterns.DURATION)
      @JsonPropertyDescription("The wait after the first attempt. A duration of at most 24h. Default 1s.")
      String initial,
      @Default("2") @Min(1) @Max(10)
      @JsonPropertyDescription("Each further wait is this many times the one before. A whole number, 1 to 10. Default 2.")
      Integer factor,
      @Default("10m") @Pattern(Patterns.DURATION)
      @JsonPropertyDescription("The longest wait. A duration of at most 24h. Default 10m.")
      String max,
      @Default("20%") @Pattern(Patterns.PERCENT)
      @JsonPropertyDescription("How far a wait is moved at random, either way, as a share of itself: 0% to 100%. Default 20%. Without it "
          + "items that failed together come back together.")
      String jitter) {}

  /** What is kept of finished items. */
  @Tolerant
  public record Results(
      @Default("true")
      @JsonPropertyDescription("Whether each result is kept together with its item. Default true. Without items results take less memory.")
      Boolean includeItems) {}
}
