package dev.longshore.benchmark;

import static dev.longshore.benchmark.BenchmarkPage.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.job.JobRef;
import dev.longshore.store.Ledger;
import dev.longshore.store.redis.RedisConnection;
import dev.longshore.store.redis.RedisLedger;
import dev.longshore.store.redis.RedisSettings;
import dev.longshore.testing.LongshoreCli;
import dev.longshore.testing.Services;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * How long it takes until something happens: a plain command, a job on a warm worker, a job that needs a new worker. New workers start in
 * turn with the ahead-of-time cache and without it, so that whatever else the machine does hits both alike; with {@code -Dbench.rounds=3}
 * it is quick to try out.
 */
class StartBench {
  private static final int ROUNDS = Integer.getInteger("bench.rounds", 9);
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private static final Path WORKER_CACHE = Path.of("target", "quarkus-app", "worker.aot").toAbsolutePath();

  @RegisterExtension
  static final Services SERVICES = new Services();

  @TempDir
  Path folder;

  private final Map<String, CompletableFuture<Instant>> podSeen = new ConcurrentHashMap<>();
  private final Map<String, CompletableFuture<Long>> completeSeen = new ConcurrentHashMap<>();

  @Test
  void commandsJobsAndWorkers() throws Exception {
    assertThat(WORKER_CACHE).as("the trained cache: package without -Dtrain.skip").isRegularFile();
    BenchmarkPage page = new BenchmarkPage("Starts");
    // the JVM reads this file at each start of a worker
    Path options = folder.resolve("worker.options");
    try (LongshoreCli cli = new LongshoreCli(folder).with("LONGSHORE_WORKER_JAVA_OPTIONS", "@" + options)) {
      Files.writeString(options, withCache());
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
      LongshoreCli.Running run = cli.start("run", "-f", manifest.toString(), "--keep", "--redis", redis());
      await().atMost(LIMIT).until(() -> run.errors().contains("export KUBECONFIG="));
      Path kubeconfig = Path.of(run.errors().replaceAll("(?s).*export KUBECONFIG=(\\S+).*", "$1"));
      try (KubernetesClient client = new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(kubeconfig.toFile())).build();
          RedisConnection redis = new RedisConnection(new RedisSettings(SERVICES.redisUrl(), SERVICES.redisPassword()));
          RedisLedger ledger = new RedisLedger(redis, Duration.ofSeconds(15))) {
        watch(client);
        List<Double> warm = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
          String name = "warm-" + i;
          long applied = System.nanoTime();
          apply(client, job(name, "poolRef: {name: warm}"));
          warm.add((seen(completeSeen, name) - applied) / 1e6);
        }
        List<Double> cached = new ArrayList<>();
        List<Double> plain = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
          Files.writeString(options, withCache());
          cached.add(podToFirstItem(client, ledger, "cached-" + i));
          // the JDK's own archive of its own classes stays, as it does for every Java program
          Files.writeString(options, "-Xshare:auto");
          plain.add(podToFirstItem(client, ledger, "plain-" + i));
        }
        double ratio = median(cached) / median(plain);
        page.row("apply to the condition Complete of a job of one item, warm worker, median of " + ROUNDS, number(median(warm)) + " ms",
            "first item under 500 ms", "the first item is done before that");
        page.row("pod created to first item, new worker process, median of " + ROUNDS, number(median(cached)) + " s", "under 1 s",
            "without the ahead-of-time cache, in turn: " + number(median(plain)) + " s");
        page.row("the same, with the cache over without", number(ratio), "at most 0.5", "");
        page.write();
        assertThat(median(warm)).as("ms, apply to Complete on a warm worker: %s", warm).isLessThan(500);
        assertThat(median(cached)).as("s, pod to first item: %s", cached).isLessThan(1);
        assertThat(ratio).as("with the cache %s, without %s", cached, plain).isLessThanOrEqualTo(0.5);
      }
      new ProcessBuilder("kill", "-INT", String.valueOf(run.process().pid())).start().waitFor();
      run.await(LIMIT);
    }
  }

  /** The cache as a worker of a local run has it. */
  private static String withCache() {
    return "-Xlog:aot=off -XX:AOTCache=" + WORKER_CACHE;
  }

  private static String redis() {
    return SERVICES.redisUrl().replaceFirst("://", "://:" + SERVICES.redisPassword() + "@");
  }

  /** Seconds from when the API tells of the pod until the ledger gives out the first item: both by the clock of this machine. */
  private double podToFirstItem(KubernetesClient client, Ledger ledger, String name) throws Exception {
    JobRef job = apply(client, job(name, "workers: {maxReplicas: 1}"));
    seen(completeSeen, name);
    Instant first = ledger.read(List.of(job)).get(job).firstStarted();
    return Duration.between(seen(podSeen, name), first).toNanos() / 1e9;
  }

  private void watch(KubernetesClient client) {
    client.pods().inNamespace("default").watch(new Seen<Pod>() {
      @Override
      public void eventReceived(Action action, Pod pod) {
        String job = pod.getMetadata().getLabels().get("longshore.dev/job");
        if (job != null) {
          future(podSeen, job).complete(Instant.now());
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

  private static <T> CompletableFuture<T> future(Map<String, CompletableFuture<T>> map, String name) {
    return map.computeIfAbsent(name, n -> new CompletableFuture<>());
  }

  private static <T> T seen(Map<String, CompletableFuture<T>> map, String name) throws Exception {
    return future(map, name).get(60, TimeUnit.SECONDS);
  }

  private static JobRef apply(KubernetesClient client, String yaml) {
    BatchJob job = client.resource(new KubernetesSerialization().unmarshal(yaml, BatchJob.class)).inNamespace("default").create();
    return new JobRef("default", job.getMetadata().getName(), job.getMetadata().getUid());
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
