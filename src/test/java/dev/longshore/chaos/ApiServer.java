package dev.longshore.chaos;

import static org.awaitility.Awaitility.await;

import dev.longshore.process.ChildProcesses;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The kube-apiserver of a real cluster, found by its command line among this process's children, to be killed and started again. */
final class ApiServer {
  private static final Duration READY_WITHIN = Duration.ofSeconds(90);

  private final ChildProcesses children;
  private final KubernetesClient client;
  private final Path folder;
  private final List<String> command;
  private ProcessHandle process;

  /** @param folder the one that the cluster was started in */
  ApiServer(ChildProcesses children, KubernetesClient client, Path folder) {
    this.children = children;
    this.client = client;
    this.folder = folder;
    this.process = ProcessHandle.current().children().filter(child -> {
      List<String> line = commandOf(child);
      return !line.isEmpty() && line.getFirst().endsWith("kube-apiserver") && line.contains("--cert-dir=" + folder);
    }).findFirst().orElseThrow(() -> new IllegalStateException("no kube-apiserver of " + folder + " among the children of this process"));
    this.command = commandOf(process);
  }

  private static List<String> commandOf(ProcessHandle child) {
    try {
      return List.of(Files.readString(Path.of("/proc", String.valueOf(child.pid()), "cmdline"), StandardCharsets.UTF_8).split("\0"));
    } catch (IOException e) {
      return List.of();
    }
  }

  synchronized void kill() {
    process.destroyForcibly();
    process.onExit().join();
  }

  /** Starts it again on its port and returns when it answers. */
  synchronized void start() throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("kube-apiserver.log").toFile()));
    builder.environment().keySet().retainAll(List.of("PATH", "HOME", "LANG", "TMPDIR"));
    process = children.start(builder).process().toHandle();
    await("the API server answers again").atMost(READY_WITHIN).ignoreExceptions().until(() -> "ok".equals(client.raw("/readyz")));
  }
}
