package dev.longshore.runtime;

import static dev.longshore.testing.ProcessCluster.LIMIT;
import static dev.longshore.testing.ProcessCluster.signal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.longshore.api.v1alpha1.BatchJobStatus;
import dev.longshore.job.JobRef;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.testing.HttpCluster;
import dev.longshore.testing.ItemServer;
import dev.longshore.testing.ItemServer.Answer;
import dev.longshore.testing.ItemServer.Call;
import dev.longshore.testing.ItemServer.Gate;
import dev.longshore.testing.ProcessCluster;
import dev.longshore.testing.Services;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Calls that outlast their message, workers that die in one or while they read, a retry that finds no queue, a broker under an alarm, an
 * account that is gone.
 */
class LossesIT {
  /** The shortest time for which a worker may be told to keep a message. */
  private static final int HOLD_SECONDS = 2;

  @RegisterExtension
  static final Services SERVICES = new Services();

  @TempDir
  static Path folder;
  private static HttpCluster http;
  private static ItemServer server;
  private static ProcessCluster cluster;

  @BeforeAll
  static void start() throws Exception {
    http = new HttpCluster(SERVICES, folder, Map.of("LONGSHORE_WORKER_HOLD_LIMIT", HOLD_SECONDS + "s"));
    server = http.server();
    cluster = http.cluster();
    http.start(2);
  }

  @AfterAll
  static void stop() {
    if (http != null) {
      http.close();
    }
  }

  // -- long calls ----------------------------------------------------------------------------------------------------------------

  @Test
  void aCallThatOutlastsItsMessageEndsWellAndIsMadeOnce() throws Exception {
    Gate gate = new Gate();
    server.serve("long", call -> {
      if (call.index() == 7) {
        gate.pass();
      }
      return Answer.OK;
    });
    JobRef job = http.create("long", 20, "poolRef: {name: shared}\n");
    await("the worker lets go of the message").atMost(LIMIT).until(() -> oneThatLetGo(job) != null);
    await("the others are done").atMost(LIMIT).untilAsserted(() -> assertThat(cluster.succeeded(job)).as(cluster::told).isEqualTo(19));
    assertThat(server.inside("long")).as("the call goes on").isEqualTo(1);

    gate.open();

    cluster.awaitPhase(job, "Complete");
    assertEachSucceededAtItsFirstAttempt(job, 20);
    assertThat(server.calls("long")).extracting(Call::index).doesNotHaveDuplicates().hasSize(20);
  }

  @Test
  void anItemWhoseWorkerIsKilledInSuchACallEndsOnceOnAnother() throws Exception {
    Gate never = new Gate();
    server.serve("orphan", call -> {
      if (call.index() == 7 && call.number() == 1) {
        never.pass();
      }
      return Answer.OK;
    });
    JobRef job = http.create("orphan", 20, "poolRef: {name: shared}\n");
    await("the worker lets go of the message").atMost(LIMIT).until(() -> oneThatLetGo(job) != null);
    String worker = oneThatLetGo(job);

    signal("KILL", cluster.workers("shared").get(worker));

    cluster.awaitPhase(job, "Complete");
    assertEachSucceededAtItsFirstAttempt(job, 20);
    assertThat(server.calls("orphan", 7)).as("the call that died, and the one that counts").hasSize(2);
    assertThat(cluster.workers("shared")).doesNotContainKey(worker);
    never.open();
  }

  /** The worker that says it holds a call of the job without its message; null when none does. */
  private static String oneThatLetGo(JobRef job) throws IOException {
    for (String worker : cluster.workers("shared").keySet()) {
      if (cluster.log(worker).lines().anyMatch(line -> line.contains("job=" + job + " ") && line.contains("state=long-call"))) {
        return worker;
      }
    }
    return null;
  }

  // -- a retry that found no queue -----------------------------------------------------------------------------------------------

  @Test
  void aRetryThatCameOffTheLadderAndFoundNoQueueIsBroughtThereAgain() throws Exception {
    Gate gate = new Gate();
    server.serve("fallen", call -> {
      gate.pass();
      return call.number() == 1 ? Answer.of(503) : Answer.OK;
    });
    JobRef job = http.create("fallen", 1, "poolRef: {name: shared}\nretry: {backoff: {initial: 500ms}}\n");
    await("the first call").atMost(LIMIT).untilAsserted(() -> assertThat(server.inside("fallen")).as(cluster::told).isEqualTo(1));
    String queue = WorkQueues.name(job, Kind.WORK);
    String wayOut = "*.".repeat(22) + queue;
    signal("STOP", cluster.operatorPid());
    try (Connection broker = SERVICES.broker(); Channel channel = broker.createChannel()) {
      int lost = channel.queueDeclarePassive("longshore.delay.v1.lost").getMessageCount();
      channel.queueUnbind(queue, "longshore.delay.v1.out", wayOut);
      gate.open();
      await("the retry found no queue").atMost(LIMIT).untilAsserted(
          () -> assertThat(channel.queueDeclarePassive("longshore.delay.v1.lost").getMessageCount()).isEqualTo(lost + 1));
      channel.queueBind(queue, "longshore.delay.v1.out", wayOut);
    } finally {
      signal("CONT", cluster.operatorPid());
    }

    cluster.awaitPhase(job, "Complete");
    assertThat(server.calls("fallen")).as("calls").hasSize(2);
    assertThat(cluster.events("fallen", "ItemsFedAgain")).as("fed again from the source").isEmpty();
  }

  // -- a source whose reading kills ----------------------------------------------------------------------------------------------

  @Test
  void aSourceThatKillsItsReadersAtTheSamePlaceFailsTheJob() throws Exception {
    Gate never = new Gate();
    AtomicInteger readers = new AtomicInteger();
    server.feed("deadly", lines -> {
      lines.println("the first of many items");
      readers.incrementAndGet();
      never.pass();
    });
    server.serve("deadly", call -> Answer.OK);
    JobRef job = cluster.create("""
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: deadly}
        spec:
          source: {http: {url: "%s"}}
          processor: {http: {url: "%s"}}
          failurePolicy: {maxCrashes: 2}
          workers: {minReplicas: 1, maxReplicas: 1}
        """.formatted(server.source("deadly"), server.items("deadly")));
    await("what was read is done").atMost(LIMIT).untilAsserted(() -> assertThat(cluster.succeeded(job)).as(cluster::told).isEqualTo(1));

    for (int crash = 1; crash <= 2; crash++) {
      int reader = crash;
      await("reader " + reader).atMost(LIMIT).untilAsserted(() -> {
        assertThat(readers.get()).as(cluster::told).isEqualTo(reader);
        assertThat(cluster.workers("deadly")).hasSize(1);
      });
      signal("KILL", cluster.workers("deadly").values().iterator().next());
    }

    assertThat(cluster.awaitPhase(job, "Failed").getStatus().conditions()).filteredOn(c -> c.getType().equals("Failed")).singleElement()
        .satisfies(condition -> {
          assertThat(condition.getReason()).isEqualTo("IntakeCrashed");
          assertThat(condition.getMessage()).as("the place that is stored last").containsPattern("killed 2 workers in a row at item [01]");
        });
    assertThat(server.calls("deadly")).as("no item is blamed").hasSize(1);
    never.open();
    cluster.delete(job);
    cluster.awaitNothingLeft(job);
  }

  // -- services in trouble -------------------------------------------------------------------------------------------------------

  /** One job has everything in its queue, another still reads and retries, a third is made while the broker takes nothing. */
  @Test
  void jobsUnderAMemoryAlarmLoseNothingAndGoOnAfterIt() throws Exception {
    Gate work = new Gate();
    server.serve("queued", call -> {
      work.pass();
      return Answer.OK;
    });
    Gate lines = new Gate();
    server.feed("read", out -> {
      IntStream.range(0, 100).forEach(out::println);
      lines.pass();
      IntStream.range(100, 200).forEach(out::println);
    });
    server.serve("read", call -> {
      if (call.index() >= 50) {
        work.pass();
      }
      return call.index() % 10 == 0 && call.number() == 1 ? Answer.of(503) : Answer.OK;
    });
    server.serve("new", call -> Answer.OK);
    String quick = """
        poolRef: {name: shared}
        workers: {concurrency: 4}
        guard: {timeout: 5m}
        batching: {chunk: {items: 1}}
        retry: {backoff: {initial: 250ms, factor: 1}}
        """;
    // in the same workers the two would share the slots, and the calls of one wait for those of the other
    cluster.pool("""
        apiVersion: longshore.dev/v1alpha1
        kind: WorkerPool
        metadata: {name: other}
        spec: {minReplicas: 2, maxReplicas: 2}
        """);
    JobRef queued = http.create("queued", 100, quick);
    JobRef read = http.create("read", "http: {url: \"" + server.source("read") + "\"}", quick.replace("shared", "other"));
    try {
      await("both are in their middle").atMost(LIMIT).untilAsserted(() -> {
        assertThat(server.inside("queued")).as(cluster::told).isEqualTo(8);
        assertThat(server.inside("read")).isEqualTo(8);
        BatchJobStatus.Items items = cluster.items(read);
        assertThat(items.pending() + items.inFlight() + items.retrying() + items.succeeded()).as("known").isGreaterThan(90);
        assertThat(cluster.job(queued).getStatus().phase()).isEqualTo("Running");
      });
      assertThat(SERVICES.rabbit().control("set_vm_memory_high_watermark", "absolute", "1MB")).isZero();
      await("the alarm").atMost(LIMIT).until(() -> SERVICES.rabbit().control("eval", "true = [] /= rabbit_alarm:get_alarms().") == 0);
      lines.open();
      work.open();
      JobRef late = http.create("new", 20, quick);
      // not all of it: what a worker gives back, it publishes
      await("what is in the queue is worked off").atMost(LIMIT).untilAsserted(() -> assertThat(cluster.succeeded(queued)).as(cluster::told)
          .isGreaterThan(50));
      await("a call fails and is to be made again").atMost(LIMIT).until(() -> server.calls("read").stream()
          .anyMatch(call -> call.index() >= 50 && call.index() % 10 == 0));
      for (JobRef job : List.of(queued, read, late)) {
        BatchJobStatus status = cluster.job(job).getStatus();
        assertThat(status == null ? "Pending" : status.phase()).as("%s during the alarm", job.name()).isNotIn("Failed", "Cancelled");
      }
      assertThat(server.calls("new")).as("nothing can be published").isEmpty();

      assertThat(SERVICES.rabbit().control("set_vm_memory_high_watermark", "absolute", "400MB")).isZero();

      for (JobRef job : List.of(queued, read, late)) {
        cluster.awaitPhase(job, "Complete");
        assertThat(cluster.results(job)).as("each of %s once", job.name()).allMatch(r -> r.path("status").asText().equals("succeeded"))
            .extracting(r -> r.path("index").asInt()).doesNotHaveDuplicates()
            .hasSize(job.equals(read) ? 200 : job.equals(late) ? 20 : 100);
      }
      assertThat(cluster.results(read)).as("attempts").allSatisfy(r -> assertThat(r.path("attempts").asInt())
          .isEqualTo(r.path("index").asInt() % 10 == 0 ? 2 : 1));
    } finally {
      SERVICES.rabbit().control("set_vm_memory_high_watermark", "absolute", "400MB");
      lines.open();
      work.open();
    }
  }

  /** The job is opened again and does everything once more: what was counted is gone with the account, and the results are those of now. */
  @Test
  void aJobWhoseAccountIsGoneIsOpenedAgainAndCompletes() throws Exception {
    Gate gate = new Gate();
    server.serve("flushed", call -> {
      if (call.index() >= 60) {
        gate.pass();
      }
      return Answer.OK;
    });
    JobRef job = http.create("flushed", 100, "poolRef: {name: shared}\nworkers: {concurrency: 4}\nbatching: {chunk: {items: 10}}\n");
    await("it is in its middle").atMost(LIMIT).untilAsserted(() -> assertThat(cluster.succeeded(job)).as(cluster::told).isGreaterThan(20));

    cluster.redis("FLUSHALL");

    await("it is opened again").atMost(LIMIT)
        .untilAsserted(() -> assertThat(cluster.events("flushed", "LedgerLost")).as(cluster::told).hasSize(1));
    gate.open();
    cluster.awaitPhase(job, "Complete");
    assertEachSucceededAtItsFirstAttempt(job, 100);
    assertThat(cluster.events("flushed", "Completed")).hasSize(1);
  }

  // -- the parts of a test -------------------------------------------------------------------------------------------------------

  private static void assertEachSucceededAtItsFirstAttempt(JobRef job, int items) throws Exception {
    List<JsonNode> results = cluster.results(job);
    assertThat(results).as("each index once, in order").extracting(r -> r.path("index").asInt())
        .containsExactlyElementsOf(IntStream.range(0, items).boxed().toList());
    assertThat(results).allSatisfy(r -> {
      assertThat(r.path("status").asText()).isEqualTo("succeeded");
      assertThat(r.path("attempts").asInt()).as("attempts").isEqualTo(1);
    });
    assertThat(cluster.items(job).succeeded()).isEqualTo(items);
  }
}
