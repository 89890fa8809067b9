package dev.longshore.chaos;

import dev.longshore.api.v1alpha1.BatchJob;
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
  /** The ledger is audited once a second, unless Redis is away. */
  private static final int SECONDS_FOR_AN_AUDIT = 3;

  private final ChaosPlan plan;
  private final Path folder;
  private final List<String> wrong = new ArrayList<>();
  /** Faults while work was going on. */
  private int disturbances;
  private History history;
  private ChaosCluster cluster;
  private UserServer server;

  /** @param parent gets a folder named as the seed, with the logs of every process */
  ChaosRun(ChaosPlan plan, Path parent) {
    this.plan = plan;
    this.folder = parent.resolve(String.valueOf(plan.seed())).toAbsolutePath();
  }

  SeedReport run() throws Exception {
    remove(folder);
    Files.createDirectories(folder);
    writeItems();
    history = new History(folder.resolve("history.txt"));
    SeedReport report;
    try (UserServer user = new UserServer(plan);
        ChaosCluster all = new ChaosCluster(folder, plan.seed() % 2 == 1, ChaosTimes.SHORT).awaitReady()) {
      server = user;
      cluster = all;
      report = storms();
    }
    Files.writeString(folder.resolve("report.txt"), report.table() + report.failure());
    if (report.passed()) {
      for (String data : List.of("rabbitmq/data", "redis/appendonlydir", "api/etcd")) {
        remove(folder.resolve(data));
      }
    }
    return report;
  }

  private SeedReport storms() throws Exception {
    if (plan.losesSeconds()) {
      cluster.appendFile().syncEverySecond();
    }
    history.begin();
    JobRef job = cluster.apply(manifest());
    history.note("applied");
    try (AccountWatch watch = new AccountWatch(cluster, job, plan, history)) {
      watch.begin();
      Duration elapsed = storm(job, watch, 1);
      if (wrong.isEmpty() && plan.redrives()) {
        server.heal();
        watch.redriving();
        redrive(job);
        storm(job, watch, 2);
      }
      if (disturbances < plan.leastFaults()) {
        wrong.add("only " + disturbances + " faults while work was going on, at least " + plan.leastFaults() + " are needed: let items take longer");
      }
      if (plan.whole() && elapsed.compareTo(ChaosPlan.WHOLE) < 0) {
        wrong.add("it lasted only " + elapsed + ", a whole seed lasts at least " + ChaosPlan.WHOLE + ": let items take longer");
      }
      if (watch.audits() < elapsed.toSeconds() / SECONDS_FOR_AN_AUDIT) {
        wrong.add("the ledger was audited only " + watch.audits() + " times in " + elapsed);
      }
      if (cluster.operator().hadToBeKilled() > 0) {
        wrong.add("the operator did not end within its grace period after SIGTERM, " + cluster.operator().hadToBeKilled() + " times");
      }
      watch.wrong().stream().filter(w -> !wrong.contains(w)).forEach(wrong::add);
      return report(watch, elapsed);
    }
  }

  private SeedReport report(AccountWatch watch, Duration elapsed) {
    UserServer.Repeats repeats = server.repeats();
    Map<String, Integer> faults = history.faults().entrySet().stream().collect(Collectors.toMap(e -> e.getKey().title(), Map.Entry::getValue));
    String failure = wrong.isEmpty() ? "" : "seed " + plan.seed() + ":\n  " + String.join("\n  ", wrong) + "\nwhat happened (logs in " + folder
        + "):\n" + history;
    return new SeedReport(plan.seed(), plan.items(), faults, repeats.executions(), repeats.items(), repeats.most(), watch.longestStall().toMillis(),
        elapsed.toMillis(), watch.audits(), cluster.operator().endedItself(), plan.whole(), failure);
  }

  /** One run of the job to its end, and what is to be true then. Returns how long it took. */
  private Duration storm(JobRef job, AccountWatch watch, int run) throws Exception {
    long begun = System.nanoTime();
    int before = faults();
    try (Storm storm = new Storm(plan, cluster, history, plan.dice(run))) {
      watch.through(storm);
      await(job, watch, run, storm);
      Duration elapsed = Duration.ofNanos(System.nanoTime() - begun);
      wrong.addAll(watch.wrong());
      disturbances += faults() - before;
      if (wrong.isEmpty() && plan.losesSeconds()) {
        // what is Complete must bear that too
        storm.afterTheEnd();
      }
      storm.calm();
      history.note("calm: " + watch.last());
      storm.broken().forEach(e -> wrong.add("the storm itself failed: " + e));
      if (wrong.isEmpty()) {
        wrong.addAll(new Promises(plan, cluster, job, run == 1).broken());
      }
      if (wrong.isEmpty() && !server.untouched().isEmpty()) {
        wrong.add("never worked on: " + server.untouched().cardinality() + " items, the first " + server.untouched().nextSetBit(0));
      }
      return elapsed;
    }
  }

  private int faults() {
    return history.faults().values().stream().mapToInt(Integer::intValue).sum();
  }

  private void await(JobRef job, AccountWatch watch, int run, Storm storm) {
    try {
      Awaitility.await().atMost(plan.limit()).pollInterval(Duration.ofMillis(100)).until(() -> watch.workHasBegun(run));
      history.note("run " + run + ": the first items are final");
      storm.begin(job, watch::suspended);
      Awaitility.await().atMost(plan.limit()).pollInterval(Duration.ofMillis(250))
          .until(() -> hasEnded(job, run) || !watch.wrong().isEmpty());
      history.note("run " + run + (watch.wrong().isEmpty() ? " has ended" : " is given up"));
    } catch (ConditionTimeoutException e) {
      wrong.add("run " + run + " does not end: " + watch.last() + "; audit " + audit(job) + "; resource " + told(job));
    }
  }

  private void redrive(JobRef job) {
    history.note("redrive");
    Awaitility.await().atMost(Duration.ofMinutes(1)).ignoreExceptions().until(() -> {
      cluster.patch(job, "{\"spec\":{\"redrive\":{\"request\":\"again\",\"all\":true}}}");
      return true;
    });
  }

  private String audit(JobRef job) {
    try {
      return String.valueOf(cluster.ledger().audit(job));
    } catch (RuntimeException e) {
      return e.toString();
    }
  }

  private String told(JobRef job) {
    try {
      return String.valueOf(cluster.get(job).getStatus());
    } catch (RuntimeException e) {
      return e.toString();
    }
  }

  private boolean hasEnded(JobRef job, int run) {
    try {
      BatchJob now = cluster.get(job);
      return now.getStatus() != null && now.getStatus().run() != null && now.getStatus().run() == run
          && List.of("Complete", "Failed", "Cancelled").contains(String.valueOf(now.getStatus().phase()));
    } catch (KubernetesClientException away) {
      return false;
    }
  }

  private void writeItems() throws IOException {
    try (BufferedWriter out = Files.newBufferedWriter(folder.resolve("items.ndjson"))) {
      for (int id = 0; id < plan.items(); id++) {
        out.write(ChaosPlan.item(id) + "\n");
      }
    }
  }

  private String manifest() {
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
        """.formatted(folder.resolve("items.ndjson"), server.url(), ChaosPlan.BATCH, ChaosPlan.WORKERS, ChaosPlan.WORKERS, ChaosPlan.CONCURRENCY);
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
