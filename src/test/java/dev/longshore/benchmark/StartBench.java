package dev.longshore.benchmark;

import static dev.longshore.benchmark.BenchmarkPage.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.testing.LongshoreCli;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How long it takes until something happens: a plain command, a job on a warm worker, a job that needs a new worker. */
class StartBench {
  private static final int ROUNDS = 9;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir
  Path folder;

  private final Map<String, CompletableFuture<Long>> podSeen = new ConcurrentHashMap<>();
  private final Map<String, CompletableFuture<Long>> completeSeen = new ConcurrentHashMap<>();

  @Test
  void commandsJobsAndWorkers() throws Exception {
    BenchmarkPage page = new BenchmarkPage("Starts");
    try (LongshoreCli cli = new LongshoreCli(folder)) {
      List<Double> commands = new ArrayList<>();
      for (int i = 0; i < ROUNDS; i++) {
        long start = System.nanoTime();
        cli.run(LIMIT, "get", "--operator", "http://127.0.0.1:9");
        commands.add((System.nanoTime() - start) / 1e9);
      }
      page.row("a plain command (longshore get), start to end, median of " + ROUNDS, number(median(commands)) + " s", "under 1 s", "");

      Path manifest = folder.resolve("warm.yaml");
      Files.writeString(manifest, """
          apiVersion: longshore.dev/v1alpha1
          kind: WorkerPool
          metadata: {name: warm}
          spec: {minReplicas: 1, maxReplicas: 1}
          ---
          """ + job("first", "poolRef: {name: warm}"));
      LongshoreCli.Running run = cli.start("run", "-f", manifest.toString(), "--keep");
      await().atMost(LIMIT).until(() -> run.errors().contains("export KUBECONFIG="));
      Path kubeconfig = Path.of(run.errors().replaceAll("(?s).*export KUBECONFIG=(\\S+).*", "$1"));
      try (KubernetesClient client = new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(kubeconfig.toFile())).build()) {
        watch(client);
        List<Double> warm = new ArrayList<>();
        List<Double> cold = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
          String name = "warm-" + i;
          long applied = apply(client, job(name, "poolRef: {name: warm}"));
          warm.add((seen(completeSeen, name) - applied) / 1e6);
        }
        for (int i = 0; i < ROUNDS; i++) {
          String name = "cold-" + i;
          apply(client, job(name, "workers: {maxReplicas: 1}"));
          cold.add((seen(completeSeen, name) - seen(podSeen, name)) / 1e9);
        }
        page.row("apply to the condition Complete of a job of one item, warm worker, median of " + ROUNDS, number(median(warm)) + " ms",
            "first item under 500 ms", "the first item is done before that");
        page.row("pod created to the condition Complete of its job of one item, new worker process, median of " + ROUNDS,
            number(median(cold)) + " s", "first item under 1.5 s", "the first item is taken before that");
        page.write();
        assertThat(median(warm)).as("ms, apply to Complete on a warm worker: %s", warm).isLessThan(500);
        assertThat(median(cold)).as("s, pod to Complete: %s", cold).isLessThan(1.5);
      }
      new ProcessBuilder("kill", "-INT", String.valueOf(run.process().pid())).start().waitFor();
      run.await(LIMIT);
    }
  }

  private void watch(KubernetesClient client) {
    client.pods().inNamespace("default").watch(new Seen<Pod>() {
      @Override
      public void eventReceived(Action action, Pod pod) {
        String job = pod.getMetadata().getLabels().get("longshore.dev/job");
        if (job != null) {
          future(podSeen, job).complete(System.nanoTime());
        }
      }
    });
    client.resources(BatchJob.class).inNamespace("default").watch(new Seen<BatchJob>() {
      @Override
      public void eventReceived(Action action, BatchJob job) {
        if (job.getStatus() != null && "Complete".equals(job.getStatus().phase())) {
          future(completeSeen, job.getMetadata().getName()).complete(System.nanoTime());
        }
      }
    });
  }

  private abstract static class Seen<T> implements Watcher<T> {
    @Override
    public void onClose(WatcherException cause) {}
  }

  private static CompletableFuture<Long> future(Map<String, CompletableFuture<Long>> map, String name) {
    return map.computeIfAbsent(name, n -> new CompletableFuture<>());
  }

  private static long seen(Map<String, CompletableFuture<Long>> map, String name) throws Exception {
    return future(map, name).get(60, TimeUnit.SECONDS);
  }

  private static long apply(KubernetesClient client, String yaml) {
    BatchJob job = new KubernetesSerialization().unmarshal(yaml, BatchJob.class);
    long now = System.nanoTime();
    client.resource(job).inNamespace("default").create();
    return now;
  }

  private static String job(String name, String where) {
    return """
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: %s}
        spec:
          source: {items: [1]}
          processor: {noop: {}}
          %s
        """.formatted(name, where);
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }
}
