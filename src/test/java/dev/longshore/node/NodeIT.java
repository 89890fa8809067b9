package dev.longshore.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.longshore.testing.LongshoreCli;
import dev.longshore.testing.Services;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The whole of it on a real node: image, chart, pods that are killed, evicted and run out of memory; and each item is counted once. */
class NodeIT {
  private static final int ITEMS = 50_000;
  private static final int CONCURRENCY = 8;
  private static final int BATCH = 10;
  private static final Duration LIMIT = Duration.ofMinutes(4);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int KILLED = 137;

  @RegisterExtension
  static final Services SERVICES = new Services();

  @TempDir
  Path folder;

  @Test
  void aJobRunsToItsExactEndWhateverBecomesOfItsPods() throws Exception {
    try (NodeScene scene = new NodeScene(SERVICES, folder);
        CountingServer server = scene.cluster.inside().run(() -> new CountingServer(ITEMS, Duration.ofMillis(250)))) {
      scene.helm("test", "longshore", "--timeout", "2m");
      scene.apply(job(server));
      workers(scene, 4);
      progress(scene, server, 2_000);

      scaleIn(scene);
      evict(scene, server);
      assertThat(server.repeats()).as("executions beyond the first, after a scale-in and an eviction: a drain repeats nothing").isZero();

      workers(scene, 3);
      kill(scene, server);
      workers(scene, 3);
      exhaustMemory(scene, server);
      String operator = scene.operator().getMetadata().getName();
      scene.client.pods().resource(scene.operator()).delete();
      progress(scene, server, server.executions() + 2_000);
      await("another operator").atMost(NodeScene.SOON).until(() -> !scene.operator().getMetadata().getName().equals(operator));
      server.hurry();
      scene.complete("storm", LIMIT);

      everyItemOnce(scene);
      assertThat(server.untouched()).as("items that no worker asked for").isEqualTo(new BitSet());
      // what ran in the two workers that crashed was done again, and perhaps once more alone
      assertThat(server.repeats()).as("executions beyond the first").isBetween(1L, 4L * CONCURRENCY * BATCH);

      scene.helm("uninstall", "longshore", "--wait", "--timeout", "3m");
      assertThat(scene.client.pods().inNamespace(NodeScene.NAMESPACE).list().getItems()).as("pods after the uninstall")
          .allMatch(pod -> pod.getMetadata().getDeletionTimestamp() != null);
    }
  }

  private static String job(CountingServer server) {
    return """
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: storm}
        spec:
          source: {http: {url: "%s", format: Ndjson}}
          processor: {http: {url: "%s", batch: {}}}
          guard: {timeout: 10s}
          batching: {size: %d}
          workers: {minReplicas: 0, maxReplicas: 4, concurrency: %d}
        """.formatted(server.items(), server.work(), BATCH, CONCURRENCY);
  }

  private static void workers(NodeScene scene, int count) {
    await(count + " ready workers").atMost(NodeScene.SOON).untilAsserted(() ->
        assertThat(scene.readyWorkers("storm")).as(scene::told).hasSize(count));
  }

  /** Waits until so many items have been asked for. */
  private static void progress(NodeScene scene, CountingServer server, long executions) {
    await(executions + " executions").atMost(NodeScene.SOON).untilAsserted(() ->
        assertThat(server.executions()).as(scene::told).isGreaterThanOrEqualTo(executions));
  }

  private static void replicas(NodeScene scene, int max) {
    scene.client.resource(scene.job("storm")).patch(PatchContext.of(PatchType.JSON_MERGE),
        "{\"spec\":{\"workers\":{\"maxReplicas\":" + max + "}}}");
  }

  /** From four workers to two and to three again: those that go end by themselves, well before their grace period does. */
  private static void scaleIn(NodeScene scene) {
    List<String> before = scene.readyWorkers("storm");
    replicas(scene, 2);
    await("two workers less").atMost(NodeScene.SOON).untilAsserted(() -> assertThat(scene.readyWorkers("storm")).hasSize(2));
    List<String> after = scene.readyWorkers("storm");
    before.stream().filter(worker -> !after.contains(worker)).forEach(worker ->
        assertThat(scene.end(worker).getExitCode()).as("exit code of %s, scaled in", worker).isZero());
    replicas(scene, 3);
    workers(scene, 3);
  }

  /** By the eviction API, as a node drain does it: a SIGTERM. */
  private static void evict(NodeScene scene, CountingServer server) {
    String worker = scene.readyWorkers("storm").getFirst();
    Pod pod = scene.client.pods().inNamespace(NodeScene.NAMESPACE).withName(worker).get();
    long grace = pod.getSpec().getTerminationGracePeriodSeconds();
    long begun = System.nanoTime();
    // the pool's disruption budget may refuse it for as long as a worker is missing
    await("the eviction of " + worker).atMost(NodeScene.SOON).until(() -> scene.client.pods().resource(pod).evict());
    ContainerStateTerminated end = scene.end(worker);
    assertThat(end.getExitCode()).as("exit code of %s, evicted", worker).isZero();
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).as("the drain of %s", worker).isLessThan(Duration.ofSeconds(grace));
    progress(scene, server, server.executions() + 1_000);
  }

  private static void kill(NodeScene scene, CountingServer server) {
    String worker = scene.readyWorkers("storm").getFirst();
    NodeCluster.worker(worker).destroyForcibly();
    assertThat(scene.end(worker).getExitCode()).as("exit code of %s, killed", worker).isEqualTo(KILLED);
    progress(scene, server, server.executions() + 1_000);
  }

  /** The kernel ends the worker, because its container has no memory left: something else in it took nearly all. */
  private void exhaustMemory(NodeScene scene, CountingServer server) throws Exception {
    String worker = scene.readyWorkers("storm").getFirst();
    Path group = NodeCluster.memoryGroup(NodeCluster.worker(worker));
    // never itself the one that is ended; tail keeps a line without an end in memory
    Process eater = new ProcessBuilder("sh", "-c", "echo -1000 > /proc/self/oom_score_adj; echo $$ > " + group.resolve("cgroup.procs")
        + "; head -c 460000000 /dev/zero | tail > /dev/null").redirectErrorStream(true).redirectOutput(folder.resolve("eater.log").toFile()).start();
    try {
      ContainerStateTerminated end = scene.end(worker);
      assertThat(end.getReason()).as("%s, whose memory is used up, ended with code %s", worker, end.getExitCode()).isEqualTo("OOMKilled");
    } finally {
      assertThat(eater.waitFor(30, TimeUnit.SECONDS)).as("the eater of memory ends: %s", Files.readString(folder.resolve("eater.log"))).isTrue();
    }
    progress(scene, server, server.executions() + 1_000);
  }

  /** Reads the results as a user does: by the command line, through the API server. */
  private void everyItemOnce(NodeScene scene) throws Exception {
    assertThat(scene.job("storm").getStatus().items().succeeded()).as(scene::told).isEqualTo(ITEMS);
    try (LongshoreCli cli = new LongshoreCli(folder).with("KUBECONFIG", scene.cluster.kubeconfig().toString())) {
      Path results = folder.resolve("results.ndjson");
      // the new operator may not be ready yet
      await("the results").atMost(NodeScene.SOON).untilAsserted(() -> {
        LongshoreCli.Finished finished = cli.run(LIMIT, "results", "storm", "--namespace", NodeScene.NAMESPACE, "--output", results.toString());
        assertThat(finished.code()).as(finished::told).isZero();
      });
      BitSet seen = new BitSet();
      long index = 0;
      for (String line : Files.readAllLines(results)) {
        JsonNode result = JSON.readTree(line);
        assertThat(result.path("index").longValue()).as("order of the results: %s", line).isEqualTo(index++);
        assertThat(result.path("status").asText()).as(line).isEqualTo("succeeded");
        seen.set(result.path("result").path("done").intValue());
      }
      assertThat(index).as("results").isEqualTo(ITEMS);
      assertThat(seen.cardinality()).as("items among the results").isEqualTo(ITEMS);
    }
  }
}
