package dev.longshore.chaos;

import static dev.longshore.benchmark.BenchmarkPage.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.api.v1alpha1.BatchJobStatus;
import dev.longshore.benchmark.BenchmarkPage;
import dev.longshore.job.IndexSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;

/** How soon work goes on after an outage, and how soon a job does what it is told, with the standard times of operator and workers. */
class OutageBench {
  private static final Path FOLDER = Path.of("target", "chaos", "outage-bench").toAbsolutePath();
  private static final int WORKERS = 2;
  private static final int CONCURRENCY = 2;
  private static final int ITEMS = 64_000;
  private static final Duration CALL = Duration.ofMillis(500);
  private static final Duration AWAY = Duration.ofSeconds(60);
  private static final int MOST_LINES = 60;
  private static final Duration FROZEN = Duration.ofSeconds(120);
  private static final Duration LIMIT = Duration.ofSeconds(90);

  private final BenchmarkPage page = new BenchmarkPage("Outages and steering");
  private final SoftAssertions musts = new SoftAssertions();
  private History history;
  private ChaosCluster cluster;

  /** All {@value #ITEMS} items, {@code call} for each 20 of them. */
  static ChaosPlan plan(Duration call) {
    return OutageScene.plan(ITEMS, call);
  }

  @Test
  void outagesAndSteering() throws Exception {
    OutageScene.prepare(FOLDER, ITEMS);
    history = new History(FOLDER.resolve("history.txt"));
    try (ChaosCluster all = new ChaosCluster(FOLDER, false, ChaosTimes.STANDARD).awaitReady()) {
      cluster = all;
      cluster.appendFile().syncEverySecond();
      cluster.applyPool("""
          apiVersion: longshore.dev/v1alpha1
          kind: WorkerPool
          metadata: {name: %s, namespace: default}
          spec: {minReplicas: %d, maxReplicas: %d, allow: {processors: [http], files: ["%s"]}}
          """.formatted(OutageScene.POOL, WORKERS, WORKERS, FOLDER));
      await("the workers say that they are ready").atMost(LIMIT).until(() -> cluster.heartbeats(OutageScene.POOL).size() == WORKERS);
      away();
      frozen();
      try (SteeringRounds rounds = new SteeringRounds(cluster, history, FOLDER, page, musts)) {
        rounds.run();
      }
    }
    page.write();
    musts.assertAll();
  }

  private void away() throws Exception {
    try (OutageScene scene = new OutageScene(cluster, history, FOLDER, "away", plan(CALL), CONCURRENCY).begin()) {
      refused(scene, "RabbitMQ", List.of("operator-broker", "worker-broker"), "the next item is final", scene::finished);
      refused(scene, "Redis", List.of("operator-redis", "worker-redis"), "the next item is final", scene::finished);
      long onTheWay = refused(scene, "the Kubernetes API", List.of("operator-api"), "the status moves", () -> moving(scene));
      musts.assertThat(onTheWay).as("items that became final while the Kubernetes API was away").isPositive();

      scene.endsWell();
      page.row("the job of these outages: items, each final once", number(ITEMS), "all", repeats(scene));
    }
  }

  private BatchJobStatus.Items moving(OutageScene scene) {
    return cluster.get(scene.job()).getStatus().items();
  }

  /**
   * Refuses all connections over these links for a time.
   *
   * @param moves what changes when all is well again
   * @return how many items became final meanwhile
   */
  private long refused(OutageScene scene, String what, List<String> links, String end, Callable<?> moves) throws Exception {
    Map<String, ProcessHandle> workers = cluster.workers();
    assertThat(workers).hasSize(WORKERS);
    history.note("refused: " + links);
    Map<String, Long> before = lines();
    long finished = scene.finished();
    links.forEach(link -> cluster.links().get(link).refuse());
    await("the workers stay while these are away: " + links).during(AWAY).atMost(AWAY.plus(LIMIT)).pollInterval(Duration.ofMillis(250))
        .until(() -> cluster.workers().equals(workers));
    Map<String, Long> written = lines();
    long onTheWay = scene.finished() - finished;
    Object still = moves.call();
    links.forEach(link -> cluster.links().get(link).heal());
    long healed = System.nanoTime();
    await(end + " after " + what + " is back").atMost(LIMIT).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(10)).ignoreExceptions()
        .until(() -> !moves.call().equals(still));
    double seconds = secondsSince(healed);
    history.note("healed: " + links + ", goes on after " + seconds + " s");

    written.replaceAll((log, count) -> count - before.getOrDefault(log, 0L));
    Map.Entry<String, Long> most = written.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow();
    history.note("lines: " + written);
    String outage = what + " refused for " + AWAY.toSeconds() + " s: ";
    page.row(outage + "from healing until " + end, number(seconds) + " s", "",
        onTheWay + " items became final meanwhile; a call takes " + CALL.toMillis() + " ms");
    page.row(outage + "most log lines that one process wrote meanwhile", String.valueOf(most.getValue()), "under " + MOST_LINES,
        (most.getKey().startsWith("operator") ? "the operator" : "a worker") + "; the worker processes stayed the same");
    musts.assertThat(most.getValue()).as("lines in %s while %s was away", most.getKey(), what).isLessThan(MOST_LINES);
    musts.assertThat(cluster.workers()).as("the worker processes after %s was away", what).isEqualTo(workers);
    musts.assertThat(cluster.operator().endedItself()).as("how often the operator ended itself").isZero();
    await("the operator is ready again").atMost(LIMIT).ignoreExceptions().until(() -> cluster.health().contains("\"status\": \"UP\""));
    scene.goesOn(10 * ChaosPlan.BATCH);
    return onTheWay;
  }

  private Map<String, Long> lines() throws IOException {
    Map<String, Long> lines = new LinkedHashMap<>();
    for (Map.Entry<String, Path> log : cluster.logs().entrySet()) {
      try (Stream<String> all = Files.lines(log.getValue())) {
        lines.put(log.getKey(), all.count());
      }
    }
    return lines;
  }

  private void frozen() throws Exception {
    try (OutageScene scene = new OutageScene(cluster, history, FOLDER, "frozen", plan(CALL), CONCURRENCY)) {
      scene.server().willing();
      scene.begin();
      scene.goesOn(1_000);
      Map<String, ProcessHandle> workers = cluster.workers();
      String pod = workers.keySet().stream().min(Comparator.naturalOrder()).orElseThrow();
      try {
        freeze(scene, pod, workers);
      } finally {
        signal("-CONT", workers.get(pod));
      }
      long woken = System.nanoTime();
      long done = cluster.heartbeats(OutageScene.POOL).get(pod).heartbeat().done();
      await("the woken worker works again").atMost(LIMIT).pollInterval(Duration.ofMillis(20)).ignoreExceptions()
          .until(() -> cluster.heartbeats(OutageScene.POOL).get(pod).heartbeat().done() > done);
      page.row("that worker woken (SIGCONT): until it says that it has done further items", number(secondsSince(woken)) + " s", "",
          "it says so once a second");
      musts.assertThat(cluster.workers()).as("the worker processes after one was frozen").isEqualTo(workers);
      scene.endsWell();
      page.row("the job of the frozen worker: items, each final once", number(ITEMS), "all", repeats(scene));
    }
  }

  private void freeze(OutageScene scene, String pod, Map<String, ProcessHandle> workers) throws Exception {
    await("the worker has something in hand").atMost(LIMIT).until(() -> cluster.leases(scene.job()).containsKey(pod));
    signal("-STOP", workers.get(pod));
    long stopped = System.nanoTime();
    IndexSet inHand = cluster.leases(scene.job()).getOrDefault(pod, IndexSet.empty());
    history.note(pod + " is frozen with " + inHand.size() + " items in hand: " + inHand);
    assertThat(inHand.size()).as("items in the frozen worker's hand").isPositive();
    await("what the frozen worker has in hand is done by others").atMost(FROZEN).pollInterval(Duration.ofMillis(100))
        .until(() -> unfinished(scene, inHand) == 0);
    double seconds = secondsSince(stopped);
    UserServer.Repeats repeats = scene.server().repeats();
    history.note("all that it had is final after " + seconds + " s: " + repeats);
    page.row("a worker frozen (SIGSTOP) for " + FROZEN.toSeconds() + " s: until all that it had in hand is final, done by others",
        number(seconds) + " s", "", inHand.size() + " items; lease of " + cluster.times().lease().toSeconds()
            + " s, but RabbitMQ gives a silent connection up after 20 to 30 s; " + repeats.executions()
            + " executions beyond the first until then");
    await("the other one works on meanwhile").atMost(FROZEN.plus(LIMIT)).pollInterval(Duration.ofMillis(250))
        .until(() -> secondsSince(stopped) >= FROZEN.toSeconds());
    musts.assertThat(cluster.workers()).as("the worker processes while one was frozen").isEqualTo(workers);
  }

  private long unfinished(OutageScene scene, IndexSet indexes) {
    BitSet done = new BitSet();
    cluster.ledger().results(scene.job(), indexes.first(), result -> done.set((int) result.index()));
    return indexes.stream().filter(index -> !done.get((int) index)).count();
  }

  private static String repeats(OutageScene scene) {
    UserServer.Repeats repeats = scene.server().repeats();
    return repeats.executions() + " executions beyond the first, of " + repeats.items() + " items, at most " + repeats.most() + " of one";
  }

  private static void signal(String signal, ProcessHandle process) throws IOException, InterruptedException {
    new ProcessBuilder("kill", signal, String.valueOf(process.pid())).inheritIO().start().waitFor();
  }

  private static double secondsSince(long time) {
    return (System.nanoTime() - time) / 1e9;
  }
}
