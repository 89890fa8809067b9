package dev.longshore.runtime.local.pods;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.process.ChildProcesses;
import dev.longshore.runtime.local.kube.LocalKubernetes;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pods as child processes, on whichever API; the workers are shell scripts. */
abstract class PodRunnerContract {
  private static final AtomicInteger NAMES = new AtomicInteger();
  private static final Duration SOON = Duration.ofSeconds(15);
  private static final String IMAGE = "docker.io/longshore/longshore:test";
  @TempDir
  Path folder;
  private KubernetesClient client;
  private ChildProcesses children;
  private PodRunner runner;
  private String name;

  abstract LocalKubernetes kubernetes();

  @BeforeEach
  void begin() throws Exception {
    client = new KubernetesClientBuilder().withConfig(kubernetes().clientConfig()).build();
    children = new ChildProcesses();
    runner = runner().start();
    name = "worker-" + NAMES.incrementAndGet();
  }

  private PodRunner runner() throws Exception {
    return PodRunner.ofProcesses(client, children, new WorkerCommand(IMAGE, List.of(), List.of("/bin/sh", "-c")), folder,
        InstantSource.system());
  }

  @AfterEach
  void end() {
    runner.close(Duration.ofMillis(100));
    client.pods().inNamespace("default").withGracePeriod(0).delete();
    children.close();
    client.close();
  }

  private Pod pod(String script, UnaryOperator<ContainerBuilder> container) {
    return new PodBuilder().withNewMetadata().withName(name).withNamespace("default").addToLabels(PodRunner.POOL_LABEL, "pool-" + name)
        .addToAnnotations("note", "a b").endMetadata().withNewSpec().withRestartPolicy("Never").withTerminationGracePeriodSeconds(20L)
        .withContainers(container.apply(new ContainerBuilder().withName("worker").withImage(IMAGE).withArgs(script, "--role=worker",
        "--pod=" + name))
            .build()).endSpec().build();
  }

  private Pod run(String script) {
    return client.resource(pod(script, c -> c)).create();
  }

  private PodResource resource() {
    return client.pods().inNamespace("default").withName(name);
  }

  private Path log() {
    return folder.resolve("logs").resolve(name + ".log");
  }

  private void awaitPhase(String phase) {
    await().atMost(SOON).pollInterval(Duration.ofMillis(20)).until(() -> resource().get().getStatus().getPhase().equals(phase));
  }

  private void awaitLog(String text) {
    await().atMost(SOON).pollInterval(Duration.ofMillis(20)).until(() -> Files.exists(log()) && Files.readString(log()).contains(text));
  }

  private ContainerStateTerminated ended() {
    await().atMost(SOON).pollInterval(Duration.ofMillis(20)).until(() -> resource().get().getStatus().getPhase()
        .matches("Succeeded|Failed"));
    return resource().get().getStatus().getContainerStatuses().getFirst().getState().getTerminated();
  }

  private List<Event> warnings() {
    return client.v1().events().inNamespace("default").withField("involvedObject.name", name).list().getItems();
  }

  @Test
  void aPodRunsOnThisNodeAndSucceeds() throws Exception {
    run("echo hello from $0 $1; exit 0");
    assertThat(ended().getReason()).isEqualTo("Completed");
    Pod pod = resource().get();
    assertThat(pod.getStatus().getPhase()).isEqualTo("Succeeded");
    assertThat(pod.getSpec().getNodeName()).isEqualTo("local");
    assertThat(pod.getStatus().getPodIP()).isEqualTo("127.0.0.1");
    assertThat(Files.readString(log())).isEqualTo("hello from --role=worker --pod=" + name + "\n");
    await().atMost(SOON).until(() -> !Files.exists(folder.resolve("pids").resolve(name)));
    assertThat(client.nodes().withName("local").get()).isNotNull();
  }

  @Test
  void exitCodesAndSignalsAreTold() {
    run("exit 7");
    assertThat(ended()).satisfies(t -> {
      assertThat(t.getExitCode()).isEqualTo(7);
      assertThat(t.getReason()).isEqualTo("Error");
      assertThat(t.getSignal()).isNull();
    });
    assertThat(resource().get().getStatus().getPhase()).isEqualTo("Failed");
    name += "-b";
    run("kill -9 $$$$");
    assertThat(ended()).satisfies(t -> {
      assertThat(t.getExitCode()).isEqualTo(137);
      assertThat(t.getSignal()).isEqualTo(9);
    });
  }

  @Test
  void theEnvironmentIsWhatThePodSaysAndLittleElse() throws Exception {
    client.resource(new SecretBuilder().withNewMetadata().withName(name + "-s").withNamespace("default").endMetadata()
        .addToStringData("token", "s3cret").addToStringData("PLAIN", "from secret").build()).create();
    client.resource(new ConfigMapBuilder().withNewMetadata().withName(name + "-c").withNamespace("default").endMetadata().addToData("mode",
        "fast").build())
        .create();
    client.resource(pod("env | sort; echo args $2", c -> c.addToArgs("$(MODE)-$$(X)-$(NONE)")
        .addNewEnvFrom().withPrefix("ALL_").withNewSecretRef().withName(name + "-s").endSecretRef().endEnvFrom()
        .addNewEnvFrom().withNewConfigMapRef().withName("absent").withOptional(true).endConfigMapRef().endEnvFrom()
        .addNewEnv().withName("TOKEN").withNewValueFrom().withNewSecretKeyRef("token", name + "-s", false).endValueFrom().endEnv()
        .addNewEnv().withName("MODE").withNewValueFrom().withNewConfigMapKeyRef("mode", name + "-c", false).endValueFrom().endEnv()
        .addNewEnv().withName("UNSET").withNewValueFrom().withNewConfigMapKeyRef("other", name + "-c", true).endValueFrom().endEnv()
        .addNewEnv().withName("POD").withNewValueFrom().withNewFieldRef("v1", "metadata.name").endValueFrom().endEnv()
        .addNewEnv().withName("NOTE").withNewValueFrom().withNewFieldRef("v1", "metadata.annotations['note']").endValueFrom().endEnv()
        .addNewEnv().withName("POOL").withNewValueFrom().withNewFieldRef("v1", "metadata.labels['longshore.dev/pool']").endValueFrom()
        .endEnv()
        .addNewEnv().withName("IP").withNewValueFrom().withNewFieldRef("v1", "status.podIP").endValueFrom().endEnv()
        .addNewEnv().withName("URL").withValue("http://$(IP):1/$(TOKEN)/$$(IP)").endEnv())).create();
    assertThat(ended().getExitCode()).isZero();
    List<String> lines = Files.readAllLines(log());
    assertThat(lines).contains("TOKEN=s3cret", "ALL_PLAIN=from secret", "MODE=fast", "POD=" + name, "NOTE=a b", "POOL=pool-" + name,
        "IP=127.0.0.1",
        "URL=http://127.0.0.1:1/s3cret/$(IP)", "args fast-$(X)-$(NONE)");
    assertThat(lines.stream().filter(l -> l.contains("=")).map(l -> l.substring(0, l.indexOf('='))))
        .doesNotContain("UNSET", "CI", "USER", "MAVEN_OPTS").contains("PATH", "QUARKUS_MANAGEMENT_PORT");
  }

  @Test
  void aMissingKeyIsWaitedForAndNamed() {
    client.resource(pod("echo got $TOKEN", c -> c.addNewEnv().withName("TOKEN").withNewValueFrom().withNewSecretKeyRef("token", name
        + "-s", false)
        .endValueFrom().endEnv())).create();
    await().atMost(SOON).untilAsserted(() -> assertThat(resource().get().getStatus().getContainerStatuses()).singleElement().satisfies(c ->
        {
      assertThat(c.getState().getWaiting().getReason()).isEqualTo("CreateContainerConfigError");
      assertThat(c.getState().getWaiting().getMessage()).isEqualTo("secret \"" + name + "-s\" not found");
    }));
    client.resource(new SecretBuilder().withNewMetadata().withName(name + "-s").withNamespace("default").endMetadata()
        .addToStringData("token", "late")
        .build()).create();
    awaitPhase("Succeeded");
    awaitLog("got late");
  }

  @Test
  void aDeletedPodIsAskedToEndAndThenRemoved() throws Exception {
    run("trap 'echo draining; exit 0' TERM; echo up; while :; do sleep 0.05; done");
    awaitLog("up");
    resource().delete();
    await().atMost(SOON).until(() -> resource().get() == null);
    assertThat(Files.readString(log())).contains("draining");
    assertThat(runner.running()).isZero();
  }

  @Test
  void aWorkerThatDoesNotEndIsKilledWithItsChildren() throws Exception {
    run("trap '' TERM; sleep 1000 & echo child $!; while :; do sleep 0.05; done");
    awaitLog("child");
    long grandchild = Long.parseLong(Files.readString(log()).strip().split(" ")[1]);
    long begun = System.nanoTime();
    resource().withGracePeriod(1).delete();
    await().atMost(SOON).until(() -> resource().get() == null);
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isBetween(Duration.ofMillis(900), Duration.ofSeconds(8));
    await().atMost(SOON).until(() -> ProcessHandle.of(grandchild).filter(ProcessHandle::isAlive).isEmpty());
  }

  @Test
  void aPodDeletedWithoutGraceIsStillAskedFirst() {
    run("trap 'echo draining; exit 0' TERM; echo up; while :; do sleep 0.05; done");
    awaitLog("up");
    resource().withGracePeriod(0).delete();
    awaitLog("draining");
    await().atMost(SOON).until(() -> runner.running() == 0);
  }

  @Test
  void aWorkerIsReadyWhenItSaysSo() {
    run("""
        exec python3 -c '
        import http.server, os
        class H(http.server.BaseHTTPRequestHandler):
          def do_GET(self):
            self.send_response(200 if self.path == "/q/health/ready" else 404); self.end_headers()
          def log_message(self, *a): pass
        http.server.HTTPServer(("127.0.0.1", int(os.environ["QUARKUS_MANAGEMENT_PORT"])), H).serve_forever()'""".stripIndent());
    awaitPhase("Running");
    await().atMost(SOON).until(() -> resource().get().getStatus().getContainerStatuses().getFirst().getReady());
    assertThat(resource().get().getStatus().getConditions()).filteredOn(c -> c.getType().equals("Ready")).singleElement()
        .satisfies(c -> assertThat(c.getStatus()).isEqualTo("True"));
    assertThat(runner.running()).isEqualTo(1);
    assertThat(folder.resolve("pids").resolve(name)).exists();
  }

  @Test
  void whatCannotBeHonouredIsWarnedOfOnceForEachField() {
    for (String suffix : List.of("", "-2")) {
      Pod pod = new PodBuilder(pod("exit 0", c -> c.withImage("other:1").withNewResources().addToLimits("cpu", new Quantity("1"))
          .addToLimits("memory", new Quantity("64Mi")).endResources())).editMetadata().withName(name + suffix).endMetadata()
          .editSpec().withNodeSelector(Map.of("disk", "ssd")).addNewVolume().withName("tmp").withNewEmptyDir().endEmptyDir().endVolume()
          .addNewVolume().withName("conf").withNewConfigMap().withName("c").endConfigMap().endVolume().endSpec().build();
      client.resource(pod).create();
      await().atMost(SOON).until(() -> client.pods().inNamespace("default").withName(name + suffix).get().getStatus().getPhase()
          .equals("Succeeded"));
    }
    await().atMost(SOON).untilAsserted(() -> assertThat(warnings()).extracting(e -> e.getMessage().split(": ")[0])
        .containsExactlyInAnyOrder(
        "spec.containers[0].image", "spec.containers[0].resources.limits.cpu", "spec.nodeSelector", "spec.volumes[1]"));
    assertThat(warnings()).allSatisfy(e -> assertThat(e.getType()).isEqualTo("Warning"));
    assertThat(client.v1().events().inNamespace("default").withField("involvedObject.name", name + "-2").list().getItems()).isEmpty();
  }

  @Test
  void aPodOfAnEarlierRunnerIsLostAndWhatIsLeftOfItEnded() throws Exception {
    runner.close(Duration.ofMillis(100));
    run("exit 0");
    client.raw("/api/v1/namespaces/default/pods/" + name + "/binding", "POST",
        "{\"apiVersion\":\"v1\",\"kind\":\"Binding\",\"metadata\":{\"name\":\"" + name
        + "\"},\"target\":{\"kind\":\"Node\",\"name\":\"local\"}}");
    resource().subresource("status").patch(PatchContext.of(PatchType.JSON_MERGE), "{\"status\":{\"phase\":\"Running\"}}");
    Process left = new ProcessBuilder("/bin/sh", "-c", "while :; do sleep 0.05; done", "--pod=" + name).start();
    Files.writeString(folder.resolve("pids").resolve(name), left.pid() + "\n");
    runner = runner().start();
    awaitPhase("Failed");
    assertThat(resource().get().getStatus().getReason()).isEqualTo("Lost");
    assertThat(left.waitFor()).isEqualTo(137);
  }

  @Test
  void aProgramThatIsNotThereFailsThePod() throws Exception {
    runner.close(Duration.ofMillis(100));
    runner = PodRunner.ofProcesses(client, children, new WorkerCommand(IMAGE, List.of(), List.of("/bin/false")), folder,
        InstantSource.system()).start();
    run("unused");
    assertThat(ended().getExitCode()).isNotZero();
  }

  @Test
  void closingEndsAllWorkersAndSaysHowTheyEnded() throws Exception {
    run("trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done");
    awaitLog("up");
    runner.close(Duration.ofSeconds(10));
    assertThat(runner.running()).isZero();
    assertThat(resource().get().getStatus().getPhase()).isEqualTo("Succeeded");
  }

  @Test
  void aWorkerThatIsKilledAtTheRunnersEndHasNotCrashed() throws Exception {
    run("trap '' TERM; echo up; while :; do sleep 0.05; done");
    awaitLog("up");
    runner.close(Duration.ofMillis(100));
    assertThat(ended().getExitCode()).isEqualTo(137);
    assertThat(resource().get().getStatus().getReason()).as("as a node that shuts down says it").isEqualTo("Terminated");
  }

  @Test
  void aPodStartsAtOnce() throws Exception {
    long[] millis = new long[10];
    String base = name;
    for (int i = 0; i < millis.length; i++) {
      name = base + "-" + i;
      long created = System.currentTimeMillis();
      run("date +%s%3N");
      awaitPhase("Succeeded");
      millis[i] = Long.parseLong(Files.readString(log()).strip()) - created;
    }
    Arrays.sort(millis);
    System.out.println("from create request to running process, ms, sorted: " + Arrays.toString(millis) + " on " + kubernetes().describe());
    assertThat(millis[millis.length / 2]).isLessThan(300);
  }
}
