package dev.longshore.runtime.local.pods;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.process.ChildProcesses;
import dev.longshore.runtime.local.kube.LocalKubernetes;
import dev.longshore.runtime.local.kube.MemoryKubernetes;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryPodRunnerIT extends PodRunnerContract {
  @TempDir
  static Path shared;
  private static LocalKubernetes kubernetes;

  @BeforeAll
  static void start() throws Exception {
    kubernetes = new MemoryKubernetes((object, old) -> List.of(), shared.resolve("kube"), false, InstantSource.system());
  }

  @AfterAll
  static void stop() {
    kubernetes.close();
  }

  @Override
  LocalKubernetes kubernetes() {
    return kubernetes;
  }

  /** A process with an API, a runner and one pod, which the test kills. */
  static final class Host {
    public static void main(String[] args) throws Exception {
      Path folder = Path.of(args[0]);
      ChildProcesses children = new ChildProcesses();
      MemoryKubernetes api = new MemoryKubernetes((object, old) -> List.of(), folder.resolve("kube"), false, InstantSource.system());
      KubernetesClient client = new KubernetesClientBuilder().withConfig(api.clientConfig()).build();
      PodRunner.ofProcesses(client, children, new WorkerCommand("w", List.of(), List.of("/bin/sh", "-c")), folder, InstantSource.system())
          .start();
      client.resource(new PodBuilder().withNewMetadata().withName("victim").withNamespace("default").addToLabels(PodRunner.POOL_LABEL,
          "p").endMetadata()
          .withNewSpec().withRestartPolicy("Never").addNewContainer().withName("worker").withImage("w")
          .withArgs("trap '' TERM HUP; sleep 1000 & sleep 1000; exit 0", "--pod=victim").endContainer().endSpec().build()).create();
      Path pid = folder.resolve("pids/victim");
      await().until(() -> java.nio.file.Files.exists(pid) && java.nio.file.Files.readString(pid).endsWith("\n"));
      System.out.println("pid " + java.nio.file.Files.readString(pid).strip());
      new java.util.concurrent.CountDownLatch(1).await();
    }
  }

  @Test
  void nothingOutlivesARunnerThatIsKilled(@TempDir Path state) throws Exception {
    Process host = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin/java").toString(), "-cp",
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")), Host.class.getName(), state.toString())
        .redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (BufferedReader out = host.inputReader()) {
      String line = out.readLine();
      while (line != null && !line.startsWith("pid ")) {
        line = out.readLine();
      }
      ProcessHandle worker = ProcessHandle.of(Long.parseLong(line.substring(4))).orElseThrow();
      await().atMost(Duration.ofSeconds(10)).until(() -> worker.children().count() == 2);
      List<ProcessHandle> all = java.util.stream.Stream.concat(java.util.stream.Stream.of(worker), worker.descendants()).toList();
      host.destroyForcibly();
      await().atMost(Duration.ofSeconds(10)).until(() -> all.stream().noneMatch(ProcessHandle::isAlive));
      assertThat(all).hasSize(3);
    } finally {
      host.destroyForcibly();
    }
  }
}
