package dev.longshore.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec.Priority;
import dev.longshore.operator.testing.OperatorRig;
import dev.longshore.runtime.local.kube.CustomResourceInstaller;
import dev.longshore.runtime.local.kube.MemoryKubernetes;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the operator does for several jobs on one pool; the test plays the workers. */
class SharedPoolTest {
  /** As the issue demands of a change to a running job. */
  private static final Duration EFFECT = Duration.ofSeconds(2);

  @TempDir
  Path folder;
  private MemoryKubernetes kubernetes;
  private KubernetesClient client;
  private OperatorRig rig;

  @BeforeEach
  void start() throws Exception {
    kubernetes = new MemoryKubernetes((object, old) -> List.of(), folder, false, InstantSource.system());
    client = new KubernetesClientBuilder().withConfig(kubernetes.clientConfig()).build();
    new CustomResourceInstaller(client, SharedPoolTest.class.getClassLoader()).install(client);
    rig = new OperatorRig(client, "shared");
    rig.createPool("""
        apiVersion: longshore.dev/v1alpha1
        kind: WorkerPool
        metadata: {name: warm}
        spec: {minReplicas: 1, maxReplicas: 10, scaling: {backlogPerWorker: 1000}}
        """);
  }

  @AfterEach
  void stop() {
    rig.close();
    client.close();
    kubernetes.close();
  }

  /** A job whose source has been read. */
  private JobRef job(String name, String priority, int concurrency, long items) {
    JobRef job = rig.create("""
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: %s}
        spec:
          source: {items: [1]}
          processor: {noop: {}}
          poolRef: {name: warm}
          workers: {concurrency: %d}
          priority: %s
        """.formatted(name, concurrency, priority));
    rig.awaitPhase(job, "Intake");
    rig.intake(job, items);
    return job;
  }

  private Priority priority(JobRef job) {
    return rig.ledger.spec(job).orElseThrow().priority();
  }

  @Test
  void thePoolHasWorkersForTheSumWhateverThePriorities() {
    JobRef low = job("low", "Low", 10, 2_500);
    rig.awaitPods(3);
    JobRef urgent = job("urgent", "Immediate", 2, 3_500);
    rig.awaitPods(6);
    assertThat(rig.assignment("warm").jobs()).containsExactlyInAnyOrder(low, urgent);
    assertThat(priority(low)).isEqualTo(Priority.LOW);
    assertThat(priority(urgent)).isEqualTo(Priority.IMMEDIATE);
  }

  @Test
  void aChangedPriorityIsToldWithinTwoSeconds() {
    JobRef job = job("tracks", "Low", 10, 100);
    rig.patch(job, "{\"priority\": \"Immediate\"}");
    await("told").atMost(EFFECT).until(() -> priority(job) == Priority.IMMEDIATE);
    rig.patch(job, "{\"priority\": null}");
    await("told again").atMost(EFFECT).until(() -> priority(job) == Priority.NORMAL);
  }
}
