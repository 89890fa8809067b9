package dev.longshore.processor;

import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.job.JobSpec.Allow;
import dev.longshore.job.JobSpec.Backoff;
import dev.longshore.job.JobSpec.Batching;
import dev.longshore.job.JobSpec.CircuitBreaker;
import dev.longshore.job.JobSpec.Format;
import dev.longshore.job.JobSpec.GuardSpec;
import dev.longshore.job.JobSpec.InlineSource;
import dev.longshore.job.JobSpec.NoopProcessor;
import dev.longshore.job.JobSpec.OnMalformed;
import dev.longshore.job.JobSpec.ProcessorSpec;
import dev.longshore.job.JobSpec.Results;
import dev.longshore.job.JobSpec.RetrySpec;
import dev.longshore.job.WorkItem;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Builds job specs and items for the tests of processors. */
public record Specs(ProcessorSpec processor, ProcessorSpec fallback, GuardSpec guard, int concurrency, Integer batchSize, Allow allow) {
  public static final JobRef JOB = new JobRef("music", "tracks", "1f3a9c02-0000-4000-8000-000000000000");
  public static final Allow EVERYTHING = new Allow(Set.of("*"), List.of("*"), List.of("*"), List.of("/"), true, true);

  public static Specs of(ProcessorSpec processor) {
    return new Specs(processor, null, new GuardSpec(null, null, null), 10, null, EVERYTHING);
  }

  public static Specs noop() {
    return of(new NoopProcessor());
  }

  public Specs fallback(ProcessorSpec second) {
    return new Specs(processor, second, guard, concurrency, batchSize, allow);
  }

  public Specs timeout(Duration timeout) {
    return new Specs(processor, fallback, new GuardSpec(timeout, guard.retries(), guard.circuitBreaker()), concurrency, batchSize, allow);
  }

  public Specs retries(int retries) {
    return new Specs(processor, fallback, new GuardSpec(guard.timeout(), retries, guard.circuitBreaker()), concurrency, batchSize, allow);
  }

  public Specs breaker(double ratio, int window, Duration delay) {
    return new Specs(processor, fallback, new GuardSpec(guard.timeout(), guard.retries(), new CircuitBreaker(ratio, window, delay)),
        concurrency, batchSize, allow);
  }

  public Specs concurrency(int calls) {
    return new Specs(processor, fallback, guard, calls, batchSize, allow);
  }

  public Specs batchSize(int items) {
    return new Specs(processor, fallback, guard, concurrency, items, allow);
  }

  public Specs allow(Allow allowed) {
    return new Specs(processor, fallback, guard, concurrency, batchSize, allowed);
  }

  public JobSpec spec() {
    return new JobSpec(new InlineSource(Format.JSON), OnMalformed.FAIL, null, processor, fallback, guard,
        new Batching(batchSize, Duration.ofSeconds(5), 1000, 256 << 10), concurrency, 1, null,
        new RetrySpec(5, new Backoff(Duration.ofSeconds(1), 2, Duration.ofMinutes(10), 0.2), List.of()),
        JobSpec.FailurePolicy.CONTINUE, null, 1_000_000, null, false, new Results(true, Duration.ofHours(1)), allow);
  }

  public static WorkItem item(long index, String json) {
    return new WorkItem(index, 1, json.getBytes(StandardCharsets.UTF_8));
  }

  /** Items with the indexes from 0 on. */
  public static List<WorkItem> items(String... jsons) {
    List<WorkItem> items = new ArrayList<>();
    for (String json : jsons) {
      items.add(item(items.size(), json));
    }
    return items;
  }
}
