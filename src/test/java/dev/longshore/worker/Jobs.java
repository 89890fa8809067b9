package dev.longshore.worker;

import dev.longshore.job.JobSpec;
import dev.longshore.job.JobSpec.Allow;
import dev.longshore.job.JobSpec.Backoff;
import dev.longshore.job.JobSpec.Batching;
import dev.longshore.job.JobSpec.Bound;
import dev.longshore.job.JobSpec.Format;
import dev.longshore.job.JobSpec.GuardSpec;
import dev.longshore.job.JobSpec.InlineSource;
import dev.longshore.job.JobSpec.NoopProcessor;
import dev.longshore.job.JobSpec.OnMalformed;
import dev.longshore.job.JobSpec.Priority;
import dev.longshore.job.JobSpec.Results;
import dev.longshore.job.JobSpec.RetrySpec;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** Builds specs for tests: say what matters, the rest is ordinary. */
public final class Jobs {
  private int concurrency = 2;
  private int maxReplicas = 2;
  private Priority priority = Priority.NORMAL;
  private Integer batchSize;
  private Duration maxWait = Duration.ZERO;
  private int chunkItems = 1_000;
  private int maxAttempts = 3;
  private OnMalformed onMalformed = OnMalformed.FAIL;
  private boolean includeItems = true;
  private List<JobSpec.RetryRule> rules = List.of();
  private long maxBacklog = 1_000_000;
  private JobSpec.ProcessorSpec fallback;
  private JobSpec.FailurePolicy failurePolicy = JobSpec.FailurePolicy.CONTINUE;

  public static Jobs spec() {
    return new Jobs();
  }

  public Jobs concurrency(int calls) {
    concurrency = calls;
    return this;
  }

  public Jobs batching(Integer size, Duration wait) {
    batchSize = size;
    maxWait = wait;
    return this;
  }

  public Jobs chunkItems(int items) {
    chunkItems = items;
    return this;
  }

  public Jobs maxReplicas(int workers) {
    maxReplicas = workers;
    return this;
  }

  public Jobs priority(Priority given) {
    priority = given;
    return this;
  }

  public Jobs maxAttempts(int attempts) {
    maxAttempts = attempts;
    return this;
  }

  public Jobs rules(JobSpec.RetryRule... given) {
    rules = List.of(given);
    return this;
  }

  public Jobs withFallback() {
    fallback = new NoopProcessor();
    return this;
  }

  public Jobs skipMalformed() {
    onMalformed = OnMalformed.SKIP;
    return this;
  }

  public Jobs withoutItems() {
    includeItems = false;
    return this;
  }

  public Jobs maxBacklog(long items) {
    maxBacklog = items;
    return this;
  }

  public Jobs canary(Bound items, Bound maxFailed) {
    failurePolicy = new JobSpec.FailurePolicy(JobSpec.FailureMode.CONTINUE, null, null, new JobSpec.Canary(items, maxFailed), 3);
    return this;
  }

  public JobSpec build() {
    Backoff backoff = new Backoff(Duration.ofMillis(1), 2, Duration.ofMillis(10), 0.2);
    Allow allow = new Allow(Set.of("noop"), List.of(), List.of(), List.of(), true, true);
    return new JobSpec(new InlineSource(Format.JSON), onMalformed, null, new NoopProcessor(), fallback, new GuardSpec(null, null, null),
        new Batching(batchSize, maxWait, chunkItems, 256 << 10), concurrency, maxReplicas, priority,
        new RetrySpec(maxAttempts, backoff, rules), failurePolicy, null, maxBacklog, null, false, new Results(includeItems, Duration.ofHours(1)), allow);
  }
}
