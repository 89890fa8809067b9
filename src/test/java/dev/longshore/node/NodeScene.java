package dev.longshore.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.BatchJobStatus;
import dev.longshore.chart.Helm;
import dev.longshore.image.LongshoreImage;
import dev.longshore.runtime.local.kube.KubernetesPrograms;
import dev.longshore.testing.Services;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Longshore as its users install it: the image in containerd, the chart by Helm in a namespace with the restricted Pod Security Standard, RabbitMQ
 * and Redis beside it.
 */
final class NodeScene implements AutoCloseable {
  static final String NAMESPACE = "longshore";
  static final Duration SOON = Duration.ofSeconds(90);

  final NodeCluster cluster;
  final KubernetesClient client;
  private final Map<String, Instant> podsMade = new ConcurrentHashMap<>();
  private final Map<String, ContainerStateTerminated> ends = new ConcurrentHashMap<>();

  /** @param folder for logs and files of the harness */
  NodeScene(Services services, Path folder) throws Exception {
    Path image = LongshoreImage.built();
    cluster = new NodeCluster(folder);
    client = cluster.client();
    try {
      cluster.load(image);
      install(services);
    } catch (Exception | AssertionError e) {
      close();
      throw e;
    }
  }

  private void install(Services services) throws Exception {
    client.resource(new NamespaceBuilder().withNewMetadata().withName(NAMESPACE)
        .addToLabels("pod-security.kubernetes.io/enforce", "restricted").endMetadata().build()).create();
    Map<String, String> rabbit = Map.of("url", inside(services.rabbitUrl()), "username", services.rabbitUsername(), "password",
        services.rabbitPassword());
    Map<String, String> redis = Map.of("url", inside(services.redisUrl()), "password", services.redisPassword());
    secret("longshore-rabbitmq", rabbit);
    secret("longshore-redis", redis);
    secret("longshore-worker", Map.of("LONGSHORE_RABBITMQ_URL", rabbit.get("url"), "LONGSHORE_RABBITMQ_USERNAME", rabbit.get("username"),
        "LONGSHORE_RABBITMQ_PASSWORD", rabbit.get("password"), "LONGSHORE_REDIS_URL", redis.get("url"), "LONGSHORE_REDIS_PASSWORD",
        redis.get("password")));
    watch();
    helm("install", "longshore", Helm.CHART.toString(), "--set", "image.tag=dev", "--set", "policy.egress.cluster=true", "--wait",
        "--timeout", "2m");
  }

  /** The same service as pods reach it. */
  private String inside(String url) throws IOException {
    URI uri = URI.create(url);
    return uri.getScheme() + "://" + NodeCluster.ADDRESS + ":" + cluster.doors().inward(uri.getPort());
  }

  private void secret(String name, Map<String, String> values) {
    client.resource(new SecretBuilder().withNewMetadata().withName(name).withNamespace(NAMESPACE).endMetadata().withStringData(values).build()).create();
  }

  /** Runs Helm in the namespace; fails with what it said, and with how the pods are. */
  void helm(String... arguments) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--namespace", NAMESPACE));
    Helm.Ran ran = cluster.helm().run(all.toArray(String[]::new));
    assertThat(ran.code()).as(() -> "helm " + String.join(" ", all) + "\n" + ran.out() + ran.err() + told()).isZero();
  }

  private void watch() {
    client.pods().inNamespace(NAMESPACE).watch(new Watcher<>() {
      @Override
      public void eventReceived(Action action, Pod pod) {
        podsMade.putIfAbsent(pod.getMetadata().getName(), Instant.now());
        if (pod.getStatus() != null) {
          pod.getStatus().getContainerStatuses().stream().map(status -> status.getState().getTerminated()).filter(end -> end != null)
              .forEach(end -> ends.put(pod.getMetadata().getName(), end));
        }
      }

      @Override
      public void onClose(WatcherException cause) {}
    });
  }

  /** When the API first told of a pod of this job. */
  Instant podMade(String job) {
    return podsMade.entrySet().stream().filter(pod -> pod.getKey().startsWith(job + "-")).map(Map.Entry::getValue).min(Instant::compareTo)
        .orElseThrow(() -> new AssertionError("no pod of job " + job + " among " + podsMade.keySet()));
  }

  /** How a pod's container ended; waits for it. */
  ContainerStateTerminated end(String pod) {
    return await("the end of " + pod).atMost(SOON).until(() -> ends.get(pod), end -> end != null);
  }

  /** A BatchJob, by kubectl, as users do. */
  BatchJob apply(String yaml) throws Exception {
    Process kubectl = new ProcessBuilder(KubernetesPrograms.require().kubectl().orElseThrow().toString(), "--kubeconfig",
        cluster.kubeconfig().toString(), "apply", "--namespace", NAMESPACE, "-f", "-").redirectErrorStream(true).start();
    try (OutputStream in = kubectl.getOutputStream()) {
      in.write(yaml.getBytes(StandardCharsets.UTF_8));
    }
    String said = new String(kubectl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(kubectl.waitFor()).as(said).isZero();
    return job(new KubernetesSerialization().unmarshal(yaml, BatchJob.class).getMetadata().getName());
  }

  BatchJob job(String name) {
    return client.resources(BatchJob.class).inNamespace(NAMESPACE).withName(name).get();
  }

  String phase(String name) {
    return Optional.ofNullable(job(name).getStatus()).map(BatchJobStatus::phase).orElse("");
  }

  void complete(String name, Duration limit) {
    await("job " + name + " is Complete").atMost(limit).pollInterval(Duration.ofMillis(200)).until(() -> {
      String phase = phase(name);
      assertThat(phase).as(this::told).isNotIn("Failed", "Cancelled");
      return phase.equals("Complete");
    });
  }

  /** A job's pods. */
  List<Pod> pods(String job) {
    return client.pods().inNamespace(NAMESPACE).withLabel("longshore.dev/job", job).list().getItems();
  }

  /** Names of a job's workers. */
  List<String> workers(String job) {
    List<Pod> pods = pods(job);
    assertThat(pods).as("workers of %s", job).isNotEmpty();
    return pods.stream().map(pod -> pod.getMetadata().getName()).toList();
  }

  /** Names of a job's workers that are ready and not on their way out. */
  List<String> readyWorkers(String job) {
    return pods(job).stream().filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .filter(pod -> pod.getStatus().getConditions().stream().anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True")))
        .map(pod -> pod.getMetadata().getName()).sorted().toList();
  }

  /** The operator's pod. */
  Pod operator() {
    return client.pods().inNamespace(NAMESPACE).withLabel("app.kubernetes.io/component", "operator").list().getItems().stream()
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null).findFirst().orElseThrow(() -> new AssertionError("no operator pod" + told()));
  }

  /** How all is in the namespace, for the message of a failure. */
  String told() {
    StringBuilder text = new StringBuilder("\n");
    try {
      client.resources(BatchJob.class).inNamespace(NAMESPACE).list().getItems()
          .forEach(job -> text.append("job ").append(job.getMetadata().getName()).append(' ').append(job.getStatus()).append('\n'));
      for (Pod pod : client.pods().inNamespace(NAMESPACE).list().getItems()) {
        text.append("pod ").append(pod.getMetadata().getName()).append(' ').append(pod.getStatus().getPhase()).append(' ');
        pod.getStatus().getContainerStatuses().forEach(status -> text.append(status.getState()));
        text.append('\n').append(log(pod)).append('\n');
      }
      client.v1().events().inNamespace(NAMESPACE).list().getItems().stream().filter(event -> "Warning".equals(event.getType()))
          .forEach(event -> text.append(event.getReason()).append(": ").append(event.getMessage()).append('\n'));
    } catch (RuntimeException e) {
      text.append("(the API does not answer: ").append(e.getMessage()).append(")\n");
    }
    return text.toString();
  }

  private String log(Pod pod) {
    try {
      return client.pods().resource(pod).tailingLines(15).getLog();
    } catch (RuntimeException e) {
      return "(no log: " + e.getMessage() + ")";
    }
  }

  @Override
  public void close() {
    cluster.close();
  }
}
