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

/** What a job is to do. Fields that are null were not given; {@code JobSpecMapping} knows what holds then. */
@Tolerant
@ValidationRule(
    value = "[has(dyn(self.source).items), has(self.source.configMap), has(self.source.file), has(self.source.http)].exists_one(x, x)",
    fieldPath = ".source", message = "exactly one of items, configMap, file, http must be set")
@ValidationRule(
    value = "[has(self.processor.http), has(self.processor.exec), has(self.processor.noop), has(self.processor.plugin)].exists_one(x, x)",
    fieldPath = ".processor", message = "exactly one of http, exec, noop, plugin must be set")
@ValidationRule(
    value = "!has(self.fallback) || [has(self.fallback.http), has(self.fallback.exec), has(self.fallback.noop),"
        + " has(self.fallback.plugin)].exists_one(x, x)",
    fieldPath = ".fallback", message = "exactly one of http, exec, noop, plugin must be set")
@ValidationRule(value = "self.source == oldSelf.source", fieldPath = ".source",
    message = "cannot change once the job is created: make a new job")
@ValidationRule(value = "self.processor == oldSelf.processor", fieldPath = ".processor",
    message = "cannot change once the job is created: make a new job")
@ValidationRule(value = "has(self.fallback) == has(oldSelf.fallback) && (!has(self.fallback) || self.fallback == oldSelf.fallback)",
    fieldPath = ".fallback", message = "cannot change once the job is created: make a new job")
@ValidationRule(value = "has(self.item) == has(oldSelf.item) && (!has(self.item) || self.item == oldSelf.item)", fieldPath = ".item",
    message = "cannot change once the job is created: make a new job")
@ValidationRule(value = "has(self.deduplication) == has(oldSelf.deduplication)"
    + " && (!has(self.deduplication) || self.deduplication == oldSelf.deduplication)", fieldPath = ".deduplication",
    message = "cannot change once the job is created: make a new job")
@ValidationRule(value = "has(self.resumeFrom) == has(oldSelf.resumeFrom) && (!has(self.resumeFrom) || self.resumeFrom == oldSelf.resumeFrom)",
    fieldPath = ".resumeFrom", message = "cannot change once the job is created: make a new job")
@ValidationRule(value = "(has(self.dryRun) ? self.dryRun : '') == (has(oldSelf.dryRun) ? oldSelf.dryRun : '')",
    fieldPath = ".dryRun", message = "cannot change once the job is created: make a new job")
@ValidationRule(value = "(has(self.managedBy) ? self.managedBy : '" + BatchJobSpec.OPERATOR + "') == (has(oldSelf.managedBy) ? oldSelf.managedBy : '"
    + BatchJobSpec.OPERATOR + "')", fieldPath = ".managedBy", message = "cannot change once the job is created: make a new job")
@ValidationRule(value = "!(has(oldSelf.cancel) && oldSelf.cancel) || (has(self.cancel) && self.cancel)",
    fieldPath = ".cancel", message = "a cancelled job stays cancelled: make a new job, with resumeFrom to skip what is done")
@ValidationRule(value = "!has(self.deduplication) || (has(self.item) && has(self.item.identity))", fieldPath = ".item.identity",
    message = "is required by deduplication: without it no two items are the same")
@ValidationRule(value = "!has(self.resumeFrom) || (has(self.item) && has(self.item.identity))", fieldPath = ".item.identity",
    message = "is required by resumeFrom: without it no item can be found again")
@ValidationRule(value = "!has(self.redrive) || [has(self.redrive.all) && self.redrive.all, has(self.redrive.indexes),"
    + " has(self.redrive.fingerprint)].exists_one(x, x)", fieldPath = ".redrive",
    message = "exactly one of all: true, indexes, fingerprint must be set")
@ValidationRule(value = "!has(self.targetDuration) || !has(self.finishBy)", fieldPath = ".finishBy",
    message = "cannot be set beside targetDuration: say either how long or until when")
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
    @JsonPropertyDescription("What is known of each item. Cannot change once the job is created.")
    ItemSpec item,
    @Required
    @JsonPropertyDescription("What is done to the items: exactly one of http, exec, noop, plugin. Cannot change once the job is created.")
    ProcessorSpec processor,
    @JsonPropertyDescription("A second processor, of the same shape, for items that fail for good with the first: their attempts are used "
        + "up, it said so, or a rule with action Fail did. It gets each such item once, in the same worker right after the failure, and "
        + "its answer is final: one that asks for another attempt counts as failed, and retry does not apply. Only an item that it did not "
        + "come to, or gave back without blame (a pause, a drain, an open circuit), comes again and begins its last attempt anew. Items "
        + "that are skipped or cancelled, fail the job (FailJob) or end as WorkerCrashed do not fall back. guard, batching.size and "
        + "workers.concurrency hold for it as for the processor. Cannot change once the job is created. Default: none.")
    ProcessorSpec fallback,
    @JsonPropertyDescription("What surrounds each processor call. What is not set here is taken from a plugin's own annotations, "
        + "else from the defaults named at each field.")
    GuardSpec guard,
    @JsonPropertyDescription("How items are put together for processor calls and for messages.")
    Batching batching,
    @JsonPropertyDescription("The shared WorkerPool of the same namespace that works on this job. Not set: the job gets a pool of its own, "
        + "described by workers.")
    PoolRef poolRef,
    @Default("Normal")
    @JsonPropertyDescription("Whose calls go first where several jobs share a pool: Immediate, then Normal, then Low; while higher ones "
        + "have work, lower ones get a tenth of the workers' time. Jobs of the same priority share evenly. Changes nothing for a job alone. "
        + "May change while it runs. Default Normal.")
    Priority priority,
    @JsonPropertyDescription("The job's own pool of workers; it lives as long as the job. Beside poolRef only concurrency may be set.")
    WorkersSpec workers,
    @JsonPropertyDescription("When a failed item is tried again.")
    Retry retry,
    @JsonPropertyDescription("When failed items end the job; what a fallback mended has not failed. May change while it runs.")
    FailurePolicy failurePolicy,
    @JsonPropertyDescription("Items whose identity another item has already are skipped, and name that one. Needs item.identity. Cannot "
        + "change once the job is created. Default: none.")
    Deduplication deduplication,
    @JsonPropertyDescription("How far the reading of the source runs ahead.")
    Intake intake,
    @JsonPropertyDescription("true pauses the job: within a second no new item starts, what runs finishes, and the clock of "
        + "activeDeadlineSeconds stands still. false goes on. A job may be created suspended. Default false.")
    Boolean suspend,
    @JsonPropertyDescription("true ends the job for good: running calls are told, everything that is not finished counts as cancelled, the "
        + "queues are emptied. Cannot be taken back. Default false.")
    Boolean cancel,
    @JsonPropertyDescription("Gives failed items another round; a job that has ended opens again for that, as its next run. Acts once for "
        + "each new request, and is echoed in status.redrive.")
    Redrive redrive,
    @Min(1) @Max(31_536_000)
    @JsonPropertyDescription("How long one run of the job may be going on, in seconds, suspended time not counted; then it fails as "
        + "DeadlineExceeded. 1 to 31536000 (a year). Default: no limit.")
    Integer activeDeadlineSeconds,
    @Pattern(Patterns.DURATION)
    @JsonPropertyDescription("How long a run of the job is to take, such as 2h, suspended time not counted. The scaling policy Deadline works "
        + "towards it; condition DeadlineAtRisk says when it cannot be kept. Nothing ends when it is over (see activeDeadlineSeconds). From 1s. "
        + "Default: none.")
    String targetDuration,
    @JsonPropertyDescription("When the job is to be finished, as 2026-12-01T06:00:00Z; as targetDuration, which cannot be set beside it. "
        + "Default: none.")
    @Pattern(Patterns.TIME)
    String finishBy,
    @Min(0) @Max(31_536_000)
    @JsonPropertyDescription("How long after its end the job is deleted with its results, in seconds. 0 to 31536000 (a year). Default: it "
        + "stays.")
    Integer ttlSecondsAfterFinished,
    @JsonPropertyDescription("What is kept of finished items.")
    Results results,
    @JsonPropertyDescription("Skips the items that an earlier job has done, by item.identity. Cannot change once the job is created.")
    ResumeFrom resumeFrom,
    @Pattern("^(Validate)?$")
    @JsonPropertyDescription("Validate reads, checks and deduplicates the items and processes none: every item counts as skipped. Cannot "
        + "change once the job is created. Default: empty, the items are processed.")
    String dryRun,
    @Size(max = 63)
    @Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/[A-Za-z0-9/_.~-]+$")
    @JsonPropertyDescription("Who sees to the job, as managedBy of a Kubernetes Job: a name such as example.org/controller, of at most 63 "
        + "characters. The operator leaves a job alone that names somebody else: no status, no finalizer, no workers. Cannot change once the "
        + "job is created. Default longshore.dev/operator.")
    String managedBy) {
  /** The value of {@code managedBy} that means this operator. */
  public static final String OPERATOR = "longshore.dev/operator";
  /** The value of {@code dryRun} that processes nothing. */
  public static final String VALIDATE = "Validate";

  /** Whose calls go first where several jobs share a pool. */
  public enum Priority { Immediate, Normal, Low }

  /** What is known of each item. */
  @Tolerant
  public record ItemSpec(
      @Size(min = 1, max = 1024)
      @JsonPropertyDescription("A CEL expression over item whose value, as text, names the item for deduplication and resume, as item.id or "
          + "item.country + '/' + item.id. Items for which it fails have no identity. Up to 1024 characters. Default: none.")
      String identity) {}

  /** When failed items end the job. */
  @Tolerant
  @ValidationRule(value = "!has(self.maxFailed) || (type(self.maxFailed) == int ? int(self.maxFailed) >= 0"
      + " : string(self.maxFailed).matches('^(100|[1-9]?[0-9])%$'))", fieldPath = ".maxFailed", message = Patterns.BOUND_MESSAGE)
  public record FailurePolicy(
      @Default("Continue")
      @JsonPropertyDescription("Continue works through all items, whatever fails. FailFast fails the job at the first item that fails for good. "
          + "Default Continue.")
      FailureMode mode,
      @JsonPropertyDescription("The most items that may fail in one run of the job: a number, or a share of the total such as 5%, which is judged "
          + "once the total is known. One more fails the job as TooManyFailed. Default: any number.")
      IntOrString maxFailed,
      @JsonPropertyDescription("Fails the job as SameFailure when one kind of failure takes over. Default: never.")
      CircuitBreaker circuitBreaker,
      @JsonPropertyDescription("The first items go alone; the rest follows only when few enough of them failed, else the job fails as "
          + "CanaryFailed. Default: none.")
      Canary canary,
      @Default("3") @Min(1) @Max(100)
      @JsonPropertyDescription("Worker processes that an item may kill while it runs alone; then it fails as WorkerCrashed. Also how often a "
          + "worker may die while it reads the source at the same place. 1 to 100. Default 3.")
      Integer maxCrashes) {}

  /** Whether the first failed item ends the job. */
  public enum FailureMode { Continue, FailFast }

  /** Ends a job in which one kind of failure takes over. */
  @Tolerant
  public record CircuitBreaker(
      @Default("50%") @Pattern("^(100|[1-9][0-9]?)%$")
      @JsonPropertyDescription("The share of one failure group (by fingerprint) among the finished items that fails the job. 1% to 100%. "
          + "Default 50%.")
      String share,
      @Default("100") @Min(1) @Max(1_000_000_000)
      @JsonPropertyDescription("Finished items before it is judged. 1 to 1000000000. Default 100.")
      Integer minItems) {}

  /** The items that go first, alone. */
  @Tolerant
  @ValidationRule(value = "type(self.items) == int ? int(self.items) >= 1 : string(self.items).matches('^(100|[1-9][0-9]?)%$')",
      fieldPath = ".items", message = "must be a whole number from 1, or a share from 1% to 100%")
  @ValidationRule(value = "!has(self.maxFailed) || (type(self.maxFailed) == int ? int(self.maxFailed) >= 0"
      + " : string(self.maxFailed).matches('^(100|[1-9]?[0-9])%$'))", fieldPath = ".maxFailed", message = Patterns.BOUND_MESSAGE)
  public record Canary(
      @Required
      @JsonPropertyDescription("How many items: a number from 1, or a share of the source's estimated length such as 1% (of 1000 items "
          + "when the source cannot tell).")
      IntOrString items,
      @JsonPropertyDescription("How many of them may fail: a number, or a share of them. Default 0.")
      IntOrString maxFailed) {}

  /** Which items are the same. */
  @Tolerant
  public record Deduplication(
      @Default("Job")
      @JsonPropertyDescription("Job: among the items of this job. Name: also those of jobs of the same name, one after the other. Namespace: "
          + "those of all jobs of the namespace. Default Job.")
      DedupScope scope,
      @Default("24h") @Pattern(Patterns.DURATION)
      @JsonPropertyDescription("For scope Name and Namespace: how long an item keeps others out, from when it was read. A duration of 1s to "
          + "8760h. Default 24h.")
      String window) {}

  /** Among which items an identity is unique. */
  public enum DedupScope { Job, Name, Namespace }

  /** How far the reading of the source runs ahead. */
  @Tolerant
  public record Intake(
      @Default("1000000") @Min(1) @Max(1_000_000_000)
      @JsonPropertyDescription("Items that are known and not finished before the reading of the source waits. 1 to 1000000000. Default "
          + "1000000.")
      Integer maxBacklog) {}

  /** Gives failed items another round. */
  @Tolerant
  public record Redrive(
      @Required @Size(min = 1, max = 128)
      @JsonPropertyDescription("Any text that was not used before for this job, such as a time. 1 to 128 characters.")
      String request,
      @JsonPropertyDescription("true takes all failed items.")
      Boolean all,
      @Size(min = 1, max = 65_536) @Pattern("^[0-9]{1,15}(-[0-9]{1,15})?(,[0-9]{1,15}(-[0-9]{1,15})?)*$")
      @JsonPropertyDescription("Takes those of these indexes that failed, in the form 1,3-5,7. Up to 65536 characters.")
      String indexes,
      @Size(min = 1, max = 256)
      @JsonPropertyDescription("Takes the items whose failure has this fingerprint, as status.failures and longshore failures show it.")
      String fingerprint) {}

  /** An earlier job. */
  @Tolerant
  public record ResumeFrom(
      @Required @Size(min = 1, max = 52)
      @JsonPropertyDescription("Name of the earlier job in the same namespace, which must have the same item.identity; it may have been "
          + "deleted, within its results.retention.")
      String job) {}

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
      @JsonPropertyDescription("How long an item waits before it is tried again. A wait that the server named (Retry-After) wins over it.")
      Backoff backoff,
      @Size(max = 32)
      @JsonPropertyDescription("What to do about single kinds of failures; the first rule that matches wins. Up to 32. Default: none.")
      List<RetryRule> rules) {}

  /** What to do about one kind of failure. */
  @Tolerant
  @ValidationRule(value = "has(self.when.httpStatus) || has(self.when.exitCode) || has(self.when.exception) || has(self.when.code)"
      + " || has(self.when.fingerprint) || has(self.when.expression)", fieldPath = ".when",
      message = "at least one of httpStatus, exitCode, exception, code, fingerprint, expression must be set")
  @ValidationRule(value = "self.action == 'Retry' || (!has(self.maxAttempts))", fieldPath = ".maxAttempts",
      message = "only with action Retry")
  @ValidationRule(value = "self.action in ['Retry', 'Ignore'] || (!has(self.backoff))", fieldPath = ".backoff",
      message = "only with action Retry or Ignore")
  public record RetryRule(
      @Required
      @JsonPropertyDescription("Which failures: those that match every part that is given.")
      RuleMatch when,
      @Required
      @JsonPropertyDescription("Retry: try again within the rule's or the job's attempts. Fail: the item has failed for good. Skip: the item "
          + "counts as skipped. FailJob: the job fails. Ignore: try again, however often, without spending an attempt.")
      RetryAction action,
      @Min(1) @Max(1000)
      @JsonPropertyDescription("How often such an item is tried, the first time included. 1 to 1000. Default: retry.maxAttempts.")
      Integer maxAttempts,
      @JsonPropertyDescription("How long such an item waits. Default: retry.backoff.")
      Backoff backoff) {}

  /** Which failures a rule is for. */
  @Tolerant
  public record RuleMatch(
      @Size(min = 1, max = 64)
      @JsonPropertyDescription("Statuses of HTTP answers, 100 to 599.")
      List<@Min(100) @Max(599) Integer> httpStatus,
      @Size(min = 1, max = 64)
      @JsonPropertyDescription("Exit codes of programs, 0 to 255.")
      List<@Min(0) @Max(255) Integer> exitCode,
      @Size(min = 1, max = 64)
      @JsonPropertyDescription("Class names of what a plugin threw, simple or with the package.")
      List<String> exception,
      @Size(min = 1, max = 64)
      @JsonPropertyDescription("Codes of failures, as Timeout or what a program named in its error.code.")
      List<String> code,
      @Size(min = 1, max = 64)
      @JsonPropertyDescription("Fingerprints of failures, as longshore failures shows them.")
      List<String> fingerprint,
      @Size(min = 1, max = 1024)
      @JsonPropertyDescription("A CEL expression that gives true: over error {code, message, fingerprint, httpStatus, exitCode, exception}, "
          + "item and attempt. Up to 1024 characters.")
      String expression) {}

  /** What a rule does. */
  public enum RetryAction { Retry, Fail, Skip, FailJob, Ignore }

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
      Boolean includeItems,
      @Default("168h") @Pattern(Patterns.DURATION)
      @JsonPropertyDescription("How long after the job's deletion its identities are kept, so that another job can resumeFrom it. A duration of "
          + "0s to 8760h. Default 168h.")
      String retention) {}
}
