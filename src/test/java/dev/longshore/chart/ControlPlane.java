package dev.longshore.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.process.ChildProcesses;
import dev.longshore.runtime.local.kube.KubernetesPrograms;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** A real control plane with controllers and RBAC, without nodes; ended with whoever closes it, or with this process. */
final class ControlPlane implements AutoCloseable {
  private static final Path SCRIPT = Path.of(".ci", "kube", "control-plane").toAbsolutePath();

  private final ChildProcesses.Child programs;
  private final Path folder;
  private final Path programFolder;
  private final KubernetesClient client;

  /** @param flags of the API server, beside the usual ones */
  ControlPlane(ChildProcesses children, Path folder, String... flags) throws Exception {
    this.folder = folder.toAbsolutePath();
    programFolder = KubernetesPrograms.require().folder();
    Path log = Files.createTempFile(folder.getParent(), "control-plane", ".log");
    Path ready = Files.createTempFile(folder.getParent(), "control-plane", ".ready");
    // the programs end with the shell's process group
    ProcessBuilder builder = new ProcessBuilder("bash", "-c", "\"$0\" up > \"$1\" && exec sleep infinity", SCRIPT.toString(), ready.toString())
        .redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().putAll(Map.of("KUBE_BIN", programFolder.toString(), "KUBE_DIR", this.folder.toString(), "API_FLAGS",
        String.join(" ", flags)));
    programs = children.start(builder);
    await("the control plane is ready").atMost(Duration.ofMinutes(2)).failFast("it ended", () -> assertThat(programs.process().isAlive())
        .as(() -> text(log) + text(this.folder.resolve("kube-apiserver.log"))).isTrue()).until(() -> !text(ready).isBlank());
    client = new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(kubeconfig().toFile())).build();
  }

  Path kubeconfig() {
    return folder.resolve("kubeconfig");
  }

  Path kubectl() {
    return programFolder.resolve("kubectl");
  }

  /** As cluster admin. */
  KubernetesClient client() {
    return client;
  }

  private static String text(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file, StandardCharsets.UTF_8) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    client.close();
    programs.kill();
  }
}
