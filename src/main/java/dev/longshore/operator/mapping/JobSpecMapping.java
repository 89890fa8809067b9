package dev.longshore.operator.mapping;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.BatchJobSpec;
import dev.longshore.api.v1alpha1.GuardSpec;
import dev.longshore.api.v1alpha1.WorkerPoolSpec;
import dev.longshore.api.v1alpha1.WorkersSpec;
import dev.longshore.job.JobSpec;
import dev.longshore.job.Limits;
import dev.longshore.operator.mapping.InvalidJobException.Reason;
import java.time.Duration;
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
  private static final Duration LONGEST = Duration.ofHours(24);

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
    JobSpec.ProcessorSpec processor = new ProcessorMapping(secrets).map(spec.processor());
    JobSpec.Allow allow = shared.isPresent() ? allowOf(shared.get()) : allowOfPolicy(secrets.orElseThrow());
    checkAllowed(spec, allow, shared.isPresent());
    Optional<WorkersSpec> workers = Optional.ofNullable(spec.workers());
    int concurrency = workers.map(WorkersSpec::concurrency).orElse(CONCURRENCY);
    int replicas = shared.map(JobSpecMapping::replicasOf).orElseGet(() -> workers.map(WorkersSpec::maxReplicas).orElse(MAX_REPLICAS));
    JobSpec mapped = new JobSpec(from, source.onMalformed(spec.source()), processor, guard(spec.guard()), batching(spec.batching()),
        concurrency, replicas, retry(spec.retry()), results(spec.results()), allow);
    return new MappedJob(mapped, secrets.map(SecretNames::podEnv).orElse(List.of()));
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
  private static void checkAllowed(BatchJobSpec spec, JobSpec.Allow allow, boolean shared) throws InvalidJobException {
    String type = ProcessorMapping.typeOf(spec.processor());
    if (!allow.processors().contains(type)) {
      throw new InvalidJobException(Reason.PROCESSOR, "spec.processor." + type, shared
          ? "the pool " + spec.poolRef().name() + " does not allow it: add " + type + " to its spec.allow.processors"
          : "not allowed for jobs with a pool of their own: the operator's policy must allow it, or poolRef name a pool that does");
    }
  }

  private static JobSpec.GuardSpec guard(GuardSpec guard) throws InvalidJobException {
    if (guard == null) {
      return new JobSpec.GuardSpec(null, null, null);
    }
    Duration timeout = guard.timeout() == null ? null : duration("spec.guard.timeout", guard.timeout(), Duration.ofMillis(1));
    JobSpec.CircuitBreaker breaker = null;
    if (guard.circuitBreaker() != null) {
      GuardSpec.CircuitBreaker given = guard.circuitBreaker();
      breaker = new JobSpec.CircuitBreaker(share("spec.guard.circuitBreaker.failureRatio", or(given.failureRatio(), "50%")),
          or(given.window(), 20), duration("spec.guard.circuitBreaker.delay", or(given.delay(), "5s"), Duration.ZERO));
    }
    return new JobSpec.GuardSpec(timeout, guard.retries(), breaker);
  }

  private static JobSpec.Batching batching(BatchJobSpec.Batching batching) throws InvalidJobException {
    BatchJobSpec.Batching given = or(batching, new BatchJobSpec.Batching(null, null, null));
    BatchJobSpec.ChunkSize chunk = or(given.chunk(), new BatchJobSpec.ChunkSize(null, null));
    long bytes;
    try {
      bytes = FieldValues.quantity(or(chunk.bytes(), "256Ki"));
    } catch (IllegalArgumentException e) {
      throw new InvalidJobException(Reason.SPEC, "spec.batching.chunk.bytes", e.getMessage());
    }
    if (bytes < 1 << 10 || bytes > Limits.CHUNK_BYTES) {
      throw new InvalidJobException(Reason.SPEC, "spec.batching.chunk.bytes", chunk.bytes() + " must be from 1Ki to 4Mi");
    }
    return new JobSpec.Batching(given.size(), duration("spec.batching.maxWait", or(given.maxWait(), "5s"), Duration.ZERO),
        or(chunk.items(), Limits.CHUNK_ITEMS), (int) bytes);
  }

  private static JobSpec.RetrySpec retry(BatchJobSpec.Retry retry) throws InvalidJobException {
    BatchJobSpec.Retry given = or(retry, new BatchJobSpec.Retry(null, null));
    BatchJobSpec.Backoff backoff = or(given.backoff(), new BatchJobSpec.Backoff(null, null, null, null));
    return new JobSpec.RetrySpec(or(given.maxAttempts(), 5), new JobSpec.Backoff(
        duration("spec.retry.backoff.initial", or(backoff.initial(), "1s"), Duration.ZERO), or(backoff.factor(), 2),
        duration("spec.retry.backoff.max", or(backoff.max(), "10m"), Duration.ZERO),
        share("spec.retry.backoff.jitter", or(backoff.jitter(), "20%"))));
  }

  private static JobSpec.Results results(BatchJobSpec.Results results) {
    return new JobSpec.Results(results == null || or(results.includeItems(), true));
  }

  private static Duration duration(String field, String text, Duration least) throws InvalidJobException {
    Duration duration;
    try {
      duration = FieldValues.duration(text);
    } catch (IllegalArgumentException e) {
      throw new InvalidJobException(Reason.SPEC, field, e.getMessage());
    }
    if (duration.compareTo(least) < 0 || duration.compareTo(LONGEST) > 0) {
      throw new InvalidJobException(Reason.SPEC, field, text + " must be from " + least.toMillis() + "ms to 24h");
    }
    return duration;
  }

  private static double share(String field, String text) throws InvalidJobException {
    try {
      return FieldValues.percent(text);
    } catch (IllegalArgumentException e) {
      throw new InvalidJobException(Reason.SPEC, field, e.getMessage());
    }
  }

  private static <T> T or(T given, T otherwise) {
    return given == null ? otherwise : given;
  }
}
