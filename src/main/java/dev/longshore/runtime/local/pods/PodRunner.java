package dev.longshore.runtime.local.pods;

import dev.longshore.process.ChildProcesses;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/**
 * Runs the pods of worker pools on this machine, as a kubelet would: the node {@code local}. Each pod has one virtual thread, which alone
 * writes its status; the informer's thread only passes on what it saw.
 */
public final class PodRunner implements AutoCloseable {
  /** Pods with this label are run, in all namespaces. */
  public static final String POOL_LABEL = "longshore.dev/pool";
  private static final Logger LOG = Logger.getLogger(PodRunner.class);
  private static final Duration CLOSE_DRAIN = Duration.ofSeconds(5);
  private static final Duration AFTER_KILL = Duration.ofSeconds(10);

  private final KubernetesClient client;
  private final WorkerStarter starter;
  private final PodWarnings warnings;
  private final Optional<PidFiles> pids;
  private final InstantSource clock;
  private final Map<String, PodLife> lives = new ConcurrentHashMap<>();
  private SharedIndexInformer<Pod> informer;
  private volatile boolean closed;

  private PodRunner(KubernetesClient client, WorkerStarter starter, String image, Optional<PidFiles> pids, InstantSource clock) {
    this.client = client;
    this.starter = starter;
    this.warnings = new PodWarnings(client, clock, image);
    this.pids = pids;
    this.clock = clock;
  }

  /**
   * Runs each pod as a child process.
   *
   * @param client stays the caller's
   * @param folder gets {@code logs/<pod>.log} and {@code pids/<pod>}
   */
  public static PodRunner ofProcesses(KubernetesClient client, ChildProcesses children, WorkerCommand command, Path folder,
      InstantSource clock)
      throws IOException {
    return new PodRunner(client, new ChildWorkers(children, command, folder), command.image(), Optional.of(new PidFiles(folder)), clock);
  }

  /**
   * Runs each pod inside this process.
   *
   * @param image the image that stands for the embedded worker
   */
  public static PodRunner embedded(KubernetesClient client, WorkerStarter starter, String image, InstantSource clock) {
    return new PodRunner(client, starter, image, Optional.empty(), clock);
  }

  /** Registers the node and begins to run the pods that are there and those that come. */
  public synchronized PodRunner start() {
    registerNode();
    informer = client.pods().inAnyNamespace().withLabel(POOL_LABEL).inform(new Follower());
    return this;
  }

  private void registerNode() {
    Node node = new NodeBuilder().withNewMetadata().withName(PodStatuses.NODE).addToLabels("kubernetes.io/hostname", PodStatuses.NODE)
        .endMetadata()
        .withNewSpec().endSpec().build();
    if (client.nodes().withName(PodStatuses.NODE).get() == null) {
      client.resource(node).create();
    }
    // without the version that was read: where there are controllers they write on it too
    client.nodes().withName(PodStatuses.NODE).subresource("status").patch(PatchContext.of(PatchType.JSON_MERGE), """
        {"status": {"conditions": [{"type": "Ready", "status": "True", "reason": "PodRunnerReady",
          "message": "pods of worker pools run as processes of this machine"}]}}""");
  }

  /** How many workers run now. */
  public int running() {
    return (int) lives.values().stream().filter(PodLife::isRunning).count();
  }

  private final class Follower implements ResourceEventHandler<Pod> {
    @Override
    public void onAdd(Pod pod) {
      String node = Optional.ofNullable(pod.getSpec().getNodeName()).orElse("");
      if (closed || !node.isEmpty() && !node.equals(PodStatuses.NODE)) {
        return;
      }
      PodLife life = new PodLife(pod, client, starter, warnings, pids, clock);
      if (lives.putIfAbsent(pod.getMetadata().getUid(), life) == null) {
        life.begin(() -> lives.remove(pod.getMetadata().getUid()));
      }
    }

    @Override
    public void onUpdate(Pod old, Pod pod) {
      PodLife life = lives.get(pod.getMetadata().getUid());
      if (life == null) {
        // the same name again, seen as a change: the first one's end was missed while the watch was cut
        Optional.ofNullable(lives.get(old.getMetadata().getUid())).ifPresent(PodLife::gone);
        onAdd(pod);
      } else if (pod.getMetadata().getDeletionTimestamp() != null) {
        life.deleted(pod);
      }
    }

    @Override
    public void onDelete(Pod pod, boolean unknown) {
      Optional.ofNullable(lives.get(pod.getMetadata().getUid())).ifPresent(PodLife::gone);
    }
  }

  /** Asks all workers to end, and kills those that have not when the drain time is over. */
  public synchronized void close(Duration drain) {
    closed = true;
    if (informer != null) {
      informer.close();
    }
    List<PodLife> last = List.copyOf(lives.values());
    last.forEach(l -> l.shutDown(drain));
    long deadline = System.nanoTime() + drain.plus(AFTER_KILL).toNanos();
    try {
      for (PodLife life : last) {
        life.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
      }
      client.nodes().withName(PodStatuses.NODE).delete();
    } catch (InterruptedException e) {
      last.forEach(PodLife::killNow);
      Thread.currentThread().interrupt();
    } catch (KubernetesClientException e) {
      LOG.debugf("the node stays registered reason=\"%s\"", e.getMessage());
    }
  }

  @Override
  public void close() {
    close(CLOSE_DRAIN);
  }
}
