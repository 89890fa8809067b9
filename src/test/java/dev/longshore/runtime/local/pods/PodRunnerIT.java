package dev.longshore.runtime.local.pods;

import dev.longshore.process.ChildProcesses;
import dev.longshore.runtime.local.kube.KubernetesPrograms;
import dev.longshore.runtime.local.kube.LocalKubernetes;
import dev.longshore.runtime.local.kube.RealKubernetes;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

class PodRunnerIT extends PodRunnerContract {
  @TempDir
  static Path shared;
  private static ChildProcesses servers;
  private static LocalKubernetes kubernetes;

  @BeforeAll
  static void start() throws Exception {
    servers = new ChildProcesses();
    kubernetes = new RealKubernetes(KubernetesPrograms.require(), servers, shared.resolve("kube"), false, InstantSource.system());
  }

  @AfterAll
  static void stop() {
    if (kubernetes != null) {
      kubernetes.close();
    }
    servers.close();
  }

  @Override
  LocalKubernetes kubernetes() {
    return kubernetes;
  }
}
