package dev.longshore.operator;

import dev.longshore.process.ChildProcesses;
import dev.longshore.runtime.local.kube.KubernetesPrograms;
import dev.longshore.runtime.local.kube.LocalKubernetes;
import dev.longshore.runtime.local.kube.RealKubernetes;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
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
