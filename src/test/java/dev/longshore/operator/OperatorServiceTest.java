package dev.longshore.operator;

import dev.longshore.runtime.local.kube.LocalKubernetes;
import dev.longshore.runtime.local.kube.MemoryKubernetes;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** On the API server in memory. */
class OperatorServiceTest {
  @TempDir
  static Path folder;
  private static MemoryKubernetes kubernetes;

  @BeforeAll
  static void serve() throws Exception {
    kubernetes = new MemoryKubernetes((object, old) -> List.of(), folder, false, InstantSource.system());
  }

  @AfterAll
  static void close() {
    kubernetes.close();
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
  class Dying extends OperatorDeaths {
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
