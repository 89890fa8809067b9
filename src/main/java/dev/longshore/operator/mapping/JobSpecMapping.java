package dev.longshore.operator.mapping;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.BatchJobSpec;
import dev.longshore.api.v1alpha1.GuardSpec;
import dev.longshore.api.v1alpha1.ProcessorSpec;
import dev.longshore.api.v1alpha1.WorkerPoolSpec;
import dev.longshore.api.v1alpha1.WorkersSpec;
import dev.longshore.job.JobSpec;
import dev.longshore.job.Limits;
import dev.longshore.operator.mapping.InvalidJobException.Reason;
import dev.longshore.operator.progress.Goal;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Makes of a BatchJob what its workers need to know, with every default filled in: the same defaults as in the CRD, which an API server may
 * not have applied.
 */
public final class JobSpecMapping {
  /** Workers at most, where nothing is said. */
  public static final int MAX_REPLICAS = 10;
  /** Processor calls at once in each worker, where nothing is said. */
  public static final int CONCURRENCY = 10;
  private static final String PROCESSOR = "spec.processor";
  private static final String FALLBACK = "spec.fallback";

  private final Policy policy;

  public JobSpecMapping(Policy policy) {
    this.policy = policy;
  }

  /**
   * Maps a job.
   *
   * @param shared the pool that {@code spec.poolRef} names; empty for a job with a pool of its own
   * @throws InvalidJobException when a field asks for what cannot be
   */
  public MappedJob map(BatchJob job, Optional<WorkerPoolSpec> shared) throws InvalidJobException {
    BatchJobSpec spec = job.getSpec();
    Optional<SecretNames> secrets = shared.isPresent() ? Optional.empty() : Optional.of(new SecretNames());
    SourceMapping source = new SourceMapping(secrets);
    JobSpec.SourceSpec from = source.map(spec.source());
    JobSpec.ProcessorSpec processor = new ProcessorMapping(PROCESSOR, secrets).map(spec.processor());
    JobSpec.ProcessorSpec fallback = spec.fallback() == null ? null : new ProcessorMapping(FALLBACK, secrets).map(spec.fallback());
    JobSpec.Allow allow = shared.isPresent() ? allowOf(shared.get()) : allowOfPolicy(secrets.orElseThrow());
    checkAllowed(PROCESSOR, spec.processor(), allow, spec.poolRef());
    if (fallback != null) {
      checkAllowed(FALLBACK, spec.fallback(), allow, spec.poolRef());
    }
    Optional<WorkersSpec> workers = Optional.ofNullable(spec.workers());
    int concurrency = workers.map(WorkersSpec::concurrency).orElse(CONCURRENCY);
    int replicas = shared.map(JobSpecMapping::replicasOf).orElseGet(() -> workers.map(WorkersSpec::maxReplicas).orElse(MAX_REPLICAS));
    JobSpec mapped = new JobSpec(from, source.onMalformed(spec.source()), ItemMapping.identity(spec.item()), processor, fallback,
        guard(spec.guard()), batching(spec.batching()), concurrency, replicas, priority(spec.priority()), FailureMapping.retry(spec.retry()),
        FailureMapping.policy(spec.failurePolicy()), ItemMapping.deduplication(spec.deduplication()), ItemMapping.maxBacklog(spec.intake()),
        spec.resumeFrom() == null ? null : spec.resumeFrom().job(), BatchJobSpec.VALIDATE.equals(spec.dryRun()),
        ItemMapping.results(spec.results()), allow);
    return new MappedJob(mapped, goal(spec, concurrency), secrets.map(SecretNames::podEnv).orElse(List.of()));
  }

  private static Goal goal(BatchJobSpec spec, int concurrency) throws InvalidJobException {
    Duration target = spec.targetDuration() == null ? null
        : CheckedFields.duration("spec.targetDuration", spec.targetDuration(), Duration.ofSeconds(1));
    try {
      return new Goal(concurrency, target, spec.finishBy() == null ? null : OffsetDateTime.parse(spec.finishBy()).toInstant());
    } catch (DateTimeParseException e) {
      throw new InvalidJobException(Reason.SPEC, "spec.finishBy", "\"" + spec.finishBy() + "\" is no time: write it like 2026-12-01T06:00:00Z");
    }
  }

  private static JobSpec.Priority priority(BatchJobSpec.Priority given) {
    return switch (CheckedFields.or(given, BatchJobSpec.Priority.Normal)) {
      case Immediate -> JobSpec.Priority.IMMEDIATE;
      case Normal -> JobSpec.Priority.NORMAL;
      case Low -> JobSpec.Priority.LOW;
    };
  }

  private static int replicasOf(WorkerPoolSpec pool) {
    if (pool.replicas() != null) {
      return Math.max(1, pool.replicas());
    }
    return Optional.ofNullable(pool.maxReplicas()).orElse(MAX_REPLICAS);
  }

  private JobSpec.Allow allowOfPolicy(SecretNames secrets) {
    Set<String> processors = new LinkedHashSet<>(List.of("http", "noop", "plugin"));
    if (policy.execAllowed()) {
      processors.add("exec");
    }
    List<String> env = new ArrayList<>(policy.env());
    env.addAll(secrets.all());
    return new JobSpec.Allow(processors, policy.execCommands(), env, policy.files(), policy.egressLoopback(), policy.egressCluster());
  }

  private JobSpec.Allow allowOf(WorkerPoolSpec pool) {
    WorkerPoolSpec.Allow allow = Optional.ofNullable(pool.allow()).orElse(new WorkerPoolSpec.Allow(null, null, null, null));
    Set<String> processors = new LinkedHashSet<>();
    Optional.ofNullable(allow.processors())
        .orElse(List.of(WorkerPoolSpec.ProcessorType.http, WorkerPoolSpec.ProcessorType.noop, WorkerPoolSpec.ProcessorType.plugin))
        .forEach(type -> processors.add(type.name()));
    return new JobSpec.Allow(processors, Optional.ofNullable(allow.execCommands()).orElse(List.of()),
        Optional.ofNullable(allow.env()).orElse(List.of()), Optional.ofNullable(allow.files()).orElse(List.of("/data")),
        policy.egressLoopback(), policy.egressCluster());
  }

  /** Found here, no pod starts for it; what needs the worker's own view (paths, addresses) is checked there. */
  private static void checkAllowed(String field, ProcessorSpec processor, JobSpec.Allow allow, BatchJobSpec.PoolRef shared)
      throws InvalidJobException {
    String type = ProcessorMapping.typeOf(processor);
    if (!allow.processors().contains(type)) {
      throw new InvalidJobException(Reason.PROCESSOR, field + "." + type, shared != null
          ? "the pool " + shared.name() + " does not allow it: add " + type + " to its spec.allow.processors"
          : "not allowed for jobs with a pool of their own: the operator's policy must allow it, or poolRef name a pool that does");
    }
  }

  private static JobSpec.GuardSpec guard(GuardSpec guard) throws InvalidJobException {
    if (guard == null) {
      return new JobSpec.GuardSpec(null, null, null);
    }
    Duration timeout = guard.timeout() == null ? null : CheckedFields.duration("spec.guard.timeout", guard.timeout(), Duration.ofMillis(1));
    JobSpec.CircuitBreaker breaker = null;
    if (guard.circuitBreaker() != null) {
      GuardSpec.CircuitBreaker given = guard.circuitBreaker();
      breaker = new JobSpec.CircuitBreaker(CheckedFields.share("spec.guard.circuitBreaker.failureRatio", CheckedFields.or(given.failureRatio(), "50%")),
          CheckedFields.or(given.window(), 20), CheckedFields.duration("spec.guard.circuitBreaker.delay", CheckedFields.or(given.delay(), "5s"), Duration.ZERO));
    }
    return new JobSpec.GuardSpec(timeout, guard.retries(), breaker);
  }

  private static JobSpec.Batching batching(BatchJobSpec.Batching batching) throws InvalidJobException {
    BatchJobSpec.Batching given = CheckedFields.or(batching, new BatchJobSpec.Batching(null, null, null));
    BatchJobSpec.ChunkSize chunk = CheckedFields.or(given.chunk(), new BatchJobSpec.ChunkSize(null, null));
    long bytes;
    try {
      bytes = FieldValues.quantity(CheckedFields.or(chunk.bytes(), "256Ki"));
    } catch (IllegalArgumentException e) {
      throw new InvalidJobException(Reason.SPEC, "spec.batching.chunk.bytes", e.getMessage());
    }
    if (bytes < 1 << 10 || bytes > Limits.CHUNK_BYTES) {
      throw new InvalidJobException(Reason.SPEC, "spec.batching.chunk.bytes", chunk.bytes() + " must be from 1Ki to 4Mi");
    }
    return new JobSpec.Batching(given.size(), CheckedFields.duration("spec.batching.maxWait", CheckedFields.or(given.maxWait(), "5s"), Duration.ZERO),
        CheckedFields.or(chunk.items(), Limits.CHUNK_ITEMS), (int) bytes);
  }
}
