package dev.longshore.runtime.local.pods;

import dev.longshore.process.ChildProcesses;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Plays the node for the chart's own pods, operators and hooks: a process of this build runs with the pod's variables and arguments, and
 * with the token of the pod's ServiceAccount where the pod wants one. Workers are run by {@link PodRunner}.
 */
public final class ChartPods implements AutoCloseable {
  private static final Pattern LISTENING = Pattern.compile("Listening on: (http://[0-9.]+:[0-9]+)");

  private final KubernetesClient client;
  private final ChildWorkers starter;
  private final PodWarnings warnings;
  private final Path folder;
  private final Path authority;
  private final Map<String, PodLife> lives = new ConcurrentHashMap<>();
  private final SharedIndexInformer<Pod> informer;

  /**
   * Begins to run them. The node is the {@link PodRunner}'s.
   *
   * @param client as cluster admin
   * @param authority the API server's certificate authority, in PEM
   */
  public ChartPods(KubernetesClient client, ChildProcesses children, WorkerCommand command, Path folder, Path authority) throws IOException {
    this.client = client;
    this.starter = new ChildWorkers(children, command, folder);
    this.warnings = new PodWarnings(client, InstantSource.system(), command.image());
    this.folder = folder;
    this.authority = authority;
    informer = client.pods().inAnyNamespace().withoutLabel(PodRunner.POOL_LABEL).inform(new Follower());
  }

  private PodStart equipped(Pod pod, PodStart start) throws IOException {
    if (!Boolean.TRUE.equals(pod.getSpec().getAutomountServiceAccountToken())) {
      return start;
    }
    TokenRequest token = client.serviceAccounts().inNamespace(start.namespace()).withName(pod.getSpec().getServiceAccountName())
        .tokenRequest(new TokenRequestBuilder().withNewSpec().withExpirationSeconds(3_600L).endSpec().build());
    Path kubeconfig = folder.resolve(pod.getMetadata().getName() + ".kubeconfig");
    Files.writeString(kubeconfig, """
        apiVersion: v1
        kind: Config
        clusters: [{name: it, cluster: {server: "%s", certificate-authority: "%s"}}]
        users: [{name: pod, user: {token: "%s"}}]
        contexts: [{name: pod, context: {cluster: it, user: pod, namespace: "%s"}}]
        current-context: pod
        """.formatted(client.getMasterUrl(), authority, token.getStatus().getToken(), start.namespace()));
    Map<String, String> environment = new HashMap<>(start.environment());
    environment.put("KUBECONFIG", kubeconfig.toString());
    return new PodStart(start.namespace(), start.name(), start.uid(), start.arguments(), environment, start.memoryBytes());
  }

  /** Where the HTTP of a pod is, once its log tells it. */
  public Optional<String> http(String pod) {
    Matcher told = LISTENING.matcher(log(pod));
    return told.find() ? Optional.of(told.group(1)) : Optional.empty();
  }

  /** What a pod has logged so far. */
  public String log(String pod) {
    try {
      Path log = folder.resolve("logs").resolve(pod + ".log");
      return Files.exists(log) ? Files.readString(log) : "";
    } catch (IOException e) {
      return "no log: " + e.getMessage();
    }
  }

  private final class Follower implements ResourceEventHandler<Pod> {
    @Override
    public void onAdd(Pod pod) {
      PodLife life = new PodLife(pod, client, start -> starter.start(equipped(pod, start)), warnings, Optional.empty(), InstantSource.system());
      if (lives.putIfAbsent(pod.getMetadata().getUid(), life) == null) {
        life.begin(() -> lives.remove(pod.getMetadata().getUid()));
      }
    }

    @Override
    public void onUpdate(Pod old, Pod pod) {
      if (pod.getMetadata().getDeletionTimestamp() != null) {
        Optional.ofNullable(lives.get(pod.getMetadata().getUid())).ifPresent(life -> life.deleted(pod));
      }
    }

    @Override
    public void onDelete(Pod pod, boolean unknown) {
      Optional.ofNullable(lives.get(pod.getMetadata().getUid())).ifPresent(PodLife::gone);
    }
  }

  @Override
  public void close() {
    informer.close();
    List<PodLife> last = List.copyOf(lives.values());
    last.forEach(life -> life.shutDown(Duration.ZERO));
    last.forEach(PodLife::killNow);
    try {
      for (PodLife life : last) {
        life.join(Duration.ofSeconds(5));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
