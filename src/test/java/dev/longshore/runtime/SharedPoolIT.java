package dev.longshore.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.JobRef;
import dev.longshore.testing.HttpCluster;
import dev.longshore.testing.ItemServer.Answer;
import dev.longshore.testing.ItemServer.Call;
import dev.longshore.testing.ProcessCluster;
import dev.longshore.testing.Services;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Jobs of several priorities on one worker process of a shared pool. What happened is read from the calls that their service got. */
class SharedPoolIT {
  @RegisterExtension static final Services SERVICES = new Services();
  @TempDir
  static Path folder;

  private static final int SLOTS = 4;
  private static final int DEEP = 8_000;
  private static final long CALL_MILLIS = 20;
  /** As the issue demands of a change to a running job. */
  private static final Duration EFFECT = Duration.ofSeconds(2);

  private static HttpCluster http;
  private final List<JobRef> jobs = new ArrayList<>();

  @BeforeAll
  static void keepAClusterUp() throws Exception {
    http = new HttpCluster(SERVICES, folder, Map.of()).start(1);
  }

  @AfterAll
  static void endIt() {
    if (http != null) {
      http.close();
    }
  }

  @AfterEach
  void deleteTheJobs() {
    jobs.forEach(http.cluster()::delete);
    jobs.forEach(job -> await().atMost(ProcessCluster.LIMIT).until(() -> http.cluster().job(job) == null));
  }

  private JobRef job(String name, String priority, int items, long callMillis) {
    http.server().serve(name, call -> {
      Thread.sleep(callMillis);
      return Answer.OK;
    });
    JobRef job = http.create(name, items, """
        poolRef: {name: shared}
        workers: {concurrency: %d}
        priority: %s
        """.formatted(SLOTS, priority));
    jobs.add(job);
    return job;
  }

  private static List<Call> calls(String job) {
    return http.server().calls(job);
  }

  private static void awaitCalls(String job, int count) {
    await(job + " has " + count + " calls").atMost(ProcessCluster.LIMIT).until(() -> calls(job).size() >= count);
  }

  /** Calls that began between two moments of {@link System#nanoTime}. */
  private static long between(String job, long from, long to) {
    return calls(job).stream().filter(call -> call.nanos() - from >= 0 && call.nanos() - to <= 0).count();
  }

  @Test
  void aWarmPoolAnswersAnUrgentJobAtOnceWhileALowOneGoesOn() {
    job("deep", "Low", DEEP, CALL_MILLIS);
    awaitCalls("deep", 100);
    long asked = System.nanoTime();
    JobRef urgent = job("urgent", "Immediate", 200, CALL_MILLIS);
    http.cluster().awaitPhase(urgent, "Complete");

    List<Call> answered = calls("urgent");
    assertThat(answered).hasSize(200);
    assertThat(between("deep", asked, answered.getFirst().nanos())).as("5 s of calls, at most, before the first").isLessThan(1_000);
    assertThat(between("deep", answered.get(50).nanos(), answered.getLast().nanos()))
        .as("a tenth of the turns, once there is more than the first small chunks").isLessThan(40);
    int then = calls("deep").size();
    awaitCalls("deep", then + 100);
  }

  @Test
  void aLowJobMovesBesideAnEndlessUrgentOneUntilItIsUrgentItself() {
    JobRef low = job("low", "Low", DEEP, CALL_MILLIS);
    awaitCalls("low", 50);
    job("endless", "Immediate", DEEP, CALL_MILLIS);
    awaitCalls("endless", 200);
    long from = calls("endless").getLast().nanos();
    awaitCalls("endless", 200 + 450);
    long to = calls("endless").get(200 + 449).nanos();
    assertThat(between("low", from, to)).as("50 of 500 turns").isBetween(15L, 120L);

    http.cluster().patch(low, "{\"spec\":{\"priority\":\"Immediate\"}}");
    long after = System.nanoTime() + EFFECT.toNanos();
    await("the change has had its time").atMost(ProcessCluster.LIMIT).until(() -> calls("endless").getLast().nanos() - after > 0);
    awaitCalls("endless", calls("endless").size() + 200);
    long until = calls("endless").getLast().nanos();
    long others = between("endless", after, until);
    assertThat(between("low", after, until)).as("half of the turns, from 2 s after the change").isBetween(others / 2, others * 2);
  }

  @Test
  void equalJobsShareTheTimeAndNotTheCalls() {
    job("one", "Normal", DEEP, CALL_MILLIS);
    job("two", "Normal", DEEP, CALL_MILLIS);
    job("slow", "Normal", DEEP, 10 * CALL_MILLIS);
    for (String name : List.of("one", "two", "slow")) {
      awaitCalls(name, 30);
    }
    int one = calls("one").size();
    int two = calls("two").size();
    int slow = calls("slow").size();
    awaitCalls("one", one + 300);
    assertThat(calls("two").size() - two).isBetween(150, 600);
    assertThat(calls("slow").size() - slow).as("a tenth of the calls").isBetween(10, 75);
  }
}
