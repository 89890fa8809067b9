package dev.longshore.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.JobRef;
import dev.longshore.operator.testing.OperatorRig;
import dev.longshore.process.ChildProcesses;
import dev.longshore.runtime.local.kube.KubernetesPrograms;
import dev.longshore.runtime.local.kube.LocalKubernetes;
import dev.longshore.runtime.local.kube.RealKubernetes;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
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
      // after 5 s Kubernetes takes the operator's rights away
      await("job and pools go").atMost(Duration.ofSeconds(4)).until(() -> rig.job(job) == null && rig.pool("tracks") == null
          && rig.pool("shared") == null);
      assertThat(rig.queues.has(job)).isTrue();
      rig.queues.away(false);
      await("their queues go later").atMost(OperatorRig.SOON).until(() -> !rig.queues.has(job));
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
