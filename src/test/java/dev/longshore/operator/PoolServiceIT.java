package dev.longshore.operator;

import static dev.longshore.operator.testing.OperatorRig.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.api.v1alpha1.WorkerPoolStatus;
import dev.longshore.process.ChildProcesses;
import dev.longshore.runtime.local.kube.KubernetesPrograms;
import dev.longshore.runtime.local.kube.LocalKubernetes;
import dev.longshore.runtime.local.kube.RealKubernetes;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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
  private static final String ON_THE_NODE = """
      apiVersion: longshore.dev/v1alpha1
      kind: WorkerPool
      metadata: {name: shared}
      spec:
        minReplicas: 4
        maxReplicas: 10
        template:
          spec:
            tolerations: [{key: only, operator: Equal, value: here, effect: NoSchedule}]
            containers: [{name: worker, resources: {requests: {cpu: 250m, memory: 64Mi}}}]
      """;

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

  @Test
  void aRealSchedulersRefusalStopsTheAskingUntilThereIsRoom() throws Exception {
    client.resource(new NodeBuilder().withNewMetadata().withName("small").endMetadata().build()).create();
    // instead of the taint that a new node has until a controller finds it ready
    client.nodes().withName("small").edit(node -> new NodeBuilder(node).editOrNewSpec()
        .withTaints(new TaintBuilder().withKey("only").withValue("here").withEffect("NoSchedule").build()).endSpec().build());
    room("600m");
    ChildProcesses.Child scheduler = scheduler();
    try {
      rig.createPool(ON_THE_NODE);
      await("as many as there is room for are bound").atMost(SOON).until(() -> bound().size() == 2);
      bound().forEach(this::run);
      rig.awaitPoolReason("shared", "Unschedulable");
      rig.awaitPoolStatus("shared", status -> status.limitedBy() != null && status.limitedBy().reason().equals("Unschedulable"));
      assertThat(rig.pool("shared").getStatus().limitedBy().message()).as("the scheduler's own words").contains("1 Insufficient cpu");
      int asked = rig.pods().size();

      client.resources(WorkerPool.class).inNamespace(rig.namespace).withName("shared")
          .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\": {\"minReplicas\": 9}}");
      rig.awaitPoolStatus("shared", status -> status.desired() == 9);
      rig.later(Duration.ofSeconds(60));
      bound().forEach(this::run);
      rig.awaitPoolStatus("shared", status -> status.ready() == 2);
      assertThat(rig.pods()).as("it asks for no more, and goes on with those it has").hasSizeLessThanOrEqualTo(asked);
      assertThat(bound()).hasSize(2);

      room("4");
      await("each that finds room is followed by the next, until all work").atMost(SOON).until(() -> {
        bound().forEach(this::run);
        WorkerPoolStatus status = rig.pool("shared").getStatus();
        return status.limitedBy() == null && status.ready() == 9;
      });
    } finally {
      scheduler.kill();
    }
  }

  private void room(String cpu) {
    client.nodes().withName("small").editStatus(node -> new NodeBuilder(node).withNewStatus()
        .addToAllocatable("cpu", new Quantity(cpu)).addToAllocatable("memory", new Quantity("16Gi")).addToAllocatable("pods", new Quantity("50"))
        .addToCapacity("cpu", new Quantity(cpu)).addToCapacity("memory", new Quantity("16Gi")).addToCapacity("pods", new Quantity("50"))
        .endStatus().build());
  }

  private List<Pod> bound() {
    return rig.pods().stream().filter(pod -> pod.getSpec().getNodeName() != null).toList();
  }

  /** What a download of etcd and API server alone does not hold. */
  private static ChildProcesses.Child scheduler() throws Exception {
    Path program = kubernetes.kubectl().orElseThrow().resolveSibling("kube-scheduler");
    if (!"true".equals(System.getenv("CI"))) {
      assumeTrue(Files.isExecutable(program), "no kube-scheduler beside kubectl; .ci/kube/api builds one");
    }
    return children.start(new ProcessBuilder(program.toString(), "--kubeconfig=" + kubernetes.kubeconfig(), "--leader-elect=false",
        "--secure-port=0").redirectErrorStream(true).redirectOutput(folder.resolve("kube-scheduler.log").toFile()));
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
