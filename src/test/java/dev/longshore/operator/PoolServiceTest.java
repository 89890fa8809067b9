package dev.longshore.operator;

import dev.longshore.runtime.local.kube.LocalKubernetes;
import dev.longshore.runtime.local.kube.MemoryKubernetes;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** On the API server in memory. */
class PoolServiceTest extends PoolContract {
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

  @Override
  LocalKubernetes kubernetes() {
    return kubernetes;
  }
}
