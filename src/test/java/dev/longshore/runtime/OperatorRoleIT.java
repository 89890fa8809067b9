package dev.longshore.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.process.ChildProcesses;
import dev.longshore.runtime.local.kube.CustomResourceInstaller;
import dev.longshore.runtime.local.kube.KubernetesPrograms;
import dev.longshore.runtime.local.kube.RealKubernetes;
import dev.longshore.runtime.local.pods.PodRunner;
import dev.longshore.runtime.local.pods.WorkerCommand;
import dev.longshore.testing.Services;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
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
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The roles as a cluster runs them: an operator process, worker processes for its pods, all told by their environment. */
class OperatorRoleIT {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final String IMAGE = "docker.io/longshore/longshore:dev";
  private static final Path JAR = Path.of("target", "quarkus-app", "quarkus-run.jar").toAbsolutePath();

  @RegisterExtension
  static final Services SERVICES = new Services();

  @TempDir
  Path folder;

  private final HttpClient http = HttpClient.newHttpClient();

  @Test
  void anOperatorAndItsWorkersBringAJobToItsEndAndTellTheSameNumbersEverywhere() throws Exception {
    try (ChildProcesses children = new ChildProcesses();
        RealKubernetes api = new RealKubernetes(KubernetesPrograms.require(), children, folder.resolve("api"), false, InstantSource.system());
        KubernetesClient client = new KubernetesClientBuilder().withConfig(api.clientConfig()).build()) {
      new CustomResourceInstaller(client, getClass().getClassLoader()).install(client);
      client.resource(new SecretBuilder().withNewMetadata().withName("longshore-worker").withNamespace("default").endMetadata()
          .withStringData(credentials()).build()).create();
      String lines = IntStream.range(0, 2_000).mapToObj(i -> "line " + i + "\n").collect(Collectors.joining());
      client.resource(new ConfigMapBuilder().withNewMetadata().withName("ids").withNamespace("default").endMetadata().addToData("ids.txt", lines)
          .build()).create();
      int port = freePort();
      int management = freePort();
      ChildProcesses.Child operator = children.start(operator(api, port, management));
      try (PodRunner pods = PodRunner.ofProcesses(client, children, new WorkerCommand(IMAGE, List.of(java(), "-XX:+UseSerialGC"),
          List.of("-jar", JAR.toString())), folder, InstantSource.system()).start()) {
        await().atMost(LIMIT).ignoreExceptions().untilAsserted(
            () -> assertThat(get("http://127.0.0.1:" + management + "/q/health/ready")).as(log()).contains("\"UP\""));

        client.resource(job()).create();

        await().atMost(LIMIT).untilAsserted(() -> assertThat(phase(client)).as(log()).isEqualTo("Complete"));
        BatchJob done = client.resources(BatchJob.class).inNamespace("default").withName("counted").get();
        assertThat(done.getStatus().items().succeeded()).isEqualTo(2_000);
        assertThat(done.getStatus().items().total()).isEqualTo(2_000);
        assertThat(done.getStatus().conditions()).filteredOn(c -> c.getStatus().equals("True")).extracting(c -> c.getType())
            .contains("SuccessCriteriaMet", "Complete").doesNotContain("Failed");
        String base = "http://127.0.0.1:" + port + "/api/v1/namespaces/default/batchjobs/counted";
        assertThat(get(base)).contains("\"succeeded\":2000");
        assertThat(get(base + "/results").lines()).hasSize(2_000).element(7).asString().contains("\"item\":\"line 7\"");
        assertThat(redisStatus(done)).containsEntry("phase", "Complete").containsEntry("succeeded", "2000").containsEntry("total", "2000");
        assertThat(get("http://127.0.0.1:" + management + "/q/metrics")).contains("longshore_operator_active_jobs");

        client.resources(BatchJob.class).inNamespace("default").withName("counted").delete();
        await().atMost(LIMIT).untilAsserted(() -> {
          assertThat(client.resources(BatchJob.class).inAnyNamespace().list().getItems()).as(log()).isEmpty();
          assertThat(client.pods().inNamespace("default").list().getItems()).as("pods left").isEmpty();
        });
        assertThat(redisStatus(done)).as("keys left").isEmpty();
      } finally {
        operator.terminate();
        assertThat(operator.awaitExit(Duration.ofSeconds(30))).as("the operator ends at SIGTERM\n%s", log()).isTrue();
      }
    }
  }

  private Map<String, String> credentials() {
    return Map.of("LONGSHORE_RABBITMQ_URL", SERVICES.rabbitUrl(), "LONGSHORE_RABBITMQ_USERNAME", SERVICES.rabbitUsername(),
        "LONGSHORE_RABBITMQ_PASSWORD", SERVICES.rabbitPassword(), "LONGSHORE_REDIS_URL", SERVICES.redisUrl(), "LONGSHORE_REDIS_PASSWORD",
        SERVICES.redisPassword());
  }

  private ProcessBuilder operator(RealKubernetes api, int port, int management) {
    ProcessBuilder builder = new ProcessBuilder(java(), "-XX:+UseSerialGC", "-Xmx300m", "-jar", JAR.toString())
        .redirectErrorStream(true).redirectOutput(folder.resolve("operator.log").toFile());
    builder.environment().putAll(credentials());
    builder.environment().putAll(Map.of("LONGSHORE_ROLE", "operator", "KUBECONFIG", api.kubeconfig().toString(), "LONGSHORE_OPERATOR_LEADER_ELECTION",
        "true", "LONGSHORE_IMAGE", IMAGE, "QUARKUS_HTTP_PORT", String.valueOf(port), "QUARKUS_MANAGEMENT_PORT",
        String.valueOf(management)));
    return builder;
  }

  private BatchJob job() {
    return new io.fabric8.kubernetes.client.utils.KubernetesSerialization().unmarshal("""
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: counted, namespace: default}
        spec:
          source: {configMap: {name: ids, key: ids.txt, format: Lines}}
          processor: {noop: {}}
          workers: {maxReplicas: 2}
        """, BatchJob.class);
  }

  private static String phase(KubernetesClient client) {
    BatchJob job = client.resources(BatchJob.class).inNamespace("default").withName("counted").get();
    return job.getStatus() == null ? "none" : job.getStatus().phase();
  }

  /** The hash that docs promise to others, read by redis-cli as others would. */
  private Map<String, String> redisStatus(BatchJob job) throws Exception {
    String key = "longshore:default:{" + job.getMetadata().getUid() + "}:status";
    URI redis = URI.create(SERVICES.redisUrl());
    ProcessBuilder cli = new ProcessBuilder("redis-cli", "-h", redis.getHost(), "-p", String.valueOf(redis.getPort()), "HGETALL", key);
    cli.environment().put("REDISCLI_AUTH", SERVICES.redisPassword());
    Process process = cli.start();
    List<String> lines = process.inputReader().lines().filter(line -> !line.isEmpty()).toList();
    return IntStream.range(0, lines.size() / 2).boxed().collect(Collectors.toMap(i -> lines.get(2 * i), i -> lines.get(2 * i + 1)));
  }

  private String get(String url) throws IOException, InterruptedException {
    return http.send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString()).body();
  }

  private String log() {
    try {
      String all = Files.readString(folder.resolve("operator.log"));
      return all.substring(Math.max(0, all.length() - 6_000));
    } catch (IOException e) {
      return "no log: " + e.getMessage();
    }
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
