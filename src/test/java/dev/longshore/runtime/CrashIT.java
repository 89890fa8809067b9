package dev.longshore.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.job.JobRef;
import dev.longshore.testing.ProcessCluster;
import dev.longshore.testing.Services;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * One item of 1,000 kills each worker process that runs it. It is found and ends as one dead letter; its 999 neighbours succeed at their first
 * attempt.
 */
class CrashIT {
  private static final int ITEMS = 1_000;
  private static final int VICTIM = 617;
  private static final int MAX_CRASHES = 2;
  private static final String KILLER = """
      import com.fasterxml.jackson.databind.JsonNode;
      import dev.longshore.job.*;
      import dev.longshore.processor.ItemProcessor;
      import java.util.*;
      public final class Killer implements ItemProcessor {
        private String how;
        private String victim;
        public String name() { return "killer"; }
        public void start(JsonNode config) {
          how = config.path("how").asText();
          victim = config.path("victim").asText();
        }
        public List<Outcome> process(List<WorkItem> batch) throws Exception {
          List<Outcome> outcomes = new ArrayList<>();
          for (WorkItem item : batch) {
            if (item.text().equals(victim)) die();
            outcomes.add(Outcome.success(item.json()));
          }
          return outcomes;
        }
        private void die() throws Exception {
          if (how.equals("halt")) Runtime.getRuntime().halt(42);
          if (how.equals("kill")) new ProcessBuilder("kill", "-KILL", Long.toString(ProcessHandle.current().pid())).start().waitFor();
          List<byte[]> all = new ArrayList<>();
          while (true) all.add(new byte[4 << 20]);
        }
      }
      """;

  @RegisterExtension
  static final Services SERVICES = new Services();

  @TempDir
  static Path folder;
  private static ProcessCluster cluster;

  @BeforeAll
  static void start() throws Exception {
    cluster = new ProcessCluster(SERVICES, folder).plugin("Killer", KILLER).startOperator();
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @ParameterizedTest
  @CsvSource({"halt, 1, 4, 'exit code 42'", "kill, 1, 4, 'exit code 137 (signal 9)'", "heap, 1, 4, OOMKilled", "halt, 10, 50, 'exit code 42'"})
  void theOneItemThatKillsItsWorkerIsFoundAndNobodyElseIsCharged(String how, int concurrency, int batch, String ending) throws Exception {
    JobRef job = cluster.create("""
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: %s}
        spec:
          source: {items: [%s]}
          processor: {plugin: {name: killer, config: {how: %s, victim: "%d"}}}
          batching: {size: %d}
          failurePolicy: {maxCrashes: %d}
          workers:
            minReplicas: 2
            maxReplicas: 2
            concurrency: %d
            template: {spec: {containers: [{name: worker, resources: {limits: {memory: 256Mi}}}]}}
        """.formatted(how + "-" + concurrency, IntStream.range(0, ITEMS).mapToObj(String::valueOf).collect(Collectors.joining(", ")), how, VICTIM,
        batch, MAX_CRASHES, concurrency));

    BatchJob done = cluster.awaitPhase(job, "Complete");

    assertThat(done.getStatus().items().succeeded()).as(cluster::told).isEqualTo(ITEMS - 1);
    assertThat(done.getStatus().items().failed()).isEqualTo(1);
    List<JsonNode> results = cluster.results(job);
    assertThat(results).as("each index once, in order").extracting(r -> r.path("index").asInt())
        .containsExactlyElementsOf(IntStream.range(0, ITEMS).boxed().toList());
    assertThat(results).as("no attempt is spent").allSatisfy(r -> assertThat(r.path("attempts").asInt()).isEqualTo(1));
    assertThat(results).filteredOn(r -> !r.path("status").asText().equals("succeeded")).singleElement().satisfies(r -> {
      assertThat(r.path("index").asInt()).isEqualTo(VICTIM);
      assertThat(r.path("error").path("code").asText()).isEqualTo("WorkerCrashed");
    });
    assertThat(cluster.deadLetters(job)).as("dead letters").isEqualTo(1);
    List<String> lost = cluster.events(job.name(), "WorkerLost");
    assertThat(lost).as("each crash is told once, with how it ended").allSatisfy(message -> assertThat(message).contains(ending))
        .filteredOn(message -> message.contains("item " + VICTIM + " of " + job.name() + " was alone")).hasSize(MAX_CRASHES);
    // one crash finds the suspects, each halving costs one at most, the last leaves it alone: that crash and those after it are charged
    int halvings = 32 - Integer.numberOfLeadingZeros(concurrency * batch - 1);
    assertThat(lost).as(() -> "crashes\n" + cluster.told()).hasSizeLessThanOrEqualTo(1 + halvings - 1 + MAX_CRASHES);
    cluster.client().resource(cluster.job(job)).delete();
  }
}
