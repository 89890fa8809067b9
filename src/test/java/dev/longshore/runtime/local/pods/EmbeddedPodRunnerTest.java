package dev.longshore.runtime.local.pods;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.runtime.local.kube.MemoryKubernetes;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.PodResource;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedPodRunnerTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  @TempDir
  Path folder;
  private final Map<String, Embedded> started = new ConcurrentHashMap<>();
  private MemoryKubernetes kubernetes;
  private KubernetesClient client;
  private PodRunner runner;

  /** A worker of this process that ends when it is told to. */
  private record Embedded(PodStart pod, CompletableFuture<WorkerExit> exit, boolean stubborn) implements RunningWorker {
    @Override
    public boolean ready() {
      return true;
    }

    @Override
    public void terminate() {
      if (!stubborn) {
        exit.complete(WorkerExit.of(0));
      }
    }

    @Override
    public void kill() {
      exit.complete(WorkerExit.of(137));
    }

    @Override
    public OptionalLong pid() {
      return OptionalLong.empty();
    }
  }

  @BeforeEach
  void begin() throws Exception {
    kubernetes = new MemoryKubernetes((object, old) -> List.of(), folder.resolve("kube"), false, InstantSource.system());
    client = new KubernetesClientBuilder().withConfig(kubernetes.clientConfig()).build();
    runner = PodRunner.embedded(client, pod -> {
      if (pod.arguments().contains("--broken")) {
        throw new IOException("no such plugin");
      }
      Embedded worker = new Embedded(pod, new CompletableFuture<>(), pod.arguments().contains("--stubborn"));
      started.put(pod.name(), worker);
      return worker;
    }, "embedded", InstantSource.system()).start();
  }

  @AfterEach
  void end() {
    runner.close();
    client.close();
    kubernetes.close();
  }

  private PodResource create(String name, String... arguments) {
    return client.resource(new PodBuilder().withNewMetadata().withName(name).withNamespace("team").addToLabels(PodRunner.POOL_LABEL, "p")
        .endMetadata()
        .withNewSpec().withRestartPolicy("Never").addNewContainer().withName("worker").withImage("embedded").withArgs(arguments)
        .addNewEnv().withName("A").withValue("1").endEnv().endContainer().endSpec().build()).create() == null ? null
        : client.pods().inNamespace("team").withName(name);
  }

  private void awaitPhase(PodResource pod, String phase) {
    await().atMost(SOON).until(() -> pod.get().getStatus().getPhase().equals(phase));
  }

  @Test
  void aPodRunsInThisProcessAndIsReady() {
    PodResource pod = create("one", "--role=worker");
    await().atMost(SOON).until(() -> pod.get().getStatus().getPhase().equals("Running")
        && pod.get().getStatus().getContainerStatuses().getFirst().getReady());
    assertThat(started.get("one").pod().environment()).containsExactly(Map.entry("A", "1"));
    assertThat(started.get("one").pod().namespace()).isEqualTo("team");
    started.get("one").exit().complete(WorkerExit.of(0));
    awaitPhase(pod, "Succeeded");
  }

  @Test
  void aDeletedOneDrainsAndAStubbornOneIsKilled() {
    PodResource polite = create("polite");
    PodResource stubborn = create("stubborn", "--stubborn");
    awaitPhase(polite, "Running");
    awaitPhase(stubborn, "Running");
    polite.delete();
    stubborn.withGracePeriod(1).delete();
    await().atMost(SOON).until(() -> polite.get() == null && stubborn.get() == null);
    assertThat(started.get("polite").exit().join().code()).isZero();
    assertThat(started.get("stubborn").exit().join().signal()).isEqualTo(9);
  }

  @Test
  void aWorkerThatCannotStartFailsItsPodWithTheReason() {
    PodResource pod = create("broken", "--broken");
    awaitPhase(pod, "Failed");
    assertThat(pod.get().getStatus().getContainerStatuses().getFirst().getState().getTerminated().getMessage()).isEqualTo("no such plugin");
    pod.delete();
    await().atMost(SOON).until(() -> pod.get() == null);
  }

  @Test
  void manyPodsStartAndEndAtOnce() {
    for (int i = 0; i < 50; i++) {
      create("many-" + i);
    }
    await().atMost(SOON).until(() -> runner.running() == 50);
    client.pods().inNamespace("team").delete();
    await().atMost(SOON).until(() -> client.pods().inNamespace("team").list().getItems().isEmpty());
    assertThat(runner.running()).isZero();
  }
}
