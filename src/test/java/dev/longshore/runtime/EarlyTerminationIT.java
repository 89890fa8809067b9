package dev.longshore.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.process.ChildProcesses;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A role that starts while nothing that it needs is there: it waits, says for what, and ends at once when it is told to. */
class EarlyTerminationIT {
  private static final Path JAR = Path.of("target", "quarkus-app", "quarkus-run.jar").toAbsolutePath();

  @TempDir
  Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"operator", "worker"})
  void sigtermEndsARoleThatStillWaitsForAllItNeeds(String role) throws Exception {
    Path log = folder.resolve("role.log");
    ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC", "-jar",
        JAR.toString(), "--role=" + role, "--pod=early").redirectErrorStream(true).redirectOutput(log.toFile());
    // nobody listens on port 1
    int management = freePort();
    builder.environment().putAll(Map.of("LONGSHORE_POOL", "early", "LONGSHORE_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:1", "LONGSHORE_REDIS_URL",
        "redis://127.0.0.1:1", "KUBECONFIG", folder.resolve("none").toString(), "QUARKUS_HTTP_PORT", "0", "QUARKUS_MANAGEMENT_PORT",
        String.valueOf(management)));
    try (ChildProcesses children = new ChildProcesses()) {
      ChildProcesses.Child child = children.start(builder);
      await().atMost(Duration.ofMinutes(1)).ignoreExceptions().untilAsserted(() -> assertThat(health(management)).as(Files.readString(log))
          .contains("DOWN").contains("\"redis\": \"Redis").contains("\"rabbitmq\": \"RabbitMQ"));
      await("it waits").during(Duration.ofSeconds(4)).atMost(Duration.ofSeconds(10)).until(child.process()::isAlive);

      child.terminate();

      assertThat(child.awaitExit(Duration.ofSeconds(10))).as("ends at SIGTERM\n%s", Files.readString(log)).isTrue();
      // 143 when the signal was even quicker than the role
      assertThat(child.process().exitValue()).as(Files.readString(log)).isIn(0, 143);
    }
  }

  private static String health(int port) throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/q/health/ready")).build(),
          HttpResponse.BodyHandlers.ofString()).body();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
