package dev.longshore.node;

import static dev.longshore.benchmark.BenchmarkPage.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.benchmark.BenchmarkPage;
import dev.longshore.image.ImageTar;
import dev.longshore.image.LongshoreImage;
import dev.longshore.job.JobRef;
import dev.longshore.store.redis.RedisConnection;
import dev.longshore.store.redis.RedisLedger;
import dev.longshore.store.redis.RedisSettings;
import dev.longshore.testing.Services;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the image and its pods cost on a real node: size, from a pod's creation to the first item, and memory; with {@code -Dbench.rounds=3} it is
 * quick to try out.
 */
class NodeBench {
  private static final int ROUNDS = Integer.getInteger("bench.rounds", 11);
  private static final int ITEMS = 1_000_000;
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final double MEGABYTE = 1_000_000;
  private static final int KILOBYTE = 1024;

  @RegisterExtension
  static final Services SERVICES = new Services();

  @TempDir
  Path folder;

  @Test
  void sizeStartAndMemory() throws Exception {
    BenchmarkPage page = new BenchmarkPage("Image and node");
    ImageTar image = ImageTar.read(LongshoreImage.built());
    page.row("the image: compressed layers, unpacked", number(image.compressedBytes() / MEGABYTE) + " MB, " + number(image.unpackedBytes() / MEGABYTE)
        + " MB", "", "of this machine's C library, a Java of the modules in use, and the application with its ahead-of-time cache");
    try (NodeScene scene = new NodeScene(SERVICES, folder);
        RedisConnection redis = new RedisConnection(new RedisSettings(SERVICES.redisUrl(), SERVICES.redisPassword()));
        RedisLedger ledger = new RedisLedger(redis, Duration.ofSeconds(15))) {
      List<Double> starts = new ArrayList<>();
      for (int i = 0; i < ROUNDS; i++) {
        starts.add(podToFirstItem(scene, ledger, "start-" + i));
      }
      List<Double> sorted = starts.stream().sorted().toList();
      double median = sorted.get(sorted.size() / 2);
      page.row("pod created to first item, image present, median of " + ROUNDS, number(median) + " s", "under 1.5 s",
          "quickest " + number(sorted.getFirst()) + " s, slowest " + number(sorted.getLast()) + " s");
      Memory memory = memoryUnderLoad(scene);
      page.row("resident memory of a worker after " + String.format("%,d", ITEMS) + " no-op items: now, highest",
          number(memory.worker()) + " MB, " + number(memory.workerPeak()) + " MB", "350 MB", "limit of the container 512 MiB");
      page.row("the same of the operator", number(memory.operator()) + " MB, " + number(memory.operatorPeak()) + " MB", "400 MB", "");
      page.write();
      assertThat(median).as("s, pod to first item: %s", starts).isLessThan(1.5);
      assertThat(memory.workerPeak()).as("MB of a worker").isLessThan(350);
      assertThat(memory.operatorPeak()).as("MB of the operator").isLessThan(400);
    }
  }

  /** Seconds from when the API tells of the pod until the ledger gives out the first item: both by the clock of this machine. */
  private static double podToFirstItem(NodeScene scene, RedisLedger ledger, String name) throws Exception {
    BatchJob job = scene.apply(job(name, "items: [1]"));
    scene.complete(name, LIMIT);
    JobRef ref = new JobRef(NodeScene.NAMESPACE, name, job.getMetadata().getUid());
    Instant first = ledger.read(List.of(ref)).get(ref).firstStarted();
    scene.client.resource(job).delete();
    // the next one is not to share the machine with the end of this one
    await("job " + name + " and its pods are gone").atMost(NodeScene.SOON).until(() -> scene.job(name) == null && scene.pods(name).isEmpty());
    return Duration.between(scene.podMade(name), first).toNanos() / 1e9;
  }

  /** Of both roles, in MB: what stands in memory now, and the most that ever did. */
  private record Memory(double worker, double workerPeak, double operator, double operatorPeak) {}

  private static Memory memoryUnderLoad(NodeScene scene) throws Exception {
    try (CountingServer server = scene.cluster.inside().run(() -> new CountingServer(ITEMS, Duration.ZERO))) {
      scene.apply(job("load", "http: {url: \"" + server.items() + "\", format: Ndjson}"));
      // the kubelet calls it ready some seconds after it has begun to work
      ProcessHandle worker = await("a worker").atMost(NodeScene.SOON).ignoreExceptionsInstanceOf(AssertionError.class)
          .until(() -> NodeCluster.worker(scene.workers("load").getFirst()), process -> true);
      ProcessHandle operator = NodeCluster.operator();
      AtomicLong workerNow = new AtomicLong();
      AtomicLong workerPeak = new AtomicLong();
      // the worker goes with its job: read as long as it is there
      await("job load is Complete").atMost(LIMIT).pollInterval(Duration.ofMillis(100)).until(() -> {
        workerNow.set(kilobytes(worker, "VmRSS", workerNow.get()));
        workerPeak.set(kilobytes(worker, "VmHWM", workerPeak.get()));
        String phase = scene.phase("load");
        assertThat(phase).as(scene::told).isNotIn("Failed", "Cancelled");
        return phase.equals("Complete");
      });
      assertThat(workerPeak.get()).as("kB of the worker: it was seen while it worked").isPositive();
      return new Memory(megabytes(workerNow.get()), megabytes(workerPeak.get()), megabytes(kilobytes(operator, "VmRSS", 0)),
          megabytes(kilobytes(operator, "VmHWM", 0)));
    }
  }

  private static double megabytes(long kilobytes) {
    return kilobytes * KILOBYTE / MEGABYTE;
  }

  /** A line of a process's status; what is known already once it is gone. */
  private static long kilobytes(ProcessHandle process, String line, long known) {
    try {
      return Files.readAllLines(Path.of("/proc", String.valueOf(process.pid()), "status")).stream().filter(l -> l.startsWith(line + ":"))
          .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", ""))).findFirst().orElse(known);
    } catch (IOException e) {
      return known;
    }
  }

  private static String job(String name, String source) {
    return """
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: %s}
        spec:
          source: {%s}
          processor: {noop: {}}
          workers: {maxReplicas: 1}
        """.formatted(name, source);
  }
}
