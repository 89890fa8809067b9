package dev.longshore.store;

import dev.longshore.job.ChunkCodec;
import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemResult;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;

/** Jobs, specs and settlements for tests of ledgers. */
public final class Accounts {
  private Accounts() {}

  public static JobRef newJob() {
    return new JobRef("tests", "job", UUID.randomUUID().toString());
  }

  /** A job with an account. */
  public static JobRef newJobIn(Ledger ledger) {
    JobRef job = newJob();
    ledger.open(job, spec(), null);
    return job;
  }

  public static JobSpec spec() {
    return specWithMaxCrashes(3);
  }

  public static JobSpec specWithMaxCrashes(int most) {
    return spec(most, null, Duration.ofHours(168));
  }

  public static JobSpec specDeduplicating(JobSpec.DedupScope scope, Duration window, Duration retention) {
    return spec(3, new JobSpec.Deduplication(scope, window), retention);
  }

  private static JobSpec spec(int maxCrashes, JobSpec.Deduplication deduplication, Duration retention) {
    return new JobSpec(new JobSpec.FileSource("/data/in.ndjson", JobSpec.Format.NDJSON), JobSpec.OnMalformed.FAIL, "item.id",
        new JobSpec.ExecProcessor(List.of("/bin/cat"), null, JobSpec.ExecMode.STREAM, 2,
            Map.of("A", new JobSpec.HeaderValue("b", null))),
        new JobSpec.NoopProcessor(),
        new JobSpec.GuardSpec(Duration.ofSeconds(30), 0, new JobSpec.CircuitBreaker(0.5, 20, Duration.ofSeconds(5))),
        new JobSpec.Batching(50, Duration.ofMillis(1500), 1000, 256 << 10), 10, 4, JobSpec.Priority.NORMAL,
        new JobSpec.RetrySpec(5, new JobSpec.Backoff(Duration.ofSeconds(1), 2, Duration.ofMinutes(10), 0.2), List.of()),
        new JobSpec.FailurePolicy(JobSpec.FailureMode.CONTINUE, null, null, null, maxCrashes), deduplication, 1_000_000, null, false,
        new JobSpec.Results(true, retention),
        new JobSpec.Allow(Set.of("exec"), List.of("*"), List.of(), List.of("/data"), true, false));
  }

  /** All succeed, with the results {@code {"by":…}} or, for a null {@code by}, without any. */
  public static Settlement success(IndexSet indexes, int attempt, String holder, String by) {
    return new Settlement(attempt, holder, indexes, List.of(), List.of(), List.of(), by == null ? null : blob(indexes, attempt, by),
        Duration.ofMillis(2 * indexes.size()));
  }

  public static Settlement failure(IndexSet indexes, int attempt, String holder, Failure why) {
    List<byte[]> lines = new ArrayList<>();
    indexes.forEach(index -> lines.add(ResultBlob.failure(ItemResult.Status.FAILED, why)));
    return new Settlement(attempt, holder, IndexSet.empty(), failed(indexes, why), List.of(), List.of(),
        new ResultBlob(indexes, attempt, indexes, items(indexes), ChunkCodec.encode(lines)), Duration.ZERO);
  }

  public static Settlement skip(IndexSet indexes, int attempt, String holder) {
    return new Settlement(attempt, holder, IndexSet.empty(), List.of(), failed(indexes, new Failure("Skipped", "not wanted")), List.of(),
        null, Duration.ZERO);
  }

  public static Settlement retry(IndexSet indexes, int attempt, String holder, int next, Duration delay) {
    return retry(indexes, attempt, holder, next, delay, null);
  }

  /** To be tried again because of {@code why}, which is remembered unless it is null. */
  public static Settlement retry(IndexSet indexes, int attempt, String holder, int next, Duration delay, Failure why) {
    List<Settlement.RetryAt> retries = indexes.stream().mapToObj(index -> new Settlement.RetryAt(index, next, delay, why)).toList();
    return new Settlement(attempt, holder, IndexSet.empty(), List.of(), List.of(), retries, null, Duration.ZERO);
  }

  /** Several settlements of one attempt and holder as one; the blob holds the finals of all. */
  public static Settlement together(Settlement... parts) {
    IndexSet succeeded = IndexSet.empty();
    for (Settlement part : parts) {
      succeeded = succeeded.plus(part.succeeded());
    }
    List<Settlement.Failed> failed = Stream.of(parts).flatMap(part -> part.failed().stream()).toList();
    List<Settlement.Failed> skipped = Stream.of(parts).flatMap(part -> part.skipped().stream()).toList();
    IndexSet finals = succeeded.plus(IndexSet.of(Stream.concat(failed.stream(), skipped.stream()).mapToLong(Settlement.Failed::index).toArray()));
    return new Settlement(parts[0].attempt(), parts[0].holder(), succeeded, failed, skipped,
        Stream.of(parts).flatMap(part -> part.retries().stream()).toList(),
        finals.isEmpty() ? null : blob(finals, parts[0].attempt(), parts[0].holder(), failed, skipped), Duration.ofMillis(1));
  }

  public static List<Settlement.Failed> failed(IndexSet indexes, Failure why) {
    return indexes.stream().mapToObj(index -> new Settlement.Failed(index, why)).toList();
  }

  public static ResultBlob blob(IndexSet indexes, int attempt, String by) {
    return blob(indexes, attempt, by, List.of(), List.of());
  }

  private static ResultBlob blob(IndexSet indexes, int attempt, String by, List<Settlement.Failed> failed, List<Settlement.Failed> skipped) {
    Map<Long, byte[]> lines = new TreeMap<>();
    indexes.forEach(index -> lines.put(index, ResultBlob.success(("{\"by\":\"" + by + "\"}").getBytes(StandardCharsets.UTF_8))));
    failed.forEach(item -> lines.put(item.index(), ResultBlob.failure(ItemResult.Status.FAILED, item.failure())));
    skipped.forEach(item -> lines.put(item.index(), ResultBlob.failure(ItemResult.Status.SKIPPED, item.failure())));
    List<byte[]> outcomes = List.copyOf(lines.values());
    return new ResultBlob(indexes, attempt, indexes, items(indexes), ChunkCodec.encode(outcomes));
  }

  private static ChunkCodec.Body items(IndexSet indexes) {
    List<byte[]> items = new ArrayList<>();
    indexes.forEach(index -> items.add(("{\"id\":" + index + "}").getBytes(StandardCharsets.UTF_8)));
    return ChunkCodec.encode(items);
  }

  public static String text(byte[] json) {
    return json == null ? null : new String(json, StandardCharsets.UTF_8);
  }
}
