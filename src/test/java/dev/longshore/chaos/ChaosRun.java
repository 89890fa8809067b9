package dev.longshore.chaos;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.job.ItemResult;
import dev.longshore.job.JobRef;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** One job through one storm, and the check of all that was promised. */
final class ChaosRun {
  private static final Duration PATIENCE_FOR_STATUS = Duration.ofSeconds(30);
  private static final int TOLD = 10;

  private final ChaosPlan plan;
  private final Path folder;
  private final List<String> wrong = new ArrayList<>();

  /** @param parent gets a folder named as the seed, with the logs of every process */
  ChaosRun(ChaosPlan plan, Path parent) {
    this.plan = plan;
    this.folder = parent.resolve(String.valueOf(plan.seed())).toAbsolutePath();
  }

  SeedReport run() throws Exception {
    remove(folder);
    Files.createDirectories(folder);
    writeItems();
    History history = new History(folder.resolve("history.txt"));
    SeedReport report;
    try (UserServer server = new UserServer(plan);
        ChaosCluster cluster = new ChaosCluster(folder, plan.seed() % 2 == 1).awaitReady();
        Storm storm = new Storm(plan, cluster, history)) {
      if (storm.losesSeconds()) {
        cluster.appendFile().syncEverySecond();
      }
      long begun = System.nanoTime();
      history.begin();
      JobRef job = cluster.apply(manifest(server.url()));
      history.note("applied");
      try (AccountWatch watch = new AccountWatch(cluster, job, storm, history)) {
        watch.begin();
        through(cluster, storm, watch, job, history);
        Duration elapsed = Duration.ofNanos(System.nanoTime() - begun);
        storm.calm();
        history.note("calm: " + watch.last());
        check(cluster, storm, watch, server, job, history);
        UserServer.Repeats repeats = server.repeats();
        Map<String, Integer> faults = history.faults().entrySet().stream().collect(Collectors.toMap(e -> e.getKey().title(), Map.Entry::getValue));
        String failure = wrong.isEmpty() ? "" : "seed " + plan.seed() + ":\n  " + String.join("\n  ", wrong) + "\nwhat happened (logs in " + folder
            + "):\n" + history;
        report = new SeedReport(plan.seed(), plan.items(), faults, repeats.executions(), repeats.items(), repeats.most(),
            watch.longestStall().toMillis(), elapsed.toMillis(), watch.audits(), cluster.operator().endedItself(), failure);
      }
    }
    Files.writeString(folder.resolve("report.txt"), report.table() + report.failure());
    if (report.passed()) {
      for (String data : List.of("rabbitmq/data", "redis/appendonlydir", "api/etcd")) {
        remove(folder.resolve(data));
      }
    }
    return report;
  }

  private void through(ChaosCluster cluster, Storm storm, AccountWatch watch, JobRef job, History history) {
    try {
      Awaitility.await().atMost(plan.limit()).pollInterval(Duration.ofMillis(100)).until(watch::workHasBegun);
      history.note("the first items are final");
      storm.begin();
      Awaitility.await().atMost(plan.limit()).pollInterval(Duration.ofMillis(250)).until(() -> watch.last().allFinal() || hasEnded(cluster, job));
      history.note("every item is final");
      Awaitility.await().atMost(plan.limit()).pollInterval(Duration.ofMillis(250)).until(() -> hasEnded(cluster, job));
      history.note("ended");
    } catch (ConditionTimeoutException e) {
      wrong.add("the job does not end: " + watch.last() + "; missing " + missing(cluster, job) + "; resource " + told(cluster, job));
    }
  }

  private static String missing(ChaosCluster cluster, JobRef job) {
    try {
      return String.valueOf(cluster.ledger().audit(job));
    } catch (RuntimeException e) {
      return e.toString();
    }
  }

  private static String told(ChaosCluster cluster, JobRef job) {
    try {
      return String.valueOf(cluster.get(job).getStatus());
    } catch (RuntimeException e) {
      return e.toString();
    }
  }

  private static boolean hasEnded(ChaosCluster cluster, JobRef job) {
    try {
      BatchJob now = cluster.get(job);
      return now.getStatus() != null && List.of("Complete", "Failed", "Cancelled").contains(String.valueOf(now.getStatus().phase()));
    } catch (KubernetesClientException away) {
      return false;
    }
  }

  private void check(ChaosCluster cluster, Storm storm, AccountWatch watch, UserServer server, JobRef job, History history) throws IOException {
    storm.broken().forEach(e -> wrong.add("the storm itself failed: " + e));
    int doomed = plan.doomedItems();
    if (wrong.isEmpty()) {
      status(cluster, job, doomed);
      results(cluster, job);
      if (!server.untouched().isEmpty()) {
        wrong.add("never worked on: " + server.untouched().cardinality() + " items, the first " + server.untouched().nextSetBit(0));
      }
    }
    wrong.addAll(watch.wrong());
    int faults = history.faults().values().stream().mapToInt(Integer::intValue).sum();
    if (faults < plan.leastFaults()) {
      wrong.add("only " + faults + " faults while work was going on, at least " + plan.leastFaults() + " are needed: let items take longer");
    }
    if (cluster.operator().hadToBeKilled() > 0) {
      wrong.add("the operator did not end within its grace period after SIGTERM, " + cluster.operator().hadToBeKilled() + " times");
    }
  }

  private void status(ChaosCluster cluster, JobRef job, int doomed) {
    try {
      Awaitility.await().atMost(PATIENCE_FOR_STATUS).ignoreExceptions().untilAsserted(() -> {
        var status = cluster.get(job).getStatus();
        var items = status.items();
        String expected = "Complete: " + plan.items() + " = " + (plan.items() - doomed) + " + " + doomed + " + 0 + 0";
        String seen = status.phase() + ": " + items.total() + " = " + items.succeeded() + " + " + items.failed() + " + " + items.skipped() + " + "
            + items.cancelled();
        if (!expected.equals(seen)) {
          throw new AssertionError("the resource says '" + seen + "' and not '" + expected + "' (total = succeeded + failed + skipped + cancelled)");
        }
      });
    } catch (ConditionTimeoutException e) {
      wrong.add(String.valueOf(e.getCause() == null ? e.getMessage() : e.getCause().getMessage()) + "; " + told(cluster, job));
    }
    var counts = cluster.ledger().read(List.of(job)).get(job).counts();
    if (!counts.allFinal() || counts.known() != plan.items() || counts.failed() != doomed || counts.succeeded() != plan.items() - doomed) {
      wrong.add("the ledger says " + counts + ", " + doomed + " were to fail");
    }
    var audit = cluster.ledger().audit(job);
    if (!audit.missing().isEmpty() || !audit.violations().isEmpty() || audit.finalBits() != plan.items()) {
      wrong.add("the last audit: " + audit);
    }
  }

  /** Each index once, in order, with the item and the end that are its own. */
  private void results(ChaosCluster cluster, JobRef job) {
    long[] next = {0};
    List<String> odd = new ArrayList<>();
    cluster.ledger().results(job, 0, result -> {
      if (result.index() != next[0]) {
        odd.add("index " + result.index() + " where " + next[0] + " was due");
      }
      next[0] = result.index() + 1;
      String item = "{\"id\":" + result.index() + "}";
      boolean doomed = plan.doomed((int) result.index());
      boolean right = new String(result.item()).equals(item) && (doomed ? result.status() == ItemResult.Status.FAILED
          : result.status() == ItemResult.Status.SUCCEEDED && new String(result.result()).equals("{\"done\":" + result.index() + "}"));
      if (!right) {
        odd.add("index " + result.index() + " ended as " + result.status() + " with item " + new String(result.item()) + ", failure "
            + result.failure());
      }
    });
    if (next[0] != plan.items()) {
      odd.add("the results end before index " + next[0] + " of " + plan.items());
    }
    odd.stream().limit(TOLD).forEach(o -> wrong.add("results: " + o));
    if (odd.size() > TOLD) {
      wrong.add("results: " + (odd.size() - TOLD) + " more of this kind");
    }
  }

  private void writeItems() throws IOException {
    try (BufferedWriter out = Files.newBufferedWriter(folder.resolve("items.ndjson"))) {
      for (int id = 0; id < plan.items(); id++) {
        out.write("{\"id\":" + id + "}\n");
      }
    }
  }

  private String manifest(String url) {
    return """
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: chaos, namespace: default}
        spec:
          source: {file: {path: %s, format: Ndjson}}
          processor: {http: {url: "%s", batch: {}}}
          batching: {size: %d, maxWait: 1s, chunk: {items: 200}}
          retry: {maxAttempts: 1000, backoff: {initial: 500ms, factor: 2, max: 4s, jitter: "20%%"}}
          workers: {minReplicas: %d, maxReplicas: %d, concurrency: %d}
        """.formatted(folder.resolve("items.ndjson"), url, ChaosPlan.BATCH, ChaosPlan.WORKERS, ChaosPlan.WORKERS, ChaosPlan.CONCURRENCY);
  }

  private static void remove(Path tree) throws IOException {
    if (!Files.exists(tree)) {
      return;
    }
    try (Stream<Path> files = Files.walk(tree)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
