package dev.longshore.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.JobRef;
import dev.longshore.queue.WorkQueues;
import dev.longshore.store.Pools;
import dev.longshore.testing.CuttableProxy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Broker, Redis and API server away, killed, or without what they knew: one cluster, one pool of workers, and a job for each trouble. */
class OutagesIT {
  private static final Path FOLDER = Path.of("target", "chaos", "outages").toAbsolutePath();
  private static final String POOL = "shared";
  private static final int WORKERS = 2;
  /** Longer than a lease of 3 s, a try to connect to the broker of 5 s and a call to Redis of 2 s. */
  private static final Duration AWAY = Duration.ofSeconds(8);
  /** And longer than the 10 s for which a heartbeat is believed. */
  private static final Duration LONG_AWAY = Duration.ofSeconds(12);
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final int GOES_ON = 200;

  private static ChaosCluster cluster;
  private static History history;

  @BeforeAll
  static void startCluster() throws Exception {
    OutageScene.prepare(FOLDER, OutageScene.ITEMS);
    history = new History(FOLDER.resolve("history.txt"));
    cluster = new ChaosCluster(FOLDER, false, ChaosTimes.SHORT).awaitReady();
    cluster.appendFile().syncEverySecond();
    cluster.applyPool("""
        apiVersion: longshore.dev/v1alpha1
        kind: WorkerPool
        metadata: {name: %s, namespace: default}
        spec: {minReplicas: %d, maxReplicas: %d, allow: {processors: [http], files: ["%s"]}}
        """.formatted(POOL, WORKERS, WORKERS, FOLDER));
    await("the workers say that they are ready").atMost(LIMIT).until(() -> cluster.heartbeats(POOL).size() == WORKERS);
  }

  @AfterAll
  static void endCluster() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @AfterEach
  void theOperatorNeverEndedByItself() {
    assertThat(cluster.operator().endedItself()).as("how often the operator ended by itself").isZero();
  }

  @Test
  void anOperatorAndAWorkerThatStartWhileBrokerAndRedisAreAwayWaitForThem() throws Exception {
    try (OutageScene scene = new OutageScene(cluster, history, FOLDER, "late").begin()) {
      List<String> links = List.of("operator-broker", "operator-redis", "worker-broker", "worker-redis");
      cluster.operator().stop();
      links.forEach(link -> cluster.links().get(link).refuse());
      Map<String, ProcessHandle> workers = cluster.workers();
      workers.values().iterator().next().destroyForcibly();
      cluster.operator().start();
      await("the operator says what it misses").atMost(LIMIT).ignoreExceptions().until(() -> {
        String health = cluster.health();
        return health.contains("\"rabbitmq\": \"RabbitMQ") && health.contains("\"redis\": \"Redis") && !health.contains("Kubernetes API");
      });
      cluster.links().get("operator-redis").heal();
      await("a worker starts in place of the one that was killed").atMost(LIMIT).ignoreExceptions()
          .until(() -> cluster.workers().keySet().stream().filter(pod -> !workers.containsKey(pod)).count() == 1);
      Map<String, ProcessHandle> started = cluster.workers();
      await("and waits").during(AWAY).atMost(AWAY.plusSeconds(30)).until(() -> cluster.workers().equals(started));
      links.forEach(link -> cluster.links().get(link).heal());

      scene.goesOn(GOES_ON);
      scene.endsWell();
      await("the operator is ready").atMost(LIMIT).ignoreExceptions().until(() -> cluster.health().contains("\"status\": \"UP\""));
      assertThat(cluster.workers()).isEqualTo(started);
    }
  }

  @Test
  void whatIsAwayForLongerThanEveryTimeoutIsWaitedForInSilence() throws Exception {
    try (OutageScene scene = new OutageScene(cluster, history, FOLDER, "away").begin()) {
      Map<String, ProcessHandle> workers = cluster.workers();
      assertThat(workers).hasSize(WORKERS);

      away(scene, workers, AWAY, List.of("operator-broker", "worker-broker"), health -> health.contains("\"rabbitmq\": \"RabbitMQ"));
      away(scene, workers, LONG_AWAY, List.of("operator-redis", "worker-redis"), health -> health.contains("\"redis\": \"Redis"));
      away(scene, workers, AWAY, List.of("operator-api"), health -> health.contains("Kubernetes API"));
      away(scene, workers, AWAY, List.of("operator-redis", "worker-redis", "operator-broker", "worker-broker"),
          health -> health.contains("\"rabbitmq\": \"RabbitMQ") && health.contains("\"redis\": \"Redis"));

      scene.endsWell();
      assertThat(cluster.workers()).as("the worker processes, before and after").isEqualTo(workers);
    }
  }

  /** Refuses all connections over these links for a time. */
  private static void away(OutageScene scene, Map<String, ProcessHandle> workers, Duration away, List<String> links, Predicate<String> told)
      throws Exception {
    history.note("refused: " + links);
    Map<String, Long> before = lines();
    links.forEach(link -> cluster.links().get(link).refuse());
    long begun = System.nanoTime();
    boolean[] said = new boolean[2];
    String[] health = {""};
    await("the workers stay while these are away: " + links).during(away).atMost(away.plusSeconds(30)).pollInterval(Duration.ofMillis(250))
        .until(() -> {
          health[0] = cluster.health();
          said[0] |= health[0].contains("\"DOWN\"") && told.test(health[0]);
          said[1] |= cluster.heartbeats(POOL).values().stream().map(Pools.Seen::heartbeat).map(beat -> beat.message())
              .allMatch(message -> message.contains("broker") || message.contains("RabbitMQ"));
          return cluster.workers().equals(workers) && cluster.pool(POOL).getStatus().desired() == WORKERS;
        });
    long seconds = Duration.ofNanos(System.nanoTime() - begun).toSeconds();
    Map<String, Long> written = lines();
    links.forEach(link -> cluster.links().get(link).heal());
    history.note("healed: " + links);

    before.forEach((log, count) -> {
      long more = written.get(log) - count;
      history.note(log + " wrote " + more + " lines in " + seconds + " s");
      assertThat(more).as("lines in %s while %s were away for %d s", log, links, seconds).isLessThan(seconds);
    });
    assertThat(said[0]).as("the operator's health says that %s are away, at last: %s", links, health[0]).isTrue();
    if (links.contains("worker-broker") && !links.contains("worker-redis")) {
      assertThat(said[1]).as("each worker's heartbeat says that the broker is away: %s", cluster.heartbeats(POOL)).isTrue();
    }
    scene.goesOn(GOES_ON);
    await("the operator is ready again").atMost(LIMIT).ignoreExceptions().until(() -> cluster.health().contains("\"status\": \"UP\""));
  }

  private static Map<String, Long> lines() throws IOException {
    Map<String, Long> lines = new LinkedHashMap<>();
    for (Map.Entry<String, Path> log : cluster.logs().entrySet()) {
      try (Stream<String> all = Files.lines(log.getValue())) {
        lines.put(log.getKey(), all.count());
      }
    }
    return lines;
  }

  @Test
  void whatWasKilledComesBackInAnyOrder() throws Exception {
    try (OutageScene scene = new OutageScene(cluster, history, FOLDER, "killed").begin()) {
      Map<String, ProcessHandle> workers = cluster.workers();
      cluster.broker().kill();
      cluster.store().kill();
      cluster.api().kill();
      cluster.api().start();
      cluster.broker().start();
      startStore();
      scene.goesOn(GOES_ON);

      cluster.operator().kill();
      cluster.store().kill();
      cluster.broker().kill();
      startStore();
      cluster.operator().start();
      cluster.broker().start();
      scene.goesOn(GOES_ON);

      scene.endsWell();
      assertThat(cluster.workers()).as("the worker processes, before and after").isEqualTo(workers);
    } finally {
      cluster.awaitReady();
    }
  }

  private static void startStore() throws IOException {
    cluster.store().start();
    cluster.appendFile().syncEverySecond();
  }

  @Test
  void whatRedisLostIsDoneAgainAndWhatWasCompleteStaysSo() throws Exception {
    try (OutageScene ended = new OutageScene(cluster, history, FOLDER, "before");
        OutageScene scene = new OutageScene(cluster, history, FOLDER, "lost");
        Storm storm = new Storm(scene.plan(), cluster, history, new Random(1))) {
      ended.watch().through(storm);
      scene.watch().through(storm);
      ended.begin();
      ended.endsWell();
      scene.begin();
      scene.goesOn(GOES_ON);

      CuttableProxy workers = cluster.links().get("worker-redis");
      long finished = scene.finished();
      workers.refuse();
      long lost = storm.loseASecond();
      long kept = scene.finished();
      workers.heal();
      history.note("finished before " + finished + ", kept " + kept);
      assertThat(lost).as("bytes that Redis lost").isPositive();
      assertThat(kept).as("items that are final after a second was lost, of %d", finished).isLessThan(finished);

      scene.endsWell();
      ended.keepsItsPromises();
    }
  }

  @Test
  void queuesAndExchangesThatSomebodyTookAwayAreMadeAndFilledAgain() throws Exception {
    try (OutageScene scene = new OutageScene(cluster, history, FOLDER, "taken").begin()) {
      JobRef job = scene.job();
      String queue = WorkQueues.name(job, WorkQueues.Kind.WORK);
      String exchange = "longshore." + job.namespace();
      cluster.atBroker(channel -> channel.exchangeDeclarePassive(exchange));

      // suspended, so that all that has not started is in the queue and in nobody's hands
      scene.suspend(true);
      // what the audit finds missing cannot be fed before the exchange is there again
      cluster.atBroker(channel -> {
        channel.exchangeDelete(exchange);
        assertThat(channel.queuePurge(queue).getMessageCount()).as("messages purged").isPositive();
      });
      history.note("exchange deleted, queue purged");
      scene.suspend(false);
      scene.goesOn(GOES_ON);

      cluster.atBroker(channel -> channel.queueDelete(queue));
      history.note("queue deleted");
      scene.endsWell();
    }
  }
}
