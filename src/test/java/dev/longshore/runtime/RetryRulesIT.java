package dev.longshore.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.longshore.job.JobRef;
import dev.longshore.testing.HttpCluster;
import dev.longshore.testing.ItemServer;
import dev.longshore.testing.ItemServer.Answer;
import dev.longshore.testing.ItemServer.Call;
import dev.longshore.testing.ItemServer.Gate;
import dev.longshore.testing.ProcessCluster;
import dev.longshore.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** How often an item is tried, and which items are not tried at all because others were: counted where the calls arrive. */
class RetryRulesIT {
  /** Fails as its item says, and writes down each call. */
  private static final String FAULTY = """
      import com.fasterxml.jackson.databind.JsonNode;
      import dev.longshore.job.*;
      import dev.longshore.processor.ItemProcessor;
      import java.nio.file.*;
      import java.util.*;
      public final class Faulty implements ItemProcessor {
        private Path log;
        public String name() { return "faulty"; }
        public void start(JsonNode config) { log = Path.of(config.path("log").asText()); }
        public List<Outcome> process(List<WorkItem> batch) throws Exception {
          String kind = batch.get(0).text().replace("\\"", "");
          Files.writeString(log, kind + "\\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
          switch (kind) {
            case "state": throw new IllegalStateException("no state");
            case "sum": throw new ArithmeticException("no sum");
            case "other": throw new UnsupportedOperationException("not this");
            case "quota": return List.of(Outcome.retry(new Failure("Quota", "quota is used up")));
            case "broken": return List.of(Outcome.retry(new Failure("Broken", "broken for good")));
            default: return List.of(Outcome.DONE);
          }
        }
      }
      """;

  @RegisterExtension
  static final Services SERVICES = new Services();

  @TempDir
  static Path folder;
  private static HttpCluster http;
  private static ItemServer server;
  private static ProcessCluster cluster;

  @BeforeAll
  static void start() throws Exception {
    http = new HttpCluster(SERVICES, folder, Map.of());
    server = http.server();
    cluster = http.cluster();
    cluster.plugin("Faulty", FAULTY);
    http.start(2);
  }

  @AfterAll
  static void stop() {
    if (http != null) {
      http.close();
    }
  }

  // -- rules ---------------------------------------------------------------------------------------------------------------------

  @Test
  void rulesByStatusSayHowOftenAndWhenACallIsMadeAgain() throws Exception {
    List<String> items = List.of("fine", "busy", "gone", "plain", "poison", "slow", "later", "sooner", "ignored", "refused");
    server.serve("ruled", call -> switch (items.get((int) call.index())) {
      case "busy" -> Answer.of(503);
      case "gone" -> Answer.of(502);
      case "plain" -> Answer.of(500);
      case "poison", "slow" -> Answer.of(504);
      case "later" -> call.number() == 1 ? Answer.later(429, 2) : Answer.OK;
      case "sooner" -> call.number() == 1 ? Answer.later(425, 1) : Answer.OK;
      case "ignored" -> call.number() <= 3 ? Answer.of(408) : Answer.OK;
      case "refused" -> Answer.of(501);
      default -> Answer.OK;
    });
    JobRef job = create("ruled", items, """
        retry:
          maxAttempts: 2
          backoff: {initial: 250ms, factor: 1, jitter: 0%}
          rules:
          - {when: {httpStatus: [502]}, action: Fail}
          - {when: {httpStatus: [501, 503]}, action: Retry, maxAttempts: 4}
          - {when: {httpStatus: [504], expression: "item == 'poison'"}, action: Fail}
          - {when: {httpStatus: [425]}, action: Retry, backoff: {initial: 10m}}
          - {when: {httpStatus: [408]}, action: Ignore, backoff: {initial: 250ms, factor: 1}}
          - {when: {httpStatus: [503]}, action: Skip}
        """);

    cluster.awaitPhase(job, "Complete");

    assertThat(told(job)).containsExactly("fine succeeded 1 of 1", "busy failed 4 of 4 HttpStatus503", "gone failed 1 of 1 HttpStatus502",
        "plain failed 2 of 2 HttpStatus500", "poison failed 1 of 1 HttpStatus504", "slow failed 2 of 2 HttpStatus504",
        "later succeeded 2 of 2", "sooner succeeded 2 of 2", "ignored succeeded 1 of 4", "refused failed 4 of 4 HttpStatus501");
    assertThat(between(items.indexOf("later"))).as("not earlier than the server asked, though the backoff is shorter")
        .isGreaterThanOrEqualTo(Duration.ofSeconds(2));
    assertThat(between(items.indexOf("sooner"))).as("when the server asked, though the backoff is longer")
        .isBetween(Duration.ofSeconds(1), Duration.ofMinutes(2));
    assertThat(cluster.deadLetters(job)).isEqualTo(6);
  }

  @Test
  void rulesByExceptionCodeAndExpression() throws Exception {
    List<String> items = List.of("fine", "state", "sum", "other", "quota", "broken");
    Path log = folder.resolve("faulty.calls");
    JobRef job = cluster.create("""
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: thrown}
        spec:
          poolRef: {name: shared}
          source: {items: [%s]}
          processor: {plugin: {name: faulty, config: {log: "%s"}}}
          batching: {size: 1}
          retry:
            maxAttempts: 2
            backoff: {initial: 250ms, factor: 1, jitter: 0%%}
            rules:
            - {when: {exception: [IllegalStateException]}, action: Retry, maxAttempts: 3}
            - {when: {exception: [java.lang.ArithmeticException]}, action: Skip}
            - {when: {code: [Quota]}, action: Retry, maxAttempts: 4}
            - {when: {expression: "error.message.endsWith('for good') && attempt == 1"}, action: Fail}
        """.formatted(String.join(", ", items), log));

    cluster.awaitPhase(job, "Complete");

    List<String> calls = Files.readAllLines(log);
    assertThat(told(job, index -> Collections.frequency(calls, items.get(index)))).containsExactly("fine succeeded 1 of 1",
        "state failed 3 of 3 IllegalStateException", "sum skipped 1 of 1 Skipped", "other failed 2 of 2 UnsupportedOperationException",
        "quota failed 4 of 4 Quota", "broken failed 1 of 1 Broken");
  }

  @Test
  void anItemWhoseRuleSaysSoFailsTheJob() throws Exception {
    Gate gate = new Gate();
    server.serve("fatal", call -> {
      if (call.order() > 0) {
        gate.pass();
      }
      return Answer.of(403);
    });
    JobRef job = create("fatal", Collections.nCopies(50, "item"), """
        workers: {concurrency: 1}
        retry: {rules: [{when: {httpStatus: [403]}, action: FailJob}]}
        """);

    var failed = cluster.awaitPhase(job, "Failed").getStatus();
    assertThat(failed.conditions()).filteredOn(c -> c.getType().equals("Failed")).singleElement().satisfies(condition -> {
      assertThat(condition.getReason()).isEqualTo("ItemFailedJob");
      assertThat(condition.getMessage()).contains("item " + server.calls("fatal").getFirst().index()).contains("403");
    });
    assertThat(failed.items().failed()).isEqualTo(1);
    assertThat(server.calls("fatal")).hasSizeLessThanOrEqualTo(3);
    gate.open();
  }

  // -- what others have done -----------------------------------------------------------------------------------------------------

  /** The second job is made when the first one of its name is deleted; what failed in it holds nobody out. */
  @Test
  void duplicatesAmongJobsOfANameAreSkippedAndNameTheSurvivor() throws Exception {
    server.serve("nightly", call -> call.index() == 1 && call.number() == 1 ? Answer.of(404) : Answer.OK);
    String rest = """
        item: {identity: item}
        deduplication: {scope: Name, window: 1h}
        """;
    JobRef first = create("nightly", List.of("a", "b", "c"), rest);
    cluster.awaitPhase(first, "Complete");
    assertThat(server.calls("nightly")).hasSize(3);
    cluster.delete(first);
    cluster.awaitNothingLeft(first);

    JobRef second = create("nightly", List.of("d", "b", "a", "c"), rest);
    cluster.awaitPhase(second, "Complete");

    assertThat(reasons(second)).containsExactly("succeeded", "succeeded", "skipped Duplicate: same identity as item 0 of job nightly",
        "skipped Duplicate: same identity as item 2 of job nightly");
    assertThat(server.calls("nightly")).filteredOn(call -> call.order() >= 3).extracting(Call::index).containsExactlyInAnyOrder(0L, 1L);
  }

  @Test
  void duplicatesAmongJobsOfTheNamespaceAreSkippedAndNameTheSurvivor() throws Exception {
    server.serve("albums", call -> Answer.OK);
    server.serve("tracks", call -> Answer.OK);
    server.serve("alone", call -> Answer.OK);
    JobRef albums = create("albums", List.of("k", "l", "m"), """
        item: {identity: item}
        deduplication: {scope: Namespace, window: 1h}
        """);
    cluster.awaitPhase(albums, "Complete");

    JobRef tracks = create("tracks", List.of("m", "n", "k"), """
        item: {identity: item}
        deduplication: {scope: Namespace, window: 1h}
        """);
    JobRef alone = create("alone", List.of("k", "l"), """
        item: {identity: item}
        deduplication: {scope: Name, window: 1h}
        """);

    cluster.awaitPhase(tracks, "Complete");
    assertThat(reasons(tracks)).containsExactly("skipped Duplicate: same identity as item 2 of job albums", "succeeded",
        "skipped Duplicate: same identity as item 0 of job albums");
    assertThat(server.calls("tracks")).extracting(Call::index).containsExactly(1L);
    cluster.awaitPhase(alone, "Complete");
    assertThat(reasons(alone)).as("of another scope").containsExactly("succeeded", "succeeded");
  }

  @Test
  void whatADeletedJobHasDoneIsSkippedByTheOneThatResumesIt() throws Exception {
    server.serve("yesterday", call -> call.index() == 2 ? Answer.of(404) : Answer.OK);
    server.serve("today", call -> Answer.OK);
    JobRef yesterday = create("yesterday", List.of("u", "v", "w", "x"), """
        item: {identity: item}
        results: {retention: 1h}
        """);
    cluster.awaitPhase(yesterday, "Complete");
    cluster.delete(yesterday);
    cluster.awaitNothingLeft(yesterday);

    JobRef today = create("today", List.of("x", "y", "w", "u"), """
        item: {identity: item}
        resumeFrom: {job: yesterday}
        """);
    cluster.awaitPhase(today, "Complete");

    assertThat(reasons(today)).containsExactly("skipped Resumed: done as item 3 of job yesterday", "succeeded", "succeeded",
        "skipped Resumed: done as item 0 of job yesterday");
    assertThat(server.calls("today")).extracting(Call::index).containsExactlyInAnyOrder(1L, 2L);
  }

  // -- the parts of a test -------------------------------------------------------------------------------------------------------

  private static JobRef create(String name, List<String> items, String spec) {
    return http.create(name, items, "poolRef: {name: shared}\n" + spec);
  }

  /** For each item what became of it, the attempts that its result tells, and the calls that arrived. */
  private static List<String> told(JobRef job) throws Exception {
    return told(job, index -> server.calls(job.name(), index).size());
  }

  private static List<String> told(JobRef job, IntUnaryOperator calls) throws Exception {
    return cluster.results(job).stream().map(r -> r.path("item").asText() + " " + r.path("status").asText() + " "
        + r.path("attempts").asText() + " of " + calls.applyAsInt(r.path("index").asInt())
        + (r.has("error") ? " " + r.path("error").path("code").asText() : "")).toList();
  }

  private static List<String> reasons(JobRef job) throws Exception {
    List<JsonNode> results = cluster.results(job);
    return results.stream().map(r -> r.path("status").asText() + (r.has("error")
        ? " " + r.path("error").path("code").asText() + ": " + r.path("error").path("message").asText() : "")).toList();
  }

  /** From an item's first call to its second. */
  private static Duration between(int index) {
    List<Call> calls = server.calls("ruled", index);
    return Duration.ofNanos(calls.get(1).nanos() - calls.get(0).nanos());
  }
}
