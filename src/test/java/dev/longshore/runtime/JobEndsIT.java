package dev.longshore.runtime;

import static dev.longshore.testing.ProcessCluster.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.api.v1alpha1.BatchJobStatus;
import dev.longshore.job.JobRef;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.testing.HttpCluster;
import dev.longshore.testing.ItemServer;
import dev.longshore.testing.ItemServer.Answer;
import dev.longshore.testing.ItemServer.Gate;
import dev.longshore.testing.ProcessCluster;
import dev.longshore.testing.Services;
import io.fabric8.kubernetes.api.model.Condition;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Jobs that end by the clock, and jobs that are deleted at moments when there is much to clear away. */
class JobEndsIT {
  /** Longer than a job takes to begin and to be suspended on a busy machine. */
  private static final int DEADLINE_SECONDS = 8;

  @RegisterExtension
  static final Services SERVICES = new Services();

  @TempDir
  static Path folder;
  private static HttpCluster http;
  private static ItemServer server;
  private static ProcessCluster cluster;

  @BeforeAll
  static void start() throws Exception {
    http = new HttpCluster(SERVICES, folder, Map.of());
    server = http.server();
    cluster = http.cluster();
    http.start(1);
  }

  @AfterAll
  static void stop() {
    if (http != null) {
      http.close();
    }
  }

  // -- by the clock --------------------------------------------------------------------------------------------------------------

  /** A second job with the same deadline, made when the first one is suspended, tells that the time of both is over. */
  @Test
  void theDeadlineEndsAJobAndStandsStillWhileItIsSuspended() throws Exception {
    Gate gate = new Gate();
    server.serve("resting", call -> {
      if (call.order() == 0) {
        gate.pass();
      }
      return Answer.OK;
    });
    Gate never = new Gate();
    server.serve("late", call -> {
      never.pass();
      return Answer.OK;
    });
    String rest = "poolRef: {name: shared}\nactiveDeadlineSeconds: " + DEADLINE_SECONDS + "\n";
    JobRef resting = http.create("resting", 20, rest);
    await("it runs").atMost(LIMIT).until(() -> server.inside("resting") > 0);
    cluster.patch(resting, "{\"spec\": {\"suspend\": true}}");
    cluster.awaitPhase(resting, "Suspended");

    JobRef late = http.create("late", 20, rest);

    assertThat(reason(cluster.awaitPhase(late, "Failed").getStatus())).isEqualTo("DeadlineExceeded");
    BatchJobStatus still = cluster.job(resting).getStatus();
    assertThat(still.phase()).as("%s", still.conditions()).isEqualTo("Suspended");
    gate.open();
    cluster.patch(resting, "{\"spec\": {\"suspend\": false}}");
    assertThat(cluster.awaitPhase(resting, "Complete").getStatus().items().succeeded()).isEqualTo(20);
    never.open();
  }

  @Test
  void aJobWhoseTimeToLiveIsOverGoesWithAllThatItHad() {
    server.serve("expired", call -> call.index() == 3 ? Answer.of(404) : Answer.OK);
    JobRef job = http.create("expired", 20, "ttlSecondsAfterFinished: 1\nworkers: {maxReplicas: 1}\n");
    await("it has queues").atMost(LIMIT).until(() -> cluster.depth(job, Kind.WORK).exists());

    cluster.awaitNothingLeft(job);

    assertThat(server.calls("expired")).hasSize(20);
    assertThat(cluster.events("expired", "DeletedByTTL")).hasSize(1);
  }

  // -- deleted at any moment -----------------------------------------------------------------------------------------------------

  @Test
  void deletedWhileItsSourceIsRead() throws Exception {
    Gate never = new Gate();
    server.feed("reading", lines -> {
      IntStream.range(0, 50).forEach(lines::println);
      never.pass();
    });
    server.serve("reading", call -> Answer.OK);
    JobRef job = cluster.create("""
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: reading}
        spec:
          source: {http: {url: "%s"}}
          processor: {http: {url: "%s"}}
          workers: {maxReplicas: 1}
        """.formatted(server.source("reading"), server.items("reading")));
    await("the first ones are done").atMost(LIMIT).untilAsserted(() -> assertThat(cluster.succeeded(job)).as(cluster::told).isPositive());
    assertThat(cluster.job(job).getStatus().phase()).isEqualTo("Intake");

    cluster.delete(job);

    cluster.awaitNothingLeft(job);
    never.open();
  }

  @Test
  void deletedRightAfterARedrive() {
    server.serve("redriven", call -> Answer.of(404));
    JobRef job = http.create("redriven", 20, "workers: {maxReplicas: 1}\n");
    assertThat(cluster.awaitPhase(job, "Complete").getStatus().items().failed()).isEqualTo(20);

    cluster.patch(job, "{\"spec\": {\"redrive\": {\"request\": \"again\", \"all\": true}}}");
    cluster.delete(job);

    cluster.awaitNothingLeft(job);
  }

  @Test
  void deletedWhileTheRedriveIsAtWork() throws Exception {
    Gate gate = new Gate();
    server.serve("driving", call -> {
      if (call.number() > 1) {
        gate.pass();
      }
      return Answer.of(404);
    });
    JobRef job = http.create("driving", 20, "workers: {maxReplicas: 1}\n");
    cluster.awaitPhase(job, "Complete");
    cluster.patch(job, "{\"spec\": {\"redrive\": {\"request\": \"again\", \"all\": true}}}");
    await("calls are made again").atMost(LIMIT).until(() -> server.calls("driving").size() > 20);

    cluster.delete(job);

    cluster.awaitNothingLeft(job);
    gate.open();
  }

  @Test
  void deletedWhileItIsSuspended() throws Exception {
    Gate gate = new Gate();
    JobRef job = working("suspended", gate);
    cluster.patch(job, "{\"spec\": {\"suspend\": true}}");
    cluster.awaitPhase(job, "Suspended");

    cluster.delete(job);

    cluster.awaitNothingLeft(job);
    gate.open();
  }

  @Test
  void deletedRightAfterItIsCancelled() throws Exception {
    Gate gate = new Gate();
    JobRef job = working("cancelled", gate);

    cluster.patch(job, "{\"spec\": {\"cancel\": true}}");
    cluster.delete(job);

    cluster.awaitNothingLeft(job);
    gate.open();
  }

  // -- the parts of a test -------------------------------------------------------------------------------------------------------

  /** A job in whose middle all calls wait. */
  private static JobRef working(String name, Gate gate) {
    server.serve(name, call -> {
      if (call.order() >= 10) {
        gate.pass();
      }
      return Answer.OK;
    });
    JobRef job = http.create(name, 100, "workers: {maxReplicas: 1, concurrency: 2}\nbatching: {chunk: {items: 5}}\n");
    await("it is in its middle").atMost(LIMIT).untilAsserted(() -> {
      assertThat(server.inside(name)).as(cluster::told).isEqualTo(2);
      assertThat(cluster.depth(job, Kind.WORK).exists()).isTrue();
    });
    return job;
  }

  private static String reason(BatchJobStatus status) {
    List<Condition> conditions = status.conditions();
    return conditions.stream().filter(c -> c.getType().equals("Failed") && c.getStatus().equals("True")).map(Condition::getReason)
        .collect(Collectors.joining());
  }
}
