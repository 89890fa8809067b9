package dev.longshore.job;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a worker needs to know of a job: the operator makes it from the resource, with every default filled in, and keeps it in the ledger.
 *
 * @param source where the items come from
 * @param onMalformed what a record that cannot be read does
 * @param identity CEL expression over {@code item} whose value names an item for deduplication and resume; null when items have no identity
 * @param processor what is done to them
 * @param fallback what is done to those that fail for good with {@code processor}; null: nothing
 * @param guard what surrounds each call
 * @param batching how items are put together
 * @param concurrency processor calls at once in each worker, at least 1
 * @param maxReplicas the most workers that the job may get, at least 1: intake cuts chunks so that all of them have work
 * @param priority whose calls go first in a worker of several jobs; null, from a writer that did not know it, is {@link Priority#NORMAL}
 * @param retry when a failed item is tried again
 * @param failurePolicy when failed items end the job
 * @param deduplication which items are left out because another has their identity; null: none
 * @param maxBacklog items that may be known and not final before intake waits, at least 1
 * @param resumeFrom name of an earlier job of the namespace whose succeeded items are skipped; null: none
 * @param validateOnly whether items are read, checked and deduplicated only, and all counted as skipped
 * @param results what is kept of finished items
 * @param allow what the pool lets jobs use
 */
public record JobSpec(SourceSpec source, OnMalformed onMalformed, String identity, ProcessorSpec processor, ProcessorSpec fallback,
    GuardSpec guard, Batching batching, int concurrency, int maxReplicas, Priority priority, RetrySpec retry,
    FailurePolicy failurePolicy, Deduplication deduplication, long maxBacklog, String resumeFrom, boolean validateOnly, Results results, Allow allow) {
  public JobSpec {
    priority = priority == null ? Priority.NORMAL : priority;
  }

  /** This spec for a job that began with {@code started}: what decides which items there are and what is done to them stays. */
  public JobSpec onceStarted(JobSpec started) {
    return new JobSpec(started.source, onMalformed, started.identity, started.processor, started.fallback, guard, batching, concurrency,
        maxReplicas, priority, retry, failurePolicy, started.deduplication, maxBacklog, started.resumeFrom, started.validateOnly, results, allow);
  }

  /** Whose calls go first in a worker of several jobs, most urgent first. */
  public enum Priority { IMMEDIATE, NORMAL, LOW }

  /** What a record that cannot be read does: end the job with its place, or count as a skipped item. */
  public enum OnMalformed { FAIL, SKIP }

  /** How a file or a body is cut into items. */
  public enum Format { LINES, NDJSON, JSON, CSV, FILES }

  /** Where items come from. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = InlineSource.class, name = "inline"),
    @JsonSubTypes.Type(value = FileSource.class, name = "file"),
    @JsonSubTypes.Type(value = HttpSource.class, name = "http")
  })
  public sealed interface SourceSpec {}

  /** Data that the ledger holds: inline items (format JSON, an array), or the value of a ConfigMap key in its format. */
  public record InlineSource(Format format) implements SourceSpec {}

  /**
   * A file that the workers see, or for {@link Format#FILES} a glob of files.
   *
   * @param path absolute
   */
  public record FileSource(String path, Format format) implements SourceSpec {}

  /**
   * The body of a GET.
   *
   * @param headers by header name
   */
  public record HttpSource(String url, Format format, Map<String, HeaderValue> headers) implements SourceSpec {}

  /**
   * A header's value: given, or named by the environment variable that holds it.
   *
   * @param value null when {@code env} is given
   * @param env null when {@code value} is given
   */
  public record HeaderValue(String value, String env) {}

  /** What is done to items. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = NoopProcessor.class, name = "noop"),
    @JsonSubTypes.Type(value = ExecProcessor.class, name = "exec"),
    @JsonSubTypes.Type(value = HttpProcessor.class, name = "http"),
    @JsonSubTypes.Type(value = PluginProcessor.class, name = "plugin")
  })
  public sealed interface ProcessorSpec {
    /** Its name in {@code spec.processor}. */
    default String type() {
      return switch (this) {
        case NoopProcessor noop -> "noop";
        case ExecProcessor exec -> "exec";
        case HttpProcessor http -> "http";
        case PluginProcessor plugin -> "plugin";
      };
    }
  }

  /** Does nothing, successfully. */
  public record NoopProcessor() implements ProcessorSpec {}

  /** Whether a child process gets many lines during its life, or one batch. */
  public enum ExecMode { STREAM, BATCH }

  /**
   * A program.
   *
   * @param command the program and its arguments, no shell
   * @param workingDirectory absolute; null is the worker's own
   * @param processes long-lived children (stream mode), at least 1
   * @param env what the program gets beside PATH, HOME and LANG: name to the value, or to the worker's variable that holds it
   */
  public record ExecProcessor(List<String> command, String workingDirectory, ExecMode mode, int processes, Map<String, HeaderValue> env)
      implements ProcessorSpec {}

  /**
   * An HTTP call for each item, or for each batch.
   *
   * @param url with {@code {item}}, {@code {item.some.field}} or {@code {index}}, percent-encoded when filled in
   * @param headers by name; values may hold the same placeholders
   * @param body template for an item's body; null sends the item's JSON with methods that have a body
   * @param batch null for one request an item
   * @param success statuses that mean success; empty is every one from 200 to 299
   * @param retry statuses that mean retry; all others mean failed for good
   */
  public record HttpProcessor(String url, String method, Map<String, HeaderValue> headers, String body, HttpBatch batch,
      Set<Integer> success, Set<Integer> retry) implements ProcessorSpec {}

  /**
   * How a batch becomes one request and its answer becomes the items' outcomes.
   *
   * @param param the placeholder in the URL (or body) that the values of all items, joined, replace; null posts a JSON array of the items
   * @param value dotted path of the value in each item; empty takes the item itself
   * @param separator between values
   * @param results dotted path of the array or object of results in the answer; empty is the whole answer
   * @param key dotted path of the field in each result that equals the item's value; null maps an array by position, and an object by its names
   */
  public record HttpBatch(String param, String value, String separator, String results, String key) {}

  /** A processor found by {@link java.util.ServiceLoader}. */
  public record PluginProcessor(String name, JsonNode config) implements ProcessorSpec {}

  /**
   * What surrounds a processor call. A null part was not given: a plugin's own annotation, else Longshore's default, holds.
   *
   * @param timeout of one call; default 30 s
   * @param retries short retries inside the guard; default 0
   * @param circuitBreaker null: none, unless the plugin says otherwise
   */
  public record GuardSpec(Duration timeout, Integer retries, CircuitBreaker circuitBreaker) {}

  /**
   * Opens after {@code failureRatio} of the last {@code window} calls failed, and lets one through after {@code delay}.
   *
   * @param failureRatio above 0 to 1
   */
  public record CircuitBreaker(double failureRatio, int window, Duration delay) {}

  /**
   * How items are put together.
   *
   * @param size items in one processor call, at most; null: the processor's own default
   * @param maxWait how long a batch that is not full waits for more items
   * @param chunkItems items in one message at most, 1 to {@link Limits#CHUNK_ITEMS}
   * @param chunkBytes bytes of one message at most, before gzip
   */
  public record Batching(Integer size, Duration maxWait, int chunkItems, int chunkBytes) {}

  /**
   * When a failed item is tried again.
   *
   * @param maxAttempts counts the first
   * @param rules for single kinds of failures; the first that matches wins, and without a match the rest of this record holds
   */
  public record RetrySpec(int maxAttempts, Backoff backoff, List<RetryRule> rules) {
    public RetrySpec {
      rules = rules == null ? List.of() : List.copyOf(rules);
    }
  }

  /**
   * What to do about one kind of failure.
   *
   * @param maxAttempts of the item, counts the first; null: the job's. Only for {@link RetryAction#RETRY}
   * @param backoff null: the job's
   */
  public record RetryRule(When when, RetryAction action, Integer maxAttempts, Backoff backoff) {}

  /** Try again, end the item as failed or as skipped, end the job, or try again without spending an attempt. */
  public enum RetryAction { RETRY, FAIL, SKIP, FAIL_JOB, IGNORE }

  /**
   * Which failures a rule is for: those that all given parts match. Empty sets and a null expression are not given.
   *
   * @param httpStatus statuses of HTTP answers
   * @param exitCode exit codes of programs
   * @param exception simple or full class names of what a plugin threw
   * @param code codes of failures
   * @param fingerprint fingerprints of failures
   * @param expression CEL over {@code error} {code, message, fingerprint, httpStatus, exitCode, exception}, {@code item} and {@code attempt}
   */
  public record When(Set<Integer> httpStatus, Set<Integer> exitCode, Set<String> exception, Set<String> code, Set<String> fingerprint,
      String expression) {}

  /**
   * When failed items end the job.
   *
   * @param maxFailed the most failed items that the job bears; null: any number
   * @param sameFailure ends the job when one kind of failure takes over; null: never
   * @param canary items that go alone first; null: none
   * @param maxCrashes worker processes that one item may kill while it runs alone, at least 1
   */
  public record FailurePolicy(FailureMode mode, Bound maxFailed, SameFailure sameFailure, Canary canary, int maxCrashes) {
    /** What holds where nothing is said. */
    public static final FailurePolicy CONTINUE = new FailurePolicy(FailureMode.CONTINUE, null, null, null, 3);
  }

  /** Whether the first failed item ends the job. */
  public enum FailureMode { CONTINUE, FAIL_FAST }

  /**
   * A number of items, or a share of them; exactly one is given.
   *
   * @param share 0 to 1
   */
  public record Bound(Long items, Double share) {
    /** Whether {@code count} of {@code total} is more than this. */
    public boolean exceededBy(long count, long total) {
      return items != null ? count > items : count > share * total;
    }
  }

  /**
   * One kind of failure, by fingerprint, among the finished items.
   *
   * @param share above 0 to 1
   * @param minItems finished items before it is judged, at least 1
   */
  public record SameFailure(double share, long minItems) {}

  /**
   * The first items, alone: the rest follows only when no more of them failed than allowed.
   *
   * @param items how many go first; a share is of the source's estimate
   * @param maxFailed of them
   */
  public record Canary(Bound items, Bound maxFailed) {}

  /**
   * How long after the job's deletion it is known what it has done: for those that go on from it, and because only that tells whether its
   * claims on identities still hold.
   */
  public Duration identitiesKept() {
    Duration claims = deduplication == null || deduplication.scope() == DedupScope.JOB ? Duration.ZERO : deduplication.window();
    return claims.compareTo(results.retention()) > 0 ? claims : results.retention();
  }

  /**
   * An item whose identity another one has already is skipped.
   *
   * @param window how long an item keeps others out, from when it was read; for {@link DedupScope#JOB} as long as the job lives
   */
  public record Deduplication(DedupScope scope, Duration window) {}

  /** Among which items an identity is unique: the job's, those of all jobs of its name, those of all jobs of its namespace. */
  public enum DedupScope { JOB, NAME, NAMESPACE }

  /**
   * Attempt n + 1 comes {@code initial * factor^(n-1)} after attempt n, at most {@code max}, moved at random by {@code jitter} of itself.
   *
   * @param factor at least 1
   * @param jitter 0 to 1
   */
  public record Backoff(Duration initial, double factor, Duration max, double jitter) {}

  /**
   * What is kept of finished items.
   *
   * @param includeItems whether each result stands with its item
   * @param retention how long after the job's end, or its deletion, another job can skip what it has done
   */
  public record Results(boolean includeItems, Duration retention) {}

  /**
   * What the pool lets jobs use.
   *
   * @param processors names of processor types
   * @param execCommands absolute paths of programs; {@code *} is any
   * @param env names of the worker's variables that a job may name; {@code *} is any but {@code LONGSHORE_*}
   * @param files folders under which files may be read
   * @param loopback whether HTTP may reach loopback addresses
   * @param cluster whether HTTP may reach private addresses
   */
  public record Allow(Set<String> processors, List<String> execCommands, List<String> env, List<String> files, boolean loopback,
      boolean cluster) {}
}
