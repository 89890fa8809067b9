package dev.longshore.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.JobRef;
import dev.longshore.operator.leftovers.Leftovers;
import dev.longshore.operator.testing.OperatorRig;
import dev.longshore.process.ChildProcesses;
import dev.longshore.runtime.local.kube.KubernetesPrograms;
import dev.longshore.runtime.local.kube.LocalKubernetes;
import dev.longshore.runtime.local.kube.RealKubernetes;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a real kube-apiserver. */
class OperatorServiceIT {
  @TempDir
  static Path folder;
  private static ChildProcesses children;
  private static RealKubernetes kubernetes;

  @BeforeAll
  static void serve() throws Exception {
    children = new ChildProcesses();
    kubernetes = new RealKubernetes(KubernetesPrograms.require(), children, folder, false, InstantSource.system());
  }

  @AfterAll
  static void close() {
    if (kubernetes != null) {
      kubernetes.close();
    }
    children.close();
  }

  @Nested
  class Working extends OperatorContract {
    @Override
    LocalKubernetes kubernetes() {
      return kubernetes;
    }
  }

  /** In memory nobody holds a namespace until it is empty. */
  @Nested
  class Ending extends OperatorScene {
    /** After 5 s Kubernetes takes the operator's rights away. */
    private static final Duration BEFORE_THE_RIGHTS = Duration.ofMillis(4_500);

    @Override
    LocalKubernetes kubernetes() {
      return kubernetes;
    }

    @Test
    void inANamespaceThatGoesNothingWaitsForABroker() {
      JobRef job = rig.create(TRACKS);
      rig.createPool("""
          apiVersion: longshore.dev/v1alpha1
          kind: WorkerPool
          metadata: {name: shared}
          spec: {minReplicas: 1}
          """);
      rig.awaitPods(2);
      rig.queues.away(true);
      client.namespaces().withName(rig.namespace).delete();
      await("job and pools go").atMost(BEFORE_THE_RIGHTS).until(() -> rig.job(job) == null && rig.pool("tracks") == null
          && rig.pool("shared") == null);
      assertThat(rig.queues.has(job)).isTrue();
      rig.queues.away(false);
      await("their queues go later").atMost(OperatorRig.SOON).until(() -> !rig.queues.has(job));
    }

    @Test
    void aPassThatHangsHoldsNoNamespace() {
      rig.stop();
      rig.leaseNamespace = "default";
      rig.start();
      JobRef job = rig.create(TRACKS);
      rig.awaitPods(1);
      rig.queues.hang(true);
      client.resource(rig.job(job)).delete();
      await("it hangs").during(Duration.ofSeconds(1)).atMost(OperatorRig.SOON).until(() -> rig.job(job) != null);
      client.namespaces().withName(rig.namespace).delete();
      await("the job goes").atMost(BEFORE_THE_RIGHTS).until(() -> rig.job(job) == null && rig.pool("tracks") == null);
      rig.queues.hang(false);
      await("its queues go later").atMost(OperatorRig.SOON).until(() -> !rig.queues.has(job));
      await("nothing is remembered any more").atMost(OperatorRig.SOON).until(() -> remembered() == null);
    }

    @Test
    void aReplicaThatDoesNotLeadLetsGoWhatNobodyCleansUp() {
      JobRef job = rig.create(TRACKS);
      rig.awaitPods(1);
      rig.stop();
      rig.leaseNamespace = "default";
      ledByAnotherThatHasDied();
      rig.start(true, () -> { });
      client.namespaces().withName(rig.namespace).delete();
      await("job and pool go").atMost(BEFORE_THE_RIGHTS).until(() -> rig.job(job) == null && rig.pool("tracks") == null);
      assertThat(rig.queues.has(job)).as("who does not lead removes nothing").isTrue();
      await("the next leader knows of it").atMost(OperatorRig.SOON).until(() -> remembered() != null);
      await("when it leads, the queues go").atMost(Duration.ofSeconds(40)).until(() -> !rig.queues.has(job) && remembered() == null);
    }

    private void ledByAnotherThatHasDied() {
      client.leases().inNamespace(rig.leaseNamespace).resource(new LeaseBuilder().withNewMetadata().withName("longshore-operator").endMetadata()
          .withNewSpec().withHolderIdentity("another").withLeaseDurationSeconds(15).withLeaseTransitions(1)
          .withAcquireTime(ZonedDateTime.now(ZoneOffset.UTC)).withRenewTime(ZonedDateTime.now(ZoneOffset.UTC)).endSpec().build()).create();
    }

    private ConfigMap remembered() {
      return client.configMaps().inNamespace(rig.leaseNamespace).withName(Leftovers.NAME).get();
    }
  }

  @Nested
  class Steered extends SteeringContract {
    @Override
    LocalKubernetes kubernetes() {
      return kubernetes;
    }
  }

  @Nested
  class Removed extends RemovalContract {
    @Override
    LocalKubernetes kubernetes() {
      return kubernetes;
    }
  }

  @Nested
  class Managed extends ManagedByContract {
    @Override
    LocalKubernetes kubernetes() {
      return kubernetes;
    }
  }
}
