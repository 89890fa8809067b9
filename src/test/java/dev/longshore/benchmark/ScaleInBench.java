package dev.longshore.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.job.JobRef;
import dev.longshore.testing.HttpCluster;
import dev.longshore.testing.ItemServer;
import dev.longshore.testing.ItemServer.Call;
import dev.longshore.testing.ProcessCluster;
import dev.longshore.testing.Services;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * How many items run twice because workers are taken away in the middle of work: none may. {@code -Dscalein.drains} and
 * {@code -Dscalein.processes} say how many are, {@code -Dscalein.seed} which.
 */
class ScaleInBench {
  @RegisterExtension static final Services SERVICES = new Services();

  private static final int DRAINS = Integer.getInteger("scalein.drains", 1_000);
  private static final int PROCESSES = Integer.getInteger("scalein.processes", 50);
  private static final long SEED = Long.getLong("scalein.seed", System.nanoTime());
  private static final int WORKERS = 6;
  private static final int MOST_PROCESSES = 4;
  private static final int ITEMS = 2_000;
  private static final int CALL_MILLIS = 100;

  @TempDir
  Path folder;

  @Test
  void nothingRunsTwice() throws Exception {
    BenchmarkPage page = new BenchmarkPage("Scaling in");
    long twice = inOneProcess(page) + inProcessesOfTheirOwn(page);
    page.write();
    assertThat(twice).as("items that did not run just once, seed %d", SEED).isZero();
  }

  private static long inOneProcess(BenchmarkPage page) {
    try (DrainedPool pool = new DrainedPool(SERVICES, new Random(SEED), WORKERS)) {
      for (int i = 0; i < DRAINS; i++) {
        pool.replaceOne();
      }
      pool.finish();
      page.row("%,d random scale-ins under load, %d workers of one process: items that did not run just once"
          .formatted(pool.drained(), WORKERS), String.valueOf(pool.notOnce()), "0", "of %,d items; %,d of the workers had items in hand; seed %d"
              .formatted(pool.items(), pool.withItems(), SEED));
      return pool.notOnce();
    }
  }

  private long inProcessesOfTheirOwn(BenchmarkPage page) throws Exception {
    Random random = new Random(SEED);
    // nobody's lease ends because the machine is busy: this is about drains alone
    try (HttpCluster http = new HttpCluster(SERVICES, folder, Map.of("LONGSHORE_WORKER_LEASE_TIME", "60s")).start(MOST_PROCESSES)) {
      ProcessCluster cluster = http.cluster();
      List<JobRef> jobs = new ArrayList<>();
      int gone = 0;
      while (gone < PROCESSES) {
        keepBusy(http, jobs);
        int fewer = 1 + random.nextInt(MOST_PROCESSES - 1);
        scale(cluster, fewer);
        gone += MOST_PROCESSES - fewer;
        keepBusy(http, jobs);
        scale(cluster, MOST_PROCESSES);
      }
      long twice = 0;
      for (JobRef job : jobs) {
        cluster.awaitPhase(job, "Complete");
        Map<Long, Long> times = http.server().calls(job.name()).stream().collect(Collectors.groupingBy(Call::index, Collectors.counting()));
        assertThat(times).hasSize(ITEMS);
        twice += times.values().stream().filter(count -> count != 1).count();
      }
      page.row("%,d scale-ins by spec.replicas under load, workers of their own processes: items that did not run just once"
          .formatted(gone), String.valueOf(twice), "0", "of %,d items of %d ms; seed %d".formatted((long) jobs.size() * ITEMS, CALL_MILLIS, SEED));
      return twice;
    }
  }

  private static void keepBusy(HttpCluster http, List<JobRef> jobs) {
    if (!jobs.isEmpty() && http.server().calls(jobs.getLast().name()).size() < ITEMS / 2) {
      return;
    }
    String name = "drained-" + jobs.size();
    http.server().serve(name, call -> {
      TimeUnit.MILLISECONDS.sleep(CALL_MILLIS);
      return ItemServer.Answer.OK;
    });
    jobs.add(http.create(name, ITEMS, "poolRef: {name: shared}\nworkers: {concurrency: 4}"));
    await().atMost(ProcessCluster.LIMIT).until(() -> !http.server().calls(name).isEmpty());
  }

  /** Returns once so many workers are there and take work, and no others. */
  private static void scale(ProcessCluster cluster, int replicas) {
    var pool = cluster.client().resources(WorkerPool.class).inNamespace("default").withName("shared");
    pool.patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\": {\"replicas\": %d}}".formatted(replicas));
    await(replicas + " workers").atMost(ProcessCluster.LIMIT).untilAsserted(() -> {
      assertThat(cluster.pods("shared")).as(cluster::told).hasSize(replicas);
      assertThat(pool.get().getStatus().ready()).isEqualTo(replicas);
    });
  }
}
