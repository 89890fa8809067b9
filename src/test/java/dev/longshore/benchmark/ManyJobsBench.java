package dev.longshore.benchmark;

import static dev.longshore.benchmark.BenchmarkPage.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.job.JobRef;
import dev.longshore.queue.rabbitmq.RabbitSettings;
import dev.longshore.runtime.local.services.PrivateRabbitMq;
import dev.longshore.store.redis.RedisSettings;
import dev.longshore.testing.ProcessCluster;
import dev.longshore.testing.Services;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * One operator process with many active jobs, each in a pool of its own with one worker, which the test plays. Most of the jobs are quiet:
 * their worker lives, holds a message and has a long call; of the others some items become final four times a second. {@code -Dbench.jobs},
 * {@code -Dbench.changing} and {@code -Dbench.seconds} set how many, how many of them change, and how long is measured.
 */
class ManyJobsBench {
  @RegisterExtension
  static final Services SERVICES = new Services();
  private static final int JOBS = Integer.getInteger("bench.jobs", 1_000);
  private static final int CHANGING = Integer.getInteger("bench.changing", 50);
  private static final int SECONDS = Integer.getInteger("bench.seconds", 120);
  /** Quorum queues, three for each job: RabbitMQ 3.10 takes most of this for 3,000 of them. */
  private static final long BROKER_MEMORY = 3L << 30;
  private static final int ITEMS = 1_000_000;
  private static final int AT_ONCE = 8;
  private static final Duration LIMIT = Duration.ofMinutes(30);
  private static final int CLOCK_TICKS = 100;

  @TempDir
  Path folder;

  private final Map<String, LongAdder> writes = new ConcurrentHashMap<>();
  private final Map<String, CompletableFuture<Pod>> pods = new ConcurrentHashMap<>();

  @Test
  void aThousandActiveJobs() throws Exception {
    PrivateRabbitMq rabbit = SERVICES.ownRabbit(BROKER_MEMORY);
    RedisSettings store = new RedisSettings(SERVICES.redisUrl(), SERVICES.redisPassword());
    RabbitSettings broker = new RabbitSettings(rabbit.url(), rabbit.username(), rabbit.password(), "played");
    Map<String, String> settings = Map.of("LONGSHORE_RABBITMQ_URL", rabbit.url(), "LONGSHORE_RABBITMQ_USERNAME", rabbit.username(),
        "LONGSHORE_RABBITMQ_PASSWORD", rabbit.password(), "LONGSHORE_WORKER_LEASE_TIME", PlayedWorkers.LEASE.toSeconds() + "s",
        "LONGSHORE_AUDIT_QUIET", "30s");
    try (ProcessCluster cluster = ProcessCluster.withoutWorkers(SERVICES, folder, settings).startOperator();
        PlayedWorkers workers = new PlayedWorkers(cluster.client(), store, broker);
        Watch podWatch = cluster.client().pods().inNamespace("default").withLabel("longshore.dev/job").watch(new Seen<Pod>() {
          @Override
          void seen(Pod pod) {
            pod(pod.getMetadata().getLabels().get("longshore.dev/job")).complete(pod);
          }
        })) {
      List<JobRef> jobs = jobs(cluster, workers);
      jobs.subList(0, CHANGING).forEach(workers::move);
      awaitWorkers(cluster);
      measure(cluster, jobs);
    }
  }

  private List<JobRef> jobs(ProcessCluster cluster, PlayedWorkers workers) throws Exception {
    List<Future<JobRef>> made = new ArrayList<>();
    try (ExecutorService hands = Executors.newFixedThreadPool(AT_ONCE)) {
      for (int i = 0; i < JOBS; i++) {
        String name = "job-" + i;
        long items = i < CHANGING ? ITEMS : PlayedWorkers.IN_HAND;
        made.add(hands.submit(() -> {
          JobRef job = cluster.create(job(name));
          workers.start(pod(name).get(LIMIT.toSeconds(), TimeUnit.SECONDS), job, items);
          return job;
        }));
      }
    }
    List<JobRef> jobs = new ArrayList<>();
    for (Future<JobRef> job : made) {
      jobs.add(job.get());
    }
    return jobs;
  }

  private static void awaitWorkers(ProcessCluster cluster) {
    await("each pool sees its worker").atMost(LIMIT).pollInterval(Duration.ofSeconds(5)).untilAsserted(() -> assertThat(
        cluster.client().resources(WorkerPool.class).inNamespace("default").list().getItems().stream()
            .filter(pool -> pool.getStatus() != null && Integer.valueOf(1).equals(pool.getStatus().ready())).count()).isEqualTo(JOBS));
    await("and each job says so").atMost(LIMIT).pollInterval(Duration.ofSeconds(5)).untilAsserted(() -> assertThat(
        cluster.client().resources(BatchJob.class).inNamespace("default").list().getItems().stream()
            .filter(job -> job.getStatus().workers() != null && Integer.valueOf(1).equals(job.getStatus().workers().ready())
                && Long.valueOf(1).equals(job.getStatus().queue().unacked())).count()).isEqualTo(JOBS));
  }

  private void measure(ProcessCluster cluster, List<JobRef> jobs) throws Exception {
    try (Watch statuses = cluster.client().resources(BatchJob.class).inNamespace("default")
        .withResourceVersion(cluster.client().resources(BatchJob.class).inNamespace("default").list().getMetadata().getResourceVersion())
        .watch(new Seen<BatchJob>() {
          @Override
          void seen(BatchJob job) {
            writes.computeIfAbsent(job.getMetadata().getName(), name -> new LongAdder()).increment();
          }
        })) {
      Passes before = Passes.of(cluster.metrics());
      long cpu = cpuTicks(cluster.operatorPid());
      long start = System.nanoTime();
      pause(Duration.ofSeconds(SECONDS / 2));
      long applied = System.nanoTime();
      cluster.create(job("new"));
      pod("new").get(60, TimeUnit.SECONDS);
      double decided = (System.nanoTime() - applied) / 1e9;
      pause(Duration.ofSeconds(SECONDS).minusNanos(System.nanoTime() - start));
      double seconds = (System.nanoTime() - start) / 1e9;
      double cores = (cpuTicks(cluster.operatorPid()) - cpu) / (double) CLOCK_TICKS / seconds;
      report(Passes.of(cluster.metrics()).since(before), cores, memory(cluster.operatorPid()), decided, seconds, jobs);
    }
  }

  private void report(Passes passes, double cores, long memory, double decided, double seconds, List<JobRef> jobs) {
    long most = jobs.subList(0, CHANGING).stream().mapToLong(this::written).max().orElse(0);
    long quiet = jobs.subList(CHANGING, JOBS).stream().mapToLong(this::written).sum();
    BenchmarkPage page = new BenchmarkPage("Many jobs");
    String of = String.format("%,d active jobs in as many pools, %d of them changing: ", JOBS, CHANGING);
    page.row(of + "share of passes within 100 ms", number(100.0 * passes.within() / passes.all()) + " %", "99 %",
        number(passes.all() / seconds) + " passes/s");
    page.row(of + "the operator's processor time", number(cores) + " cores", "1", "over " + number(seconds) + " s");
    page.row(of + "its resident memory", memory / 1024 + " MB", "600 MB", "highest seen");
    page.row(of + "status writes of the changing job that has most, of all quiet ones", number(most / seconds) + "/s, " + quiet, "1/s, 0",
        "");
    page.row(of + "a further job, from the request to its pod object", number(decided) + " s", "2 s", "");
    page.write();
    assertThat(passes.within()).as("passes within 100 ms, of %d; %s", passes.all(), passes.told())
        .isGreaterThanOrEqualTo(Math.ceilDiv(passes.all() * 99, 100));
    assertThat(cores).as("cores").isLessThan(1);
    assertThat(memory).as("kB resident").isPositive().isLessThan(600 * 1024);
    assertThat(most).as("status writes of a changing job").isLessThanOrEqualTo((long) seconds + 1);
    assertThat(quiet).as("status writes of quiet jobs: %s", writes).isZero();
    assertThat(decided).as("s until a new job's pod").isLessThan(2);
  }

  private long written(JobRef job) {
    LongAdder count = writes.get(job.name());
    return count == null ? 0 : count.sum();
  }

  private CompletableFuture<Pod> pod(String job) {
    return pods.computeIfAbsent(job, name -> new CompletableFuture<>());
  }

  private static String job(String name) {
    return """
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: %s}
        spec:
          source: {items: [1]}
          processor: {noop: {}}
          workers: {maxReplicas: 1}
        """.formatted(name);
  }

  /** Passes of all controllers, and how many of them took at most 100 ms. */
  private record Passes(Map<String, Long> series) {
    static Passes of(String metrics) {
      Map<String, Long> series = new TreeMap<>();
      metrics.lines().filter(line -> line.startsWith("longshore_reconcile_seconds_")).forEach(line -> {
        int space = line.lastIndexOf(' ');
        series.put(line.substring("longshore_reconcile_seconds_".length(), space), (long) Double.parseDouble(line.substring(space + 1)));
      });
      return new Passes(series);
    }

    Passes since(Passes before) {
      Map<String, Long> since = new TreeMap<>(series);
      before.series.forEach((name, value) -> since.merge(name, -value, Long::sum));
      return new Passes(since);
    }

    long all() {
      return sum("count", "");
    }

    long within() {
      return sum("bucket", "le=\"0.1\"");
    }

    private long sum(String name, String label) {
      return series.entrySet().stream().filter(one -> one.getKey().startsWith(name) && one.getKey().contains(label))
          .mapToLong(Map.Entry::getValue).sum();
    }

    /** How many passes of each controller took how long. */
    String told() {
      return series.entrySet().stream().filter(one -> one.getKey().startsWith("bucket") && one.getKey().contains("success"))
          .map(one -> one.getKey().replaceAll(".*controller=\"(\\w+)\".*le=\"([^\"]*)\".*", "$1 $2") + ": " + one.getValue())
          .collect(Collectors.joining(", "));
    }
  }

  private abstract static class Seen<T> implements Watcher<T> {
    abstract void seen(T resource);

    @Override
    public void eventReceived(Action action, T resource) {
      seen(resource);
    }

    @Override
    public void onClose(WatcherException cause) {}
  }

  private static void pause(Duration time) {
    LockSupport.parkNanos(time.toNanos());
  }

  /** User and system time of a process, in hundredths of a second: fields 14 and 15 of its stat. */
  private static long cpuTicks(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc", String.valueOf(pid), "stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
  }

  /** The kernel's own note of the most that was resident, in kB. */
  private static long memory(long pid) throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc", String.valueOf(pid), "status"))) {
      return lines.filter(line -> line.startsWith("VmHWM:")).mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).findFirst()
          .orElse(0);
    }
  }
}
