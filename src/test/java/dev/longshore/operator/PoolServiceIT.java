package dev.longshore.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.process.ChildProcesses;
import dev.longshore.runtime.local.kube.KubernetesPrograms;
import dev.longshore.runtime.local.kube.LocalKubernetes;
import dev.longshore.runtime.local.kube.RealKubernetes;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a real kube-apiserver. */
class PoolServiceIT extends PoolContract {
  @TempDir
  static Path folder;
  private static ChildProcesses children;
  private static RealKubernetes kubernetes;

  @BeforeAll
  static void serve() throws Exception {
    children = new ChildProcesses();
    kubernetes = new RealKubernetes(KubernetesPrograms.require(), children, folder, false, InstantSource.system());
  }

  @AfterAll
  static void close() {
    if (kubernetes != null) {
      kubernetes.close();
    }
    children.close();
  }

  @Test
  void kubectlScalePinsThePoolAndNullReleasesIt() throws Exception {
    rig.createPool(SHARED);
    rig.awaitPods(1);
    assertThatThrownBy(() -> client.resources(WorkerPool.class).inNamespace(rig.namespace).withName("shared").scale())
        .as("no scale can be read while nobody pins it, so a PodDisruptionBudget must not need it").hasMessageContaining("does not exist");

    kubectl("scale", "workerpool", "shared", "--replicas=3");
    rig.awaitPods(3);
    assertThat(rig.pool("shared").getSpec().replicas()).isEqualTo(3);

    kubectl("patch", "workerpool", "shared", "--type=merge", "-p", "{\"spec\":{\"replicas\":null}}");
    rig.awaitPods(1);
    assertThat(rig.pool("shared").getSpec().replicas()).isNull();
  }

  /** Without a controller-manager somebody has to write what the quota holds; admission counts on from there. */
  @Test
  void aQuotaThatRefusesWorkersIsToldAndAskedAgainLater() {
    quota("2");
    rig.createPool(SHARED.replace("minReplicas: 1", "minReplicas: 4"));
    rig.awaitPoolReason("shared", "WorkersRefused");
    rig.awaitPoolStatus("shared", status -> status.limitedBy() != null && status.limitedBy().reason().equals("PodsRefused"));
    assertThat(rig.pool("shared").getStatus().limitedBy().message()).contains("exceeded quota: workers");
    assertThat(rig.pods()).as("it goes on with those it has").hasSize(2);

    quota("9");
    rig.later(Duration.ofSeconds(60));
    rig.awaitPods(4);
    rig.awaitPoolStatus("shared", status -> status.limitedBy() == null);
  }

  private void quota(String pods) {
    ResourceQuota quota = new ResourceQuotaBuilder().withNewMetadata().withName("workers").withNamespace(rig.namespace).endMetadata()
        .withNewSpec().addToHard("pods", new Quantity(pods)).endSpec().build();
    client.resource(quota).unlock().createOr(NonDeletingOperation::update);
    client.resource(quota).editStatus(current -> new ResourceQuotaBuilder(current).withNewStatus().addToHard("pods", new Quantity(pods))
        .addToUsed("pods", new Quantity(String.valueOf(rig.pods().size()))).endStatus().build());
  }

  private void kubectl(String... args) throws Exception {
    List<String> command = new ArrayList<>(List.of(kubernetes.kubectl().orElseThrow().toString(), "--kubeconfig", kubernetes.kubeconfig().toString(),
        "--namespace", rig.namespace));
    command.addAll(List.of(args));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }

  @Override
  LocalKubernetes kubernetes() {
    return kubernetes;
  }
}
