package dev.longshore.runtime;

import static dev.longshore.testing.ProcessCluster.LIMIT;
import static dev.longshore.testing.ProcessCluster.signal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.longshore.job.JobRef;
import dev.longshore.testing.ProcessCluster;
import dev.longshore.testing.Services;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes that are told to end, frozen, restarted and replaced in the middle of a job: nothing is lost, no attempt is spent. */
class SignalsIT {
  private static final int ITEMS = 240;
  /**
   * An item takes a second, or less once the test has opened the gate. A line is written when it starts and another when it is done, each with
   * the process: the file is shared by all workers.
   */
  private static final String SLOW = """
      import com.fasterxml.jackson.databind.JsonNode;
      import dev.longshore.job.*;
      import dev.longshore.processor.ItemProcessor;
      import java.nio.file.*;
      import java.util.*;
      import java.util.concurrent.*;
      public final class Slow implements ItemProcessor {
        private Path log;
        private Path gate;
        public String name() { return "slow"; }
        public void start(JsonNode config) {
          log = Path.of(config.path("log").asText());
          gate = Path.of(config.path("gate").asText());
        }
        public List<Outcome> process(List<WorkItem> batch) throws Exception {
          List<Outcome> outcomes = new ArrayList<>();
          for (WorkItem item : batch) {
            write("start", item);
            long done = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
            while (System.nanoTime() < done && !Files.exists(gate)) new CountDownLatch(1).await(20, TimeUnit.MILLISECONDS);
            write("end", item);
            outcomes.add(Outcome.DONE);
          }
          return outcomes;
        }
        private void write(String what, WorkItem item) throws Exception {
          Files.writeString(log, what + " " + item.index() + " " + item.attempt() + " " + ProcessHandle.current().pid() + "\\n",
              StandardOpenOption.CREATE, StandardOpenOption.APPEND);
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
    cluster = new ProcessCluster(SERVICES, folder).plugin("Slow", SLOW).startOperator();
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void aWorkerThatIsToldToEndFinishesWhatItStartedAndGivesTheRestBack() throws Exception {
    JobRef job = create("told");
    long worker = oneThatWorks(job);

    signal("TERM", worker);

    await("it ends").atMost(LIMIT).until(() -> !ProcessHandle.of(worker).map(ProcessHandle::isAlive).orElse(false));
    assertThat(cluster.succeeded(job)).as("the job is still in its middle").isLessThan(ITEMS);
    open(job);
    cluster.awaitPhase(job, "Complete");
    assertEachCountsOnce(job);
    assertEachRanOnce(job);
  }

  @Test
  void aFrozenWorkersLateResultsCountOnce() throws Exception {
    JobRef job = create("frozen");
    long frozen = oneThatWorks(job);

    signal("STOP", frozen);

    open(job);
    // its leases end while it sleeps, and an audit gives its items to the other
    await("others take over what it has").atMost(LIMIT).untilAsserted(() -> assertThat(cluster.succeeded(job)).as(cluster::told).isEqualTo(ITEMS));
    signal("CONT", frozen);
    cluster.awaitPhase(job, "Complete");
    await("it wakes and finishes its calls").atMost(LIMIT).until(() -> lines(job).stream().filter(line -> line.pid() == frozen)
        .collect(Collectors.groupingBy(Line::index)).values().stream().allMatch(of -> of.stream().anyMatch(line -> line.what().equals("end"))));
    assertEachCountsOnce(job);
    assertThat(runs(job).values()).as("something ran twice, or nothing was late").anyMatch(count -> count > 1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anOperatorThatIsRestartedLosesNothing(boolean killed) throws Exception {
    JobRef job = create(killed ? "killed" : "restarted");
    oneThatWorks(job);
    Map<String, Long> workers = cluster.workers(job.name());

    cluster.endOperator(killed);
    long before = lines(job).size();
    await("workers go on by themselves").atMost(LIMIT).until(() -> lines(job).size() > before);
    cluster.startOperator();

    assertThat(cluster.workers(job.name())).as("the workers stay").isEqualTo(workers);
    open(job);
    cluster.awaitPhase(job, "Complete");
    assertEachCountsOnce(job);
    assertEachRanOnce(job);
    assertThat(cluster.events(job.name(), "Completed")).as("it completes once").hasSize(1);
  }

  @Test
  void aNewTemplateReplacesEveryWorkerInTheMiddleOfAJob() throws Exception {
    JobRef job = create("rolled");
    oneThatWorks(job);
    Set<String> old = cluster.workers(job.name()).keySet();

    template(job, "{\"name\": \"VERSION\", \"value\": \"two\"}");

    await("all workers are new").atMost(LIMIT).untilAsserted(() -> {
      List<Pod> pods = cluster.pods(job.name());
      assertThat(pods).as(cluster::told).isNotEmpty().allSatisfy(pod -> {
        assertThat(old).doesNotContain(pod.getMetadata().getName());
        assertThat(pod.getSpec().getContainers().getFirst().getEnv()).anyMatch(env -> env.getName().equals("VERSION"));
      });
    });
    assertThat(cluster.succeeded(job)).as("the job is still in its middle").isLessThan(ITEMS);
    open(job);
    cluster.awaitPhase(job, "Complete");
    assertEachCountsOnce(job);
    assertEachRanOnce(job);
  }

  @Test
  void aTemplateWhoseWorkersCannotStartLeavesTheOldOnesAtWork() throws Exception {
    JobRef job = create("broken");
    oneThatWorks(job);
    Map<String, Long> old = cluster.workers(job.name());

    template(job, "{\"name\": \"TOKEN\", \"valueFrom\": {\"secretKeyRef\": {\"name\": \"missing\", \"key\": \"token\"}}}");

    await("a new one is tried").atMost(LIMIT).until(() -> cluster.pods(job.name()).stream().anyMatch(pod -> !old.containsKey(pod.getMetadata()
        .getName()) && "Pending".equals(pod.getStatus().getPhase())));
    assertThat(cluster.workers(job.name())).as("the old ones work on").isEqualTo(old);
    open(job);
    cluster.awaitPhase(job, "Complete");
    assertEachCountsOnce(job);
    assertEachRanOnce(job);
  }

  // -- the parts of a test -------------------------------------------------------------------------------------------------------

  private JobRef create(String name) {
    return cluster.create("""
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: %s}
        spec:
          source: {items: [%s]}
          processor: {plugin: {name: slow, config: {log: "%s", gate: "%s"}}}
          batching: {size: 1}
          workers: {minReplicas: 2, maxReplicas: 2, concurrency: 2}
        """.formatted(name, IntStream.range(0, ITEMS).mapToObj(String::valueOf).collect(Collectors.joining(", ")), log(name), gate(name)));
  }

  /** The process of a worker, once both have finished some items and there are many left. */
  private static long oneThatWorks(JobRef job) {
    await("both workers work").atMost(LIMIT).untilAsserted(() -> assertThat(lines(job).stream().filter(line -> line.what().equals("end"))
        .map(Line::pid).distinct()).as(cluster::told).hasSize(2));
    return cluster.workers(job.name()).values().iterator().next();
  }

  /** Changes what the job's workers are made from. */
  private static void template(JobRef job, String env) {
    cluster.patch(job, """
        {"spec": {"workers": {"template": {"spec": {"containers": [{"name": "worker", "env": [%s]}]}}}}}
        """.formatted(env));
  }

  private void assertEachCountsOnce(JobRef job) throws Exception {
    List<JsonNode> results = cluster.results(job);
    assertThat(results).as("each index once, in order").extracting(r -> r.path("index").asInt())
        .containsExactlyElementsOf(IntStream.range(0, ITEMS).boxed().toList());
    assertThat(results).allSatisfy(r -> {
      assertThat(r.path("status").asText()).isEqualTo("succeeded");
      assertThat(r.path("attempts").asInt()).as("no attempt is spent").isEqualTo(1);
    });
    assertThat(cluster.job(job).getStatus().items().succeeded()).isEqualTo(ITEMS);
    assertThat(lines(job)).extracting(Line::attempt).containsOnly(1);
  }

  private static void assertEachRanOnce(JobRef job) throws IOException {
    assertThat(runs(job)).as("what started has finished, what was given back had not started").hasSize(ITEMS)
        .allSatisfy((index, count) -> assertThat(count).isEqualTo(1));
  }

  private record Line(String what, long index, int attempt, long pid) {}

  private static Path log(String name) {
    return folder.resolve(name + ".calls");
  }

  private static Path gate(String name) {
    return folder.resolve(name + ".gate");
  }

  /** From now on no item takes long. */
  private static void open(JobRef job) throws IOException {
    Files.createFile(gate(job.name()));
  }

  private static List<Line> lines(JobRef job) throws IOException {
    Path log = log(job.name());
    if (!Files.exists(log)) {
      return List.of();
    }
    return Files.readAllLines(log).stream().map(line -> line.split(" ")).filter(parts -> parts.length == 4)
        .map(parts -> new Line(parts[0], Long.parseLong(parts[1]), Integer.parseInt(parts[2]), Long.parseLong(parts[3]))).toList();
  }

  private static Map<Long, Integer> runs(JobRef job) throws IOException {
    Map<Long, Integer> runs = new TreeMap<>();
    lines(job).stream().filter(line -> line.what().equals("start")).forEach(line -> runs.merge(line.index(), 1, Integer::sum));
    return runs;
  }
}
