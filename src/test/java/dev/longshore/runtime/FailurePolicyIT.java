package dev.longshore.runtime;

import static dev.longshore.testing.ProcessCluster.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.BatchJobStatus;
import dev.longshore.job.JobRef;
import dev.longshore.testing.HttpCluster;
import dev.longshore.testing.ItemServer;
import dev.longshore.testing.ItemServer.Answer;
import dev.longshore.testing.ItemServer.Call;
import dev.longshore.testing.ItemServer.Gate;
import dev.longshore.testing.ProcessCluster;
import dev.longshore.testing.Services;
import io.fabric8.kubernetes.api.model.Condition;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When failed items end a job, and what a change of a running job does to it; judged by the calls that the user's own service gets. */
class FailurePolicyIT {
  private static final int WORKERS = 2;

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
    http.start(WORKERS);
  }

  @AfterAll
  static void stop() {
    if (http != null) {
      http.close();
    }
  }

  // -- what ends a job -----------------------------------------------------------------------------------------------------------

  /** Each second call fails. Further calls wait, first where one failure less than the last has come, then where the last one has. */
  @ParameterizedTest
  @CsvSource({"fast, {mode: FailFast}, 1, FailFast", "number, {maxFailed: 3}, 4, TooManyFailed", "share, {maxFailed: 5%}, 6, TooManyFailed",
      "same, '{circuitBreaker: {share: 50%, minItems: 20}}', 10, SameFailure"})
  void aJobGoesOnUntilTheFailureThatIsTooMuchAndEndsAtIt(String name, String policy, int failures, String reason) throws Exception {
    Gate before = new Gate();
    Gate after = new Gate();
    server.serve(name, call -> {
      if (call.order() >= 2 * (failures - 1)) {
        before.pass();
      }
      if (call.order() >= 2 * failures) {
        after.pass();
      }
      return call.order() % 2 == 0 ? Answer.of(404) : Answer.OK;
    });
    JobRef job = http.create(name, 100, """
        poolRef: {name: shared}
        workers: {concurrency: 1}
        failurePolicy: %s
        """.formatted(policy));
    await("one failure less").atMost(LIMIT).untilAsserted(() -> {
      assertThat(failed(job)).as(cluster::told).isEqualTo(failures - 1);
      assertThat(server.inside(name)).isPositive();
    });
    assertThat(cluster.job(job).getStatus().phase()).isIn("Intake", "Running");

    before.open();

    assertThat(reason(cluster.awaitPhase(job, "Failed"))).isEqualTo(reason);
    assertThat(failed(job)).isEqualTo(failures);
    assertThat(server.calls(name)).as("calls that are answered, and those that wait").extracting(Call::index).doesNotHaveDuplicates()
        .hasSizeBetween(2 * failures - 1, 2 * failures + WORKERS);
    after.open();
  }

  @Test
  void failuresOfManyKindsDoNotOpenTheCircuit() {
    List<String> kinds = List.of("red", "green", "blue", "grey");
    server.serve("kinds", call -> new Answer(404, kinds.get((int) call.index() % kinds.size()), 0));
    JobRef job = http.create("kinds", 40, """
        poolRef: {name: shared}
        failurePolicy: {circuitBreaker: {share: 50%, minItems: 10}}
        """);

    assertThat(cluster.awaitPhase(job, "Complete").getStatus().failures()).as("groups").hasSize(kinds.size())
        .allSatisfy(group -> assertThat(group.count()).isEqualTo(10));
    assertThat(server.calls("kinds")).hasSize(40);
  }

  @Test
  void aJobWhoseCanaryFailsCallsForNoOtherItem() {
    server.serve("canary-fails", call -> call.index() % 5 == 0 ? Answer.of(404) : Answer.OK);
    JobRef job = http.create("canary-fails", 100, """
        poolRef: {name: shared}
        failurePolicy: {canary: {items: 10, maxFailed: 10%}}
        """);

    assertThat(reason(cluster.awaitPhase(job, "Failed"))).isEqualTo("CanaryFailed");
    assertThat(server.calls("canary-fails")).extracting(Call::index).as("the canary's items, and no others").allMatch(index -> index < 10)
        .doesNotHaveDuplicates();
    assertThat(failed(job)).isEqualTo(2);
  }

  @Test
  void aJobWhoseCanaryPassesGoesOnToTheEnd() throws Exception {
    CountDownLatch canary = new CountDownLatch(10);
    AtomicBoolean early = new AtomicBoolean();
    Gate gate = new Gate();
    server.serve("canary-passes", call -> {
      if (call.index() < 10) {
        if (call.index() == 9) {
          gate.pass();
        }
        canary.countDown();
        return call.index() == 3 ? Answer.of(404) : Answer.OK;
      }
      early.compareAndSet(false, canary.getCount() > 0);
      return Answer.OK;
    });
    JobRef job = http.create("canary-passes", 100, """
        poolRef: {name: shared}
        failurePolicy: {canary: {items: 10%, maxFailed: 1}}
        """);
    await("all but the last of the canary").atMost(LIMIT).until(() -> canary.getCount() == 1 && server.inside("canary-passes") == 1);

    gate.open();

    cluster.awaitPhase(job, "Complete");
    assertThat(early).as("a call before the canary's end").isFalse();
    assertThat(server.calls("canary-passes")).hasSize(100);
    assertThat(failed(job)).isEqualTo(1);
  }

  // -- changes of a running job --------------------------------------------------------------------------------------------------

  @Test
  void moreConcurrencyMeansMoreCallsAtOnce() throws Exception {
    Gate gate = new Gate();
    server.serve("wider", call -> {
      gate.pass();
      return Answer.OK;
    });
    JobRef job = http.create("wider", 60, """
        poolRef: {name: shared}
        workers: {concurrency: 1}
        batching: {chunk: {items: 1}}
        """);
    await("each worker has its one call").atMost(LIMIT).until(() -> server.inside("wider") == WORKERS);

    long asked = System.nanoTime();
    cluster.patch(job, "{\"spec\": {\"workers\": {\"concurrency\": 3}}}");

    await("each worker has three").atMost(LIMIT)
        .untilAsserted(() -> assertThat(server.inside("wider")).as(cluster::told).isEqualTo(3 * WORKERS));
    tell("concurrency", asked);
    gate.open();
    cluster.awaitPhase(job, "Complete");
    assertThat(server.calls("wider")).hasSize(60);
  }

  @Test
  void moreReplicasMeanMoreWorkers() throws Exception {
    Gate gate = new Gate();
    server.serve("grown", call -> {
      gate.pass();
      return Answer.OK;
    });
    JobRef job = http.create("grown", 60, """
        workers: {maxReplicas: 1, concurrency: 1, scaling: {backlogPerWorker: 10}}
        batching: {chunk: {items: 1}}
        """);
    await("the one worker calls").atMost(LIMIT).untilAsserted(() -> assertThat(server.inside("grown")).as(cluster::told).isEqualTo(1));
    assertThat(cluster.pods("grown")).hasSize(1);

    long asked = System.nanoTime();
    cluster.patch(job, "{\"spec\": {\"workers\": {\"maxReplicas\": 2}}}");

    await("a second worker is made").atMost(LIMIT).until(() -> cluster.pods("grown").size() == 2);
    tell("maxReplicas", asked);
    await("it works").atMost(LIMIT).untilAsserted(() -> assertThat(server.inside("grown")).as(cluster::told).isEqualTo(2));
    gate.open();
    cluster.awaitPhase(job, "Complete");
    assertThat(server.calls("grown")).hasSize(60);
    cluster.delete(job);
  }

  /** Every item fails, tried once, until one has been tried for the third time, which only the new rules allow. */
  @Test
  void changedRetryRulesHoldForTheItemsThatFailFromThenOn() throws Exception {
    CountDownLatch third = new CountDownLatch(1);
    server.serve("stubborn", call -> {
      if (call.number() == 3) {
        third.countDown();
      }
      // a call takes its time, so that many are left when the change comes
      return third.await(20, TimeUnit.MILLISECONDS) && call.number() == 3 ? Answer.OK : Answer.of(503);
    });
    JobRef job = http.create("stubborn", 150, """
        poolRef: {name: shared}
        workers: {concurrency: 1}
        batching: {chunk: {items: 5}}
        retry: {maxAttempts: 1, backoff: {initial: 250ms, factor: 1, jitter: 0%}}
        """);
    await("some fail").atMost(LIMIT).until(() -> server.calls("stubborn").size() > 10);
    assertThat(server.calls("stubborn")).extracting(Call::number).containsOnly(1);

    long asked = System.nanoTime();
    cluster.patch(job, "{\"spec\": {\"retry\": {\"maxAttempts\": 3}}}");

    await("one waits for its second attempt").atMost(LIMIT).untilAsserted(() -> assertThat(cluster.items(job).retrying())
        .as(cluster::told).isPositive());
    tell("retry", asked);
    await("a third attempt").atMost(LIMIT).until(() -> third.getCount() == 0);
    BatchJobStatus.Items items = cluster.awaitPhase(job, "Complete").getStatus().items();
    Map<Long, Long> calls = server.calls("stubborn").stream().collect(Collectors.groupingBy(Call::index, Collectors.counting()));
    assertThat(calls.values()).as("once by the old rules, three times by the new").hasSize(150).containsOnly(1L, 3L);
    assertThat(items.failed()).isEqualTo(calls.values().stream().filter(count -> count == 1).count());
    assertThat(items.succeeded()).isEqualTo(calls.values().stream().filter(count -> count == 3).count());
  }

  @Test
  void aChangedFailurePolicyEndsAJobThatHasFailedTooOftenAlready() throws Exception {
    Gate gate = new Gate();
    server.serve("bounded", call -> {
      if (call.order() >= 3) {
        gate.pass();
      }
      return Answer.of(404);
    });
    JobRef job = http.create("bounded", 100, """
        poolRef: {name: shared}
        workers: {concurrency: 1}
        batching: {chunk: {items: 1}}
        """);
    await("three have failed, and that is no matter").atMost(LIMIT)
        .untilAsserted(() -> assertThat(failed(job)).as(cluster::told).isEqualTo(3));
    assertThat(cluster.job(job).getStatus().phase()).isIn("Intake", "Running");

    long asked = System.nanoTime();
    cluster.patch(job, "{\"spec\": {\"failurePolicy\": {\"maxFailed\": 2}}}");

    assertThat(reason(cluster.awaitPhase(job, "Failed"))).isEqualTo("TooManyFailed");
    tell("failurePolicy", asked);
    assertThat(server.calls("bounded")).hasSizeLessThanOrEqualTo(3 + WORKERS);
    gate.open();
  }

  // -- the parts of a test -------------------------------------------------------------------------------------------------------

  private static long failed(JobRef job) {
    return cluster.items(job).failed();
  }

  private static String reason(BatchJob job) {
    return job.getStatus().conditions().stream().filter(c -> c.getType().equals("Failed") && c.getStatus().equals("True"))
        .map(Condition::getReason).collect(Collectors.joining());
  }

  private static void tell(String what, long since) {
    System.out.printf("a change of %s showed after %d ms%n", what, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since));
  }
}
