package dev.longshore.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.process.ChildProcesses;
import dev.longshore.runtime.local.pods.ChartPods;
import dev.longshore.runtime.local.pods.PodRunner;
import dev.longshore.runtime.local.pods.WorkerCommand;
import dev.longshore.testing.Services;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A control plane, broker and store on which Helm installs the chart, and on which its pods and those of its jobs run as processes. */
final class ChartCluster implements AutoCloseable {
  static final Duration LIMIT = Duration.ofMinutes(3);
  /** Of a chart without values for it. */
  static final String IMAGE = "docker.io/longshore/longshore:0.1.0-SNAPSHOT";
  private static final KubernetesSerialization YAML = new KubernetesSerialization();
  private static final Path APP = Path.of("target", "quarkus-app", "quarkus-run.jar").toAbsolutePath();

  private final Services services;
  private final Path folder;
  private final ChildProcesses children = new ChildProcesses();
  private final ControlPlane plane;
  private final Helm helm;
  private final PodRunner workers;
  private final ChartPods pods;

  ChartCluster(Services services, Path folder, String... apiFlags) throws Exception {
    this.services = services;
    this.folder = folder;
    assertThat(APP).as("run the package phase first").isRegularFile();
    plane = new ControlPlane(children, folder.resolve("plane"), apiFlags);
    helm = new Helm(folder.resolve("helm"), Optional.of(plane.kubeconfig()));
    WorkerCommand command = new WorkerCommand(IMAGE, List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--sun-misc-unsafe-memory-access=allow", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"), List.of("-jar", APP.toString()));
    workers = PodRunner.ofProcesses(client(), children, command, folder.resolve("workers"), InstantSource.system()).start();
    pods = new ChartPods(client(), children, command, folder.resolve("pods"), folder.resolve("plane").resolve("ca.crt"));
  }

  KubernetesClient client() {
    return plane.client();
  }

  ControlPlane plane() {
    return plane;
  }

  Helm helm() {
    return helm;
  }

  /** A namespace with the Secrets of operator and workers, as docs/install.md makes them. */
  ChartCluster namespace(String name) {
    client().resource(new NamespaceBuilder().withNewMetadata().withName(name)
        .addToLabels("pod-security.kubernetes.io/enforce", "restricted").endMetadata().build()).create();
    secret(name, "longshore-rabbitmq", Map.of("url", services.rabbitUrl(), "username", services.rabbitUsername(), "password",
        services.rabbitPassword()));
    secret(name, "longshore-redis", Map.of("url", services.redisUrl(), "password", services.redisPassword()));
    secret(name, "longshore-worker", Map.of("LONGSHORE_RABBITMQ_URL", services.rabbitUrl(), "LONGSHORE_RABBITMQ_USERNAME",
        services.rabbitUsername(), "LONGSHORE_RABBITMQ_PASSWORD", services.rabbitPassword(), "LONGSHORE_REDIS_URL", services.redisUrl(),
        "LONGSHORE_REDIS_PASSWORD", services.redisPassword(), "LONGSHORE_WORKER_LEASE_TIME", "2s"));
    return this;
  }

  private void secret(String namespace, String name, Map<String, String> data) {
    client().resource(new SecretBuilder().withNewMetadata().withName(name).withNamespace(namespace).endMetadata().withStringData(data).build())
        .create();
  }

  /** The operator's pod, once it is ready. */
  Pod operator(String namespace) {
    await("the operator in " + namespace + " is ready").atMost(LIMIT).untilAsserted(() -> assertThat(operators(namespace)).as(told(namespace))
        .isNotEmpty().allMatch(pod -> pod.getStatus().getConditions().stream()
            .anyMatch(condition -> condition.getType().equals("Ready") && condition.getStatus().equals("True"))));
    return operators(namespace).getFirst();
  }

  /** The operator's pod once the Deployment's last change is rolled out, all older pods are gone, and the one that stayed acts. */
  Pod acting(String namespace) {
    await("the last operator in " + namespace + " is ready").atMost(LIMIT).untilAsserted(() -> assertThat(
        client().apps().deployments().inNamespace(namespace).withName("longshore-operator").get()).as(told(namespace)).satisfies(deployment -> {
          int replicas = deployment.getSpec().getReplicas();
          assertThat(deployment.getStatus().getObservedGeneration()).as("its last change is seen").isEqualTo(deployment.getMetadata().getGeneration());
          assertThat(deployment.getStatus().getUpdatedReplicas()).as("new pods").isEqualTo(replicas);
          assertThat(deployment.getStatus().getReadyReplicas()).as("ready pods").isEqualTo(replicas);
          assertThat(operators(namespace)).as("pods").hasSize(replicas);
        }));
    await("one of them leads").atMost(LIMIT).untilAsserted(() -> assertThat(operators(namespace)).as(told(namespace))
        .extracting(pod -> pod.getMetadata().getName()).contains(leader(namespace)));
    return client().pods().inNamespace(namespace).withName(leader(namespace)).get();
  }

  private String leader(String namespace) {
    return client().leases().inNamespace(namespace).withName("longshore-operator").get().getSpec().getHolderIdentity();
  }

  List<Pod> operators(String namespace) {
    return client().pods().inNamespace(namespace).withLabel("app.kubernetes.io/component", "operator").list().getItems();
  }

  List<Pod> workers(String namespace, String pool) {
    return client().pods().inNamespace(namespace).withLabel(PodRunner.POOL_LABEL, pool).list().getItems();
  }

  /** The process of a worker. */
  long pid(Pod worker) throws IOException {
    return Long.parseLong(Files.readString(folder.resolve("workers").resolve("pids").resolve(worker.getMetadata().getName())).strip());
  }

  /** How the pod's processes see the world, for the message of a failure. */
  String told(String namespace) {
    StringBuilder all = new StringBuilder();
    for (Pod pod : operators(namespace)) {
      String log = pods.log(pod.getMetadata().getName());
      all.append("== ").append(pod.getMetadata().getName()).append('\n').append(log.substring(Math.max(0, log.length() - 4_000))).append('\n');
    }
    return all.toString();
  }

  /** Runs a command line as cluster admin, and returns what it said. */
  String longshore(String... words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-jar", APP.toString()));
    command.addAll(List.of(words));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("KUBECONFIG", plane.kubeconfig().toString());
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }

  ChartPods pods() {
    return pods;
  }

  void apply(String namespace, String yaml) {
    for (String document : yaml.split("(?m)^---\n")) {
      client().resource(YAML.<io.fabric8.kubernetes.api.model.HasMetadata>unmarshal(document)).inNamespace(namespace).create();
    }
  }

  Optional<BatchJob> job(String namespace, String name) {
    return Optional.ofNullable(client().resources(BatchJob.class).inNamespace(namespace).withName(name).get());
  }

  Optional<WorkerPool> pool(String namespace, String name) {
    return Optional.ofNullable(client().resources(WorkerPool.class).inNamespace(namespace).withName(name).get());
  }

  void awaitPhase(String namespace, String name, String phase) {
    await(name + " is " + phase).atMost(LIMIT).untilAsserted(() -> assertThat(job(namespace, name).map(BatchJob::getStatus)
        .map(status -> status.phase()).orElse("none")).as(() -> told(namespace)).isEqualTo(phase));
  }

  @Override
  public void close() {
    pods.close();
    workers.close(Duration.ofSeconds(1));
    plane.close();
    children.close();
  }
}
