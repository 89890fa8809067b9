package dev.longshore.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.job.JobRef;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.queue.rabbitmq.RabbitSettings;
import dev.longshore.queue.rabbitmq.RabbitWorkQueues;
import dev.longshore.testing.LongshoreCli;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs of real processes whose processor fails some items for good: an HTTP one with a program behind it, and the other way round. */
class FallbackIT {
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir
  Path folder;

  private final List<String> asked = new CopyOnWriteArrayList<>();
  private HttpServer server;
  private LongshoreCli cli;

  @BeforeEach
  void open() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", exchange -> {
      String path = exchange.getRequestURI().getPath();
      asked.add(path);
      byte[] body = "{\"by\":\"http\"}".getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(path.contains("missing") ? 404 : path.contains("busy") ? 503 : 200, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.start();
    Files.writeString(folder.resolve("work.py"), """
        import json, sys
        for line in sys.stdin:
            call = json.loads(line)
            with open(sys.argv[1], "a") as file:
                file.write("%d %d\\n" % (call["index"], call["attempt"]))
            answer = {"index": call["index"]}
            if "broken" in call["item"]:
                answer.update(error={"code": "Broken", "message": "the program cannot do %s" % call["item"]}, retry=True)
            else:
                answer.update(result={"by": "exec"})
            print(json.dumps(answer), flush=True)
        """);
    cli = new LongshoreCli(folder).with("TMPDIR", folder.toString()).with("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + folder);
  }

  @AfterEach
  void close() {
    server.stop(0);
    cli.close();
  }

  @Test
  void theFallbackGetsExactlyWhatFailedForGoodAndWhatFailsThereTooIsOneDeadLetter() throws Exception {
    int port = server.getAddress().getPort();
    List<String> items = IntStream.range(0, 60).mapToObj(i -> i == 7 ? "busy-broken-7" : i == 8 ? "busy-8" : i % 10 == 3 ? "missing-" + i
        : "fine-" + i).toList();
    Path manifest = folder.resolve("jobs.yaml");
    Files.writeString(manifest, """
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: tracks}
        spec:
          source: {items: %1$s}
          processor: {http: {url: "http://127.0.0.1:%2$d/tracks/{item}"}}
          fallback: {exec: {command: [python3, -u, work.py, tracks.txt]}}
          retry: {maxAttempts: 2, backoff: {initial: 250ms}}
          failurePolicy: {maxFailed: 1}
        ---
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: programs}
        spec:
          source: {items: [fine-0, broken-1, fine-2, broken-3]}
          processor: {exec: {command: [python3, -u, work.py, programs.txt]}}
          fallback: {http: {url: "http://127.0.0.1:%2$d/programs/{item}"}}
          retry: {maxAttempts: 1}
        """.formatted(JSON.writeValueAsString(items), port));
    LongshoreCli.Running run = cli.start("run", "-f", manifest.toString(), "--keep", "--state-dir", folder.resolve("state").toString());
    await().atMost(LIMIT).until(() -> run.errors().contains("export KUBECONFIG=") || !run.process().isAlive());
    assertThat(run.process().isAlive()).as(run.errors()).isTrue();

    List<JsonNode> tracks = cli.results("tracks");
    assertThat(tracks).hasSize(60);
    assertThat(tracks).filteredOn(r -> !r.path("status").asText().equals("succeeded")).singleElement().satisfies(failed -> {
      assertThat(failed.path("index").asInt()).isEqualTo(7);
      assertThat(failed.path("attempts").asInt()).isEqualTo(2);
      assertThat(failed.path("error").path("code").asText()).isEqualTo("Broken");
    });
    Map<String, List<Integer>> by = tracks.stream().filter(r -> r.has("result")).collect(Collectors.groupingBy(
        r -> r.path("result").path("by").asText(), Collectors.mapping(r -> r.path("index").asInt(), Collectors.toList())));
    assertThat(by.get("exec")).containsExactly(3, 8, 13, 23, 33, 43, 53);
    assertThat(by.get("http")).hasSize(52);
    assertThat(Files.readAllLines(folder.resolve("tracks.txt"))).as("index and attempt of what fell back, each once")
        .containsExactlyInAnyOrder("3 1", "7 2", "8 2", "13 1", "23 1", "33 1", "43 1", "53 1");
    assertThat(asked).filteredOn(path -> path.startsWith("/tracks/")).as("two items were tried twice").hasSize(62);

    assertThat(cli.results("programs")).extracting(r -> r.path("result").path("by").asText())
        .containsExactly("exec", "http", "exec", "http");
    assertThat(asked).filteredOn(path -> path.startsWith("/programs/"))
        .containsExactlyInAnyOrder("/programs/broken-1", "/programs/broken-3");

    assertThat(deadLetters(run)).singleElement().satisfies(letter -> {
      assertThat(letter.path("index").asInt()).isEqualTo(7);
      assertThat(letter.path("attempts").asInt()).isEqualTo(2);
      assertThat(letter.path("item").asText()).isEqualTo("busy-broken-7");
      assertThat(letter.path("errors")).extracting(e -> e.path("attempt").asText() + " " + e.path("code").asText()
          + (e.path("fallback").asBoolean() ? " of the fallback" : ""))
          .containsExactly("1 HttpStatus503", "2 HttpStatus503", "2 Broken of the fallback");
    });
    new ProcessBuilder("kill", "-INT", String.valueOf(run.process().pid())).start().waitFor();
    LongshoreCli.Finished finished = run.await(LIMIT);
    assertThat(finished.code()).as(finished.told()).isZero();
  }

  private static List<JsonNode> deadLetters(LongshoreCli.Running run) {
    File kubeconfig = new File(run.errors().replaceAll("(?s).*export KUBECONFIG=(\\S+).*", "$1"));
    try (KubernetesClient client = new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(kubeconfig)).build()) {
      Map<String, String> secret = client.secrets().inNamespace("default").withName("longshore-worker").get().getData();
      BatchJob job = client.resources(BatchJob.class).inNamespace("default").withName("tracks").get();
      JobRef ref = new JobRef("default", "tracks", job.getMetadata().getUid());
      try (RabbitWorkQueues queues = new RabbitWorkQueues(new RabbitSettings(text(secret, "LONGSHORE_RABBITMQ_URL"),
          text(secret, "LONGSHORE_RABBITMQ_USERNAME"), text(secret, "LONGSHORE_RABBITMQ_PASSWORD"), "fallback-test"))) {
        return letters(queues, ref);
      }
    }
  }

  private static List<JsonNode> letters(RabbitWorkQueues queues, JobRef job) {
    List<JsonNode> letters = new CopyOnWriteArrayList<>();
    long waiting = queues.depth(job, Kind.DEAD).ready();
    try (var consumption = queues.consume(job, Kind.DEAD, 100, delivery -> {
      try {
        letters.add(JSON.readTree(((Message.DeadLetter) delivery.message()).json()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    })) {
      await().atMost(LIMIT).until(() -> letters.size() >= waiting);
      return List.copyOf(letters);
    }
  }

  private static String text(Map<String, String> secret, String name) {
    return new String(Base64.getDecoder().decode(secret.get(name)), StandardCharsets.UTF_8);
  }
}
