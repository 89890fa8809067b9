package dev.longshore.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.longshore.job.JobRef;
import dev.longshore.testing.OtlpReceiver;
import dev.longshore.testing.ProcessCluster;
import dev.longshore.testing.Scrape;
import dev.longshore.testing.Services;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two jobs with secrets, whose server and program give them away wherever they can but in a result. Then everything that is kept or told
 * anywhere is searched for them; and for a word that is no secret, which shows that the search sees.
 */
class PlantedSecretIT {
  private static final String TOKEN = "planted-token-3f9c2b7e51";
  private static final String KEY = "planted-key-81d6a0c4ee";
  private static final String HARMLESS = "harmless-4471";

  @RegisterExtension
  static final Services SERVICES = new Services();

  @TempDir
  Path folder;

  private final CountDownLatch read = new CountDownLatch(1);
  private HttpServer server;

  /** Says what it got, as servers do that were made to be debugged. */
  private void answer(HttpExchange exchange) throws IOException {
    String got = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
    String item = exchange.getRequestURI().getPath().replaceFirst(".*/", "");
    boolean known = got.equals("Bearer " + TOKEN);
    String said = switch (item) {
      case "denied" -> "401 {\"error\":\"no such user\",\"authorization\":\"" + got + "\"}";
      case "word" -> "403 the token " + TOKEN + " has no rights on " + HARMLESS;
      case "cut" -> "400 " + "x".repeat(185) + TOKEN;
      case "broken" -> "503 upstream refused " + got + " " + HARMLESS;
      default -> known ? "200 {\"ok\":\"" + HARMLESS + "\"}" : "401 \"who are you?\"";
    };
    if (item.equals(HARMLESS)) {
      awaitSearched();
    }
    byte[] body = said.substring(4).getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(Integer.parseInt(said.substring(0, 3)), body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  /** The last item keeps its worker until its metrics are read: it goes with its job. */
  private void awaitSearched() throws IOException {
    try {
      if (!read.await(20, TimeUnit.SECONDS)) {
        throw new IOException("the worker's metrics were not read within 20 s");
      }
    } catch (InterruptedException e) {
      throw new IOException("the server was stopped", e);
    }
  }

  @Test
  void aSecretIsNowhereButWhereItWasPut() throws Exception {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
    Path go = folder.resolve("go");
    assertThat(new ProcessBuilder("mkfifo", go.toString()).start().waitFor()).as("mkfifo %s", go).isZero();
    Path program = Files.writeString(folder.resolve("leaky.py"), """
        import json, os, sys
        for line in sys.stdin:
            call = json.loads(line)
            key = os.environ["KEY"]
            print("using key " + key + " for %s" % call["item"], file=sys.stderr, flush=True)
            if call["item"] == "plain":
                print("this is no JSON: " + key, flush=True)
            elif call["item"] == "dies":
                sys.exit("cannot log in with " + key)
            elif call["item"] == "fails":
                print(json.dumps({"index": call["index"], "error": {"code": "Denied", "message": "wrong key " + key}, "retry": False}), flush=True)
            elif call["item"] == "skips":
                print(json.dumps({"index": call["index"], "skip": "no use for " + key}), flush=True)
            else:
                if call["item"] == "%s":
                    open("GO").read()
                print(json.dumps({"index": call["index"], "result": "%s"}), flush=True)
        """.replace("\"%s\"", "\"" + HARMLESS + "\"").replace("GO", go.toString()));
    Queue<byte[]> traced = new ConcurrentLinkedQueue<>();
    try (OtlpReceiver collector = new OtlpReceiver(); ProcessCluster cluster = new ProcessCluster(SERVICES, folder, settings(collector));
        Connection broker = SERVICES.broker(); Channel channel = broker.createChannel()) {
      String trace = channel.queueDeclare().getQueue();
      channel.queueBind(trace, "amq.rabbitmq.trace", "#");
      channel.basicConsume(trace, true, (tag, message) -> {
        traced.add(message.getBody());
        traced.add(String.valueOf(message.getProperties().getHeaders()).getBytes(StandardCharsets.UTF_8));
      }, tag -> { });
      assertThat(SERVICES.rabbit().control("trace_on")).as("rabbitmqctl trace_on").isZero();
      cluster.client().resource("""
          apiVersion: v1
          kind: Secret
          metadata: {name: secrets, namespace: default}
          stringData: {token: "Bearer %s", key: "%s"}
          """.formatted(TOKEN, KEY)).create();
      cluster.redis("CONFIG", "SET", "auto-aof-rewrite-percentage", "0");
      Path commands = commands();
      long before = Files.size(commands);
      cluster.startOperator();
      JobRef http = cluster.create("""
          apiVersion: longshore.dev/v1alpha1
          kind: BatchJob
          metadata: {name: calls}
          spec:
            source: {items: [fine, denied, word, cut, broken, "%s"]}
            processor: {http: {url: "http://127.0.0.1:%d/{item}", headersFrom: [{header: Authorization, secretKeyRef: {name: secrets, key: token}}]}}
            retry: {maxAttempts: 2, backoff: {initial: 250ms}}
            workers: {maxReplicas: 1, concurrency: 4}
          """.formatted(HARMLESS, server.getAddress().getPort()));
      JobRef exec = cluster.create("""
          apiVersion: longshore.dev/v1alpha1
          kind: BatchJob
          metadata: {name: programs}
          spec:
            source: {items: [fine, fails, skips, plain, dies, "%s"]}
            processor: {exec: {command: [python3, -u, "%s"], env: [{name: KEY, valueFrom: {secretKeyRef: {name: secrets, key: key}}}]}}
            retry: {maxAttempts: 2, backoff: {initial: 250ms}}
            batching: {size: 1}
            workers: {maxReplicas: 1, concurrency: 1}
          """.formatted(HARMLESS, program));

      Map<String, String> places = new TreeMap<>();
      places.put("metrics of calls' worker", workersMetrics(cluster, http, "dead_letters_total", 4));
      read.countDown();
      places.put("metrics of programs' worker", workersMetrics(cluster, exec, "retries_total", 2));
      Files.writeString(go, "go");
      assertThat(cluster.awaitPhase(http, "Complete").getStatus().items().succeeded()).as(cluster::told).isEqualTo(2);
      assertThat(cluster.awaitPhase(exec, "Complete").getStatus().items().succeeded()).as(cluster::told).isEqualTo(2);
      assertThat(cluster.deadLetters(http)).as("dead letters").isEqualTo(4);
      await().atMost(Duration.ofSeconds(10)).until(() -> traced.stream().filter(body -> text(body).contains("HttpStatus401")).count() >= 1);

      await("spans of both jobs' ends").atMost(Duration.ofSeconds(20)).until(() -> collector.spans().stream().filter(span -> span.name().equals("settle"))
          .map(span -> span.attributes().get("longshore.job")).distinct().count() == 2);

      places.put("the broker's messages", String.join("\n", traced.stream().map(PlantedSecretIT::text).toList()));
      places.put("Redis", redis(cluster));
      places.put("all that was ever written to Redis", written(commands, before));
      cluster.redis("CONFIG", "SET", "auto-aof-rewrite-percentage", "100");
      places.put("traces", String.join("\n", collector.bodies().stream().map(PlantedSecretIT::text).toList()));
      for (JobRef job : List.of(http, exec)) {
        String at = "/api/v1/namespaces/default/batchjobs/" + job.name();
        places.put("HTTP of " + job.name(), cluster.http(at));
        places.put("results of " + job.name(), cluster.http(at + "/results"));
        places.put("failures of " + job.name(), cluster.http(at + "/failures") + cluster.http(at + "/failures?group=" + "x"));
        places.put("decisions of " + job.name(), cluster.http("/api/v1/namespaces/default/workerpools/" + job.name() + "/decisions"));
      }
      places.put("metrics", cluster.metrics());
      places.put("the jobs", Serialization.asYaml(cluster.client().resources(dev.longshore.api.v1alpha1.BatchJob.class).inAnyNamespace().list()));
      places.put("the pools", Serialization.asYaml(cluster.client().resources(dev.longshore.api.v1alpha1.WorkerPool.class).inAnyNamespace().list()));
      places.put("the pods", Serialization.asYaml(cluster.client().pods().inAnyNamespace().list()));
      places.put("the events", Serialization.asYaml(cluster.client().v1().events().inAnyNamespace().list()));
      for (Path log : cluster.logs()) {
        places.put("the log " + log.getFileName(), Files.readString(log));
      }
      for (Path service : List.of(SERVICES.rabbit().folder().resolve("rabbitmq.log"), SERVICES.redis().folder().resolve("redis.log"))) {
        places.put("the log " + service.getFileName(), Files.readString(service));
      }

      for (String where : List.of("the broker's messages", "Redis", "all that was ever written to Redis", "HTTP of calls", "results of calls", "results of programs", "the jobs")) {
        assertThat(places.get(where)).as("a search that sees finds the harmless word in %s", where).contains(HARMLESS);
      }
      assertThat(places.keySet()).as("logs of both workers").anyMatch(place -> place.startsWith("the log calls-")).anyMatch(place -> place.startsWith("the log programs-"));
      assertThat(places.get("results of calls")).as("what stands in its place").contains("(secret)");
      places.forEach((place, text) -> {
        for (String secret : List.of(TOKEN, KEY, TOKEN.substring(0, 12), KEY.substring(0, 12))) {
          int found = text.indexOf(secret);
          assertThat(found).as(() -> "'" + secret + "' in " + place + ": …" + text.substring(Math.max(0, found - 200), Math.min(text.length(), found + 100)))
              .isNegative();
        }
      });
    } finally {
      SERVICES.rabbit().control("trace_off");
      server.stop(0);
    }
  }

  /** With all that a process may tell. */
  private static Map<String, String> settings(OtlpReceiver collector) {
    return Map.of("LONGSHORE_POLICY_EGRESS_LOOPBACK", "true", "LONGSHORE_POLICY_EXEC", "true", "LONGSHORE_POLICY_EXEC_COMMANDS", "*",
        "LONGSHORE_LOG_LEVEL", "DEBUG", "LONGSHORE_TRACING_ENDPOINT", collector.endpoint(), "LONGSHORE_TRACING_RATIO", "1");
  }

  /** What the worker of a job's own pool tells once it has counted so many failures of a kind. */
  private static String workersMetrics(ProcessCluster cluster, JobRef job, String counter, int failures) {
    String[] told = {""};
    await("the worker of " + job.name() + " counts its failures").atMost(Duration.ofSeconds(60)).ignoreExceptions().untilAsserted(() -> {
      told[0] = cluster.metrics(cluster.workers(job.name()).values().iterator().next());
      assertThat(Scrape.of(told[0]).sum("longshore_" + counter)).as(() -> "longshore_" + counter + "\n" + cluster.told()).isEqualTo(failures);
    });
    return told[0];
  }

  /** Redis' file of commands, which this test keeps from being written anew. */
  private static Path commands() throws IOException {
    try (Stream<Path> files = Files.walk(SERVICES.redis().folder())) {
      return files.filter(path -> path.toString().endsWith(".incr.aof")).max(Comparator.comparing(path -> path.toFile().lastModified())).orElseThrow();
    }
  }

  /** What was ever written to Redis since its file was that long: also what was deleted again. */
  private static String written(Path commands, long from) throws IOException {
    try (InputStream in = Files.newInputStream(commands)) {
      in.skipNBytes(from);
      return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  /** Every key with its value, read by its type; what is gzip within is small here and so is not packed. */
  private static String redis(ProcessCluster cluster) {
    StringBuilder all = new StringBuilder();
    for (String key : cluster.redis("--scan")) {
      List<String> read = switch (cluster.redis("TYPE", key).getFirst()) {
        case "string" -> List.of("GET", key);
        case "hash" -> List.of("HGETALL", key);
        case "list" -> List.of("LRANGE", key, "0", "-1");
        case "zset" -> List.of("ZRANGE", key, "0", "-1");
        case "set" -> List.of("SMEMBERS", key);
        // its time to live ended after the scan
        case "none" -> List.of("EXISTS", key);
        default -> throw new AssertionError("a type that is not looked into: " + key);
      };
      all.append(key).append('\n').append(String.join("\n", cluster.redis(read.toArray(String[]::new)))).append('\n');
    }
    return all.toString();
  }

  private static String text(byte[] body) {
    if (body.length > 2 && body[0] == 0x1f && body[1] == (byte) 0x8b) {
      try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new IllegalStateException("a packed body that cannot be read", e);
      }
    }
    return new String(body, StandardCharsets.UTF_8);
  }
}
