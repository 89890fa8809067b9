package dev.longshore.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.process.ChildProcesses;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A role that is told to end while it still looks for its broker. */
class EarlyTerminationIT {
  private static final Path JAR = Path.of("target", "quarkus-app", "quarkus-run.jar").toAbsolutePath();

  @TempDir
  Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"operator", "worker"})
  void sigtermEndsARoleThatStillLooksForItsBroker(String role) throws Exception {
    Path log = folder.resolve("role.log");
    ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC", "-jar",
        JAR.toString(), "--role=" + role, "--pod=early").redirectErrorStream(true).redirectOutput(log.toFile());
    // nobody listens on port 1
    builder.environment().putAll(Map.of("LONGSHORE_POOL", "early", "LONGSHORE_RABBITMQ_URL", "amqp://127.0.0.1:1", "LONGSHORE_REDIS_URL",
        "redis://127.0.0.1:1", "KUBECONFIG", folder.resolve("none").toString(), "QUARKUS_HTTP_PORT", "0", "QUARKUS_MANAGEMENT_PORT", "0"));
    try (ChildProcesses children = new ChildProcesses()) {
      ChildProcesses.Child child = children.start(builder);
      await().atMost(Duration.ofMinutes(1)).until(() -> Files.exists(log) && Files.readString(log).contains("Installed features"));

      child.terminate();

      assertThat(child.awaitExit(Duration.ofSeconds(15))).as("ends at SIGTERM\n%s", Files.readString(log)).isTrue();
      // 143 when the signal was even quicker than the role
      assertThat(child.process().exitValue()).as(Files.readString(log)).isIn(0, 143);
    }
  }
}
