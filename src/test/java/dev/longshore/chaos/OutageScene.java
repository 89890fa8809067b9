package dev.longshore.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.job.JobRef;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;

/** One job on the shared pool, slow until its troubles are over, and what must be true of it. */
final class OutageScene implements AutoCloseable {
  static final String POOL = "shared";
  static final int ITEMS = 8_000;
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final int CONCURRENCY = 10;
  /** A call takes 2 s: two workers with 10 calls of 20 items each need 40 s for all. */
  private static final ChaosPlan PLAN = plan(ITEMS, Duration.ofSeconds(2));

  private final ChaosCluster cluster;
  private final History history;
  private final ChaosPlan plan;
  private final String name;
  private final UserServer server;
  private final JobRef job;
  private final AccountWatch watch;

  /** @param call how long a call for {@link ChaosPlan#BATCH} items takes */
  static ChaosPlan plan(int items, Duration call) {
    Duration ideal = call.multipliedBy(items).dividedBy(ChaosPlan.WORKERS * ChaosPlan.CONCURRENCY * ChaosPlan.BATCH);
    return new ChaosPlan(1, items, ideal, LIMIT, Duration.ofSeconds(1), 0, EnumSet.of(Fault.STORE_CUT));
  }

  /** Empties the folder and writes the items into it. */
  static void prepare(Path folder, int items) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
    Files.createDirectories(folder);
    try (BufferedWriter out = Files.newBufferedWriter(folder.resolve("items.ndjson"))) {
      for (int id = 0; id < items; id++) {
        out.write(ChaosPlan.item(id) + "\n");
      }
    }
  }

  /** Makes the job, suspended. */
  OutageScene(ChaosCluster cluster, History history, Path folder, String name) throws IOException {
    this(cluster, history, folder, name, PLAN, CONCURRENCY);
  }

  /**
   * Makes the job, suspended.
   *
   * @param concurrency calls at once of each worker
   */
  OutageScene(ChaosCluster cluster, History history, Path folder, String name, ChaosPlan plan, int concurrency) throws IOException {
    this.cluster = cluster;
    this.history = history;
    this.plan = plan;
    this.name = name;
    server = new UserServer(plan);
    job = cluster.apply("""
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: %s, namespace: default}
        spec:
          suspend: true
          source: {file: {path: %s, format: Ndjson}}
          processor: {http: {url: "%s", batch: {}}}
          batching: {size: %d, maxWait: 1s, chunk: {items: 200}}
          retry: {maxAttempts: 1000, backoff: {initial: 500ms, factor: 2, max: 4s, jitter: "20%%"}}
          workers: {concurrency: %d}
          poolRef: {name: %s}
        """.formatted(name, folder.resolve("items.ndjson"), server.url(), ChaosPlan.BATCH, concurrency, POOL));
    watch = new AccountWatch(cluster, job, plan, history);
  }

  /** Lets it begin, and returns when its first items are final. */
  OutageScene begin() {
    cluster.patch(job, "{\"spec\":{\"suspend\":false}}");
    watch.begin();
    await("the first items of job " + name + " are final").atMost(LIMIT).until(() -> watch.workHasBegun(1));
    history.note("job " + name + " has begun");
    return this;
  }

  ChaosPlan plan() {
    return plan;
  }

  UserServer server() {
    return server;
  }

  JobRef job() {
    return job;
  }

  AccountWatch watch() {
    return watch;
  }

  /** How many items are final now. */
  long finished() {
    return cluster.ledger().read(List.of(job)).get(job).counts().finished();
  }

  /** Suspends it and waits until nothing is in hand any more, or lets it go on. */
  void suspend(boolean value) {
    watch.suspended(value);
    cluster.patch(job, "{\"spec\":{\"suspend\":" + value + "}}");
    if (value) {
      await("nothing of job " + name + " is in hand").atMost(LIMIT).until(() -> cluster.ledger().read(List.of(job)).get(job).counts().inFlight() == 0);
    }
  }

  /** Waits until so many more items are final. */
  void goesOn(int more) {
    long begun = finished();
    assertThat(begun + more).as("items left in job '%s': too few for what is to come", name).isLessThan(plan.items());
    await("job " + name + " goes on").atMost(LIMIT).ignoreExceptions().until(() -> finished() >= begun + more);
    history.note("job " + name + " goes on: " + watch.last());
  }

  /** Ends the slowness, waits for the end, and checks all that was promised. */
  void endsWell() {
    assertThat(watch.last().allFinal()).as("job '%s' ended before its troubles were over", name).isFalse();
    server.hurry();
    try {
      await().atMost(LIMIT).ignoreExceptionsInstanceOf(KubernetesClientException.class).until(this::hasEnded);
    } catch (ConditionTimeoutException e) {
      throw new AssertionError("job " + name + " does not end: " + watch.last() + "; audit " + cluster.ledger().audit(job) + "; resource "
          + cluster.get(job).getStatus() + "\n" + history, e);
    }
    history.note("job " + name + " has ended: " + server.repeats());
    keepsItsPromises();
    assertThat(server.untouched().cardinality()).as("items of job '%s' that were never worked on", name).isZero();
  }

  private boolean hasEnded() {
    BatchJob now = cluster.get(job);
    return now.getStatus() != null && List.of("Complete", "Failed", "Cancelled").contains(String.valueOf(now.getStatus().phase()));
  }

  /** Complete, each index once in the results, the account sound, and nothing wrong at any read on the way. */
  void keepsItsPromises() {
    assertThat(new Promises(plan, cluster, job, true).broken()).as("promises to job '%s' that are broken; what happened:\n%s", name, history)
        .isEmpty();
    assertThat(watch.wrong()).as("wrong at a read of job '%s' on the way; what happened:\n%s", name, history).isEmpty();
  }

  @Override
  public void close() {
    watch.close();
    cluster.delete(job);
    server.close();
  }
}
