package dev.longshore.chaos;

import static dev.longshore.benchmark.BenchmarkPage.number;
import static org.awaitility.Awaitility.await;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.benchmark.BenchmarkPage;
import dev.longshore.job.JobRef;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.rabbitmq.RabbitSettings;
import dev.longshore.queue.rabbitmq.RabbitWorkQueues;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.assertj.core.api.SoftAssertions;

/** How soon running jobs are suspended, resumed, widened, cancelled and deleted, each several times, from when the request is sent. */
final class SteeringRounds implements AutoCloseable {
  private static final int ROUNDS = 5;
  private static final int CONCURRENCY = 4;
  private static final Duration SHORT_CALL = Duration.ofMillis(100);
  private static final Duration CALL = Duration.ofMillis(300);
  private static final Duration LONG_CALL = Duration.ofSeconds(10);
  /** No call may begin for so long: what begins within it is counted as late. */
  private static final Duration QUIET = Duration.ofSeconds(3);
  private static final Duration SUSPENDED_WITHIN = Duration.ofSeconds(1);
  private static final Duration WIDER_WITHIN = Duration.ofSeconds(2);
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final ChaosCluster cluster;
  private final History history;
  private final Path folder;
  private final BenchmarkPage page;
  private final SoftAssertions musts;
  private final WorkQueues queues;

  /** @param folder holds the items */
  SteeringRounds(ChaosCluster cluster, History history, Path folder, BenchmarkPage page, SoftAssertions musts) {
    this.cluster = cluster;
    this.history = history;
    this.folder = folder;
    this.page = page;
    this.musts = musts;
    this.queues = new RabbitWorkQueues(new RabbitSettings(cluster.broker().url(), cluster.broker().username(), cluster.broker().password(),
        "steering-rounds"));
  }

  void run() throws Exception {
    suspended();
    wider();
    cancelled();
    deleted();
  }

  /** A job at work, and the service that it calls. */
  private record Steered(JobRef job, UserServer server, ChaosCluster cluster) implements AutoCloseable {
    @Override
    public void close() {
      if (cluster.get(job) != null) {
        cluster.delete(job);
      }
      server.close();
    }
  }

  private Steered start(String name, Duration call, String pool) throws IOException {
    UserServer server = new UserServer(OutageBench.plan(call)).willing();
    JobRef job = cluster.apply("""
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: %s, namespace: default}
        spec:
          source: {file: {path: %s, format: Ndjson}}
          processor: {http: {url: "%s", batch: {}}}
          batching: {size: %d, maxWait: 1s, chunk: {items: 200}}
          %s
        """.formatted(name, folder.resolve("items.ndjson"), server.url(), ChaosPlan.BATCH, pool));
    return new Steered(job, server, cluster);
  }

  private static String sharedPool() {
    return "workers: {concurrency: %d}\n  poolRef: {name: %s}".formatted(CONCURRENCY, OutageScene.POOL);
  }

  private static String ownPool(int concurrency) {
    return "workers: {minReplicas: 1, maxReplicas: 1, concurrency: %d}".formatted(concurrency);
  }

  private void suspended() throws Exception {
    double[] last = new double[ROUNDS];
    double[] first = new double[ROUNDS];
    try (Steered steered = start("suspended", SHORT_CALL, sharedPool())) {
      long resumed = System.nanoTime();
      for (int round = 0; round < ROUNDS; round++) {
        long since = resumed;
        soon("work goes on", () -> steered.server().beginsAfter(since).size() > 50);
        long told = System.nanoTime();
        cluster.patch(steered.job(), "{\"spec\":{\"suspend\":true}}");
        await("no further call begins").atMost(LIMIT).pollInterval(Duration.ofMillis(50)).until(() -> isQuiet(steered.server(), told));
        last[round] = steered.server().beginsAfter(told).stream().mapToLong(begin -> begin.at() - told).max().orElse(0) / 1e9;

        resumed = System.nanoTime();
        long from = resumed;
        cluster.patch(steered.job(), "{\"spec\":{\"suspend\":false}}");
        soon("a call begins", () -> !steered.server().beginsAfter(from).isEmpty());
        first[round] = (steered.server().beginsAfter(from).getFirst().at() - from) / 1e9;
      }
    }
    row("suspend: true patched, until the last call begins", last, within(SUSPENDED_WITHIN), "a call begins every "
        + SHORT_CALL.toMillis() / (2 * CONCURRENCY) + " ms before; from when the request is sent, here and below");
    row("suspend: false patched, until the first call begins", first, "", "");
    must("s until the last call begins after suspend", last, SUSPENDED_WITHIN);
  }

  private static boolean isQuiet(UserServer server, long since) {
    List<UserServer.Begin> begins = server.beginsAfter(since);
    long last = begins.isEmpty() ? since : begins.getLast().at();
    return server.running() == 0 && System.nanoTime() - last > QUIET.toNanos();
  }

  private void wider() throws Exception {
    double[] seconds = new double[ROUNDS];
    int step = 2;
    try (Steered steered = start("wider", CALL, ownPool(step))) {
      for (int round = 0; round < ROUNDS; round++) {
        int bound = step * (round + 1);
        soon("all slots are in use", () -> steered.server().running() == bound);
        musts.assertThat(steered.server().mostAtOnce()).as("calls at once, at most, with concurrency %d", bound).isEqualTo(bound);
        long told = System.nanoTime();
        cluster.patch(steered.job(), "{\"spec\":{\"workers\":{\"concurrency\":" + (bound + step) + "}}}");
        soon("more calls run", () -> steered.server().mostAtOnce() > bound);
        long began = steered.server().beginsAfter(told).stream().filter(begin -> begin.running() > bound).findFirst().orElseThrow().at();
        seconds[round] = (began - told) / 1e9;
      }
    }
    row("workers.concurrency raised on a running job, until more calls run at once than before", seconds, within(WIDER_WITHIN),
        "by " + step + ", from " + step + " to " + step * (ROUNDS + 1) + ", own pool; never more than asked for");
    must("s until more calls run", seconds, WIDER_WITHIN);
  }

  private void cancelled() throws Exception {
    double[] seconds = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      try (Steered steered = start("cancelled-" + round, LONG_CALL, sharedPool())) {
        soon("all slots are in use", () -> steered.server().running() == 2 * CONCURRENCY);
        long told = System.nanoTime();
        cluster.patch(steered.job(), "{\"spec\":{\"cancel\":true}}");
        soon("it is cancelled", () -> "Cancelled".equals(cluster.get(steered.job()).getStatus().phase()));
        seconds[round] = secondsSince(told);
      }
    }
    row("cancel: true patched, until the phase is Cancelled", seconds, "", "all slots in use, by calls of " + LONG_CALL.toSeconds()
        + " s; 2 s of it are the wait for a Redis that syncs its file once a second");
  }

  private void deleted() throws Exception {
    double[] resource = new double[ROUNDS];
    double[] all = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      try (Steered steered = start("deleted-" + round, LONG_CALL, ownPool(CONCURRENCY))) {
        JobRef job = steered.job();
        soon("all slots are in use", () -> steered.server().running() == CONCURRENCY);
        int processes = cluster.workers().size();
        long told = System.nanoTime();
        cluster.delete(job);
        soon("the resource is gone", () -> cluster.get(job) == null);
        resource[round] = secondsSince(told);
        soon("nothing is left of it", () -> left(job).isEmpty() && cluster.workers().size() < processes);
        all[round] = secondsSince(told);
      }
    }
    row("a running job deleted, until the resource is gone", resource, "",
        "own pool, all slots in use, by calls of " + LONG_CALL.toSeconds() + " s");
    row("a running job deleted, until no queue, no Redis key, no pool, no pod and no process of it is left", all, "", "");
  }

  private List<String> left(JobRef job) throws IOException, InterruptedException {
    List<String> left = new ArrayList<>(cluster.traces(job));
    for (WorkQueues.Kind kind : WorkQueues.Kind.values()) {
      if (queues.depth(job, kind).exists()) {
        left.add("queue " + WorkQueues.name(job, kind));
      }
    }
    return left;
  }

  private void row(String what, double[] seconds, String must, String besides) {
    double[] sorted = seconds.clone();
    Arrays.sort(sorted);
    history.note(what + ": " + Arrays.toString(seconds));
    page.row(what + ", median and worst of " + ROUNDS, number(sorted[ROUNDS / 2]) + " s, " + number(sorted[ROUNDS - 1]) + " s", must,
        besides);
  }

  private void must(String what, double[] seconds, Duration bound) {
    musts.assertThat(Arrays.stream(seconds).max().orElseThrow()).as(what).isLessThanOrEqualTo(bound.toSeconds());
  }

  private static String within(Duration bound) {
    return "within " + bound.toSeconds() + " s";
  }

  private static void soon(String what, Callable<Boolean> condition) {
    await(what).atMost(LIMIT).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(10)).until(condition);
  }

  private static double secondsSince(long time) {
    return (System.nanoTime() - time) / 1e9;
  }

  @Override
  public void close() throws Exception {
    queues.close();
  }
}
