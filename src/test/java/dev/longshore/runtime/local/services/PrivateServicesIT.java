package dev.longshore.runtime.local.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.MessageProperties;
import dev.longshore.process.ChildProcesses;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateServicesIT {
  private final ChildProcesses children = new ChildProcesses();
  @TempDir
  Path folder;

  @AfterEach
  void endChildren() {
    children.close();
    assertThat(processesOf(folder)).as("processes left running").isEmpty();
  }

  @Test
  void rabbitKeepsItsMessagesPortAndPasswordOverCrashAndRestart() throws Exception {
    String password;
    String url;
    try (PrivateRabbitMq rabbit = new PrivateRabbitMq(children, folder, 300L << 20)) {
      rabbit.start();
      System.out.println("rabbitmq started in " + rabbit.startTime().toMillis() + " ms");
      password = rabbit.password();
      url = rabbit.url();
      publish(rabbit, "one");
      long pid = rabbit.pid();
      awaitRegistered("q");

      rabbit.kill();
      assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
      rabbit.start();

      assertThat(rabbit.url()).isEqualTo(url);
      assertThat(get(rabbit)).isEqualTo("one");
      publish(rabbit, "two");
      long before = System.nanoTime();
      rabbit.stop();
      System.out.println("rabbitmq stopped in " + Duration.ofNanos(System.nanoTime() - before).toMillis() + " ms");
    }
    try (PrivateRabbitMq again = new PrivateRabbitMq(children, folder, 300L << 20)) {
      again.start();
      assertThat(again.password()).isEqualTo(password);
      assertThat(again.url()).isEqualTo(url);
      assertThat(get(again)).isEqualTo("two");
    }
  }

  @Test
  void rabbitListensOnLoopbackOnlyAndKnowsNoGuest() throws Exception {
    try (PrivateRabbitMq rabbit = new PrivateRabbitMq(children, folder, 300L << 20)) {
      rabbit.start();
      ConnectionFactory guest = new ConnectionFactory();
      guest.setUri(rabbit.url());
      assertThatThrownBy(guest::newConnection).isInstanceOf(AuthenticationFailureException.class);
      assertThat(listeningAddresses()).as("loopback only").isNotEmpty()
          .allMatch(address -> address.startsWith("127.0.0.1:") || address.startsWith("[::1]:")
              || address.startsWith("[::ffff:127.0.0.1]:"));
      assertPrivate("service.properties", "rabbitmq.conf");
    }
  }

  @Test
  void redisKeepsItsKeysOverCrashAndRestart() throws Exception {
    try (PrivateRedis redis = new PrivateRedis(children, folder, 64L << 20)) {
      redis.start();
      System.out.println("redis started in " + redis.startTime().toMillis() + " ms");
      String url = redis.url();
      assertThat(command(redis, "SET a 1")).isEqualTo("+OK");
      assertThat(commandWithoutPassword(redis, "GET a")).startsWith("-NOAUTH");
      redis.kill();
      redis.start();
      assertThat(redis.url()).isEqualTo(url);
      assertThat(command(redis, "INCR a")).isEqualTo(":2");
      redis.stop();
      redis.start();
      assertThat(command(redis, "INCR a")).isEqualTo(":3");
      assertPrivate("service.properties", "redis.conf");
      assertThat(ProcessHandle.of(redis.pid()).flatMap(p -> p.info().commandLine()).orElse("")).doesNotContain(redis.password());
    }
  }

  @Test
  void aFolderHasOneHolder() {
    try (PrivateRedis redis = new PrivateRedis(children, folder, 64L << 20);
        PrivateRedis second = new PrivateRedis(children, folder, 64L << 20)) {
      redis.start();
      assertThatThrownBy(second::start).isInstanceOf(ServiceStartException.class).hasMessageContaining("in use");
    }
  }

  @Test
  void aServerThatCannotStartSaysWhy() throws IOException {
    Files.writeString(folder.resolve("redis.conf"), "");
    Files.createDirectories(folder.resolve("appendonlydir"));
    Files.writeString(folder.resolve("appendonlydir/appendonly.aof.manifest"), "rubbish\n");
    try (PrivateRedis redis = new PrivateRedis(children, folder, 64L << 20)) {
      assertThatThrownBy(redis::start).isInstanceOf(ServiceStartException.class).hasMessageContaining("exit code 1")
          .hasMessageContaining("AOF");
    }
  }

  @Test
  void programsAreFoundByTheirScriptsAndNotByAWrapper() throws IOException {
    Path wrapper = Files.createDirectories(folder.resolve("wrapper"));
    executable(wrapper.resolve("rabbitmq-server"));
    Path scripts = Files.createDirectories(folder.resolve("home/sbin"));
    executable(scripts.resolve("rabbitmq-server"));
    Files.writeString(scripts.resolve("rabbitmq-env"), "");

    assertThat(new InstalledPrograms(Map.of("RABBITMQ_HOME", folder.resolve("home").toString())).rabbitScripts()).contains(scripts);
    assertThat(new InstalledPrograms(Map.of("PATH", wrapper.toString())).rabbitScripts()).isNotEqualTo(java.util.Optional.of(wrapper));
    assertThat(new InstalledPrograms(Map.of("PATH", "/nowhere")).find("no-such-program")).isEmpty();
  }

  /** RabbitMQ 3.10 writes a new queue's name to disk about a second later; killed before, it cannot find the queue's data again. */
  private void awaitRegistered(String queue) {
    Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> {
      try (Stream<Path> files = Files.walk(folder.resolve("data"))) {
        Path names = files.filter(file -> file.endsWith("names.dets") && file.toString().contains("/quorum/")).findFirst().orElseThrow();
        return Files.readString(names, java.nio.charset.StandardCharsets.ISO_8859_1).contains("%2F_" + queue);
      }
    });
  }

  private static void executable(Path file) throws IOException {
    Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
  }

  private void assertPrivate(String... files) throws IOException {
    for (String file : files) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(file)))).isEqualTo("rw-------");
    }
  }

  private static List<String> processesOf(Path folder) {
    // the environment of a process names its folders; only Linux shows it
    try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
      return all.filter(process -> process.pid() != ProcessHandle.current().pid()).filter(process -> {
        try {
          return Files.readString(Path.of("/proc/" + process.pid() + "/environ"), java.nio.charset.StandardCharsets.ISO_8859_1)
              .contains(folder.toString());
        } catch (IOException e) {
          return false;
        }
      }).map(process -> process.pid() + " " + process.info().command().orElse("")).toList();
    }
  }

  /** The addresses that this test's children and their descendants listen on. */
  private List<String> listeningAddresses() throws IOException {
    List<String> pids = ProcessHandle.current().descendants().map(process -> "pid=" + process.pid() + ",").toList();
    Process ss = new ProcessBuilder("ss", "-ltnpH").redirectErrorStream(true).start();
    try (BufferedReader lines = ss.inputReader()) {
      return lines.lines().filter(line -> pids.stream().anyMatch(line::contains)).map(line -> line.trim().split("\\s+")[3]).toList();
    }
  }

  private static ConnectionFactory factory(PrivateRabbitMq rabbit) throws Exception {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(rabbit.url());
    factory.setUsername(rabbit.username());
    factory.setPassword(rabbit.password());
    return factory;
  }

  private static void publish(PrivateRabbitMq rabbit, String text) throws Exception {
    try (Connection connection = factory(rabbit).newConnection(); var channel = connection.createChannel()) {
      channel.queueDeclare("q", true, false, false, Map.of("x-queue-type", "quorum"));
      channel.confirmSelect();
      channel.basicPublish("", "q", MessageProperties.PERSISTENT_BASIC, text.getBytes());
      channel.waitForConfirmsOrDie(10_000);
    }
  }

  private static String get(PrivateRabbitMq rabbit) throws Exception {
    try (Connection connection = factory(rabbit).newConnection(); var channel = connection.createChannel()) {
      String[] text = {null};
      Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> {
        var got = channel.basicGet("q", true);
        if (got != null) {
          text[0] = new String(got.getBody());
        }
        return got != null;
      });
      return text[0];
    }
  }

  private static String command(PrivateRedis redis, String line) throws IOException {
    return lastAnswer(redis, "AUTH " + redis.password() + "\r\n" + line + "\r\n", 2);
  }

  private static String commandWithoutPassword(PrivateRedis redis, String line) throws IOException {
    return lastAnswer(redis, line + "\r\n", 1);
  }

  private static String lastAnswer(PrivateRedis redis, String request, int answers) throws IOException {
    URI uri = URI.create(redis.url());
    try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
      socket.getOutputStream().write(request.getBytes());
      BufferedReader reader = new BufferedReader(new InputStreamReader(socket.getInputStream()));
      String answer = null;
      for (int i = 0; i < answers; i++) {
        answer = reader.readLine();
      }
      return answer;
    }
  }
}
