package dev.longshore.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.sun.net.httpserver.HttpServer;
import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.validation.ManifestCheck;
import dev.longshore.api.validation.Violation;
import dev.longshore.runtime.cli.Terminal.Said;
import dev.longshore.runtime.local.kube.CustomResourceInstaller;
import dev.longshore.runtime.local.kube.MemoryKubernetes;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** pause, resume, cancel and retry against a Kubernetes API; the test is the operator. */
class SteeringCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String JOBS = "/apis/longshore.dev/v1alpha1/namespaces/default/batchjobs";

  @TempDir
  static Path folder;
  private static MemoryKubernetes api;
  private static KubernetesClient client;

  @BeforeAll
  static void start() throws Exception {
    ManifestCheck check = new ManifestCheck();
    api = new MemoryKubernetes((object, old) -> check.admit(object, old).stream().map(Violation::toString).toList(), folder.resolve("api"), false,
        InstantSource.system());
    client = new KubernetesClientBuilder().withConfig(api.clientConfig()).build();
    new CustomResourceInstaller(client, SteeringCommandTest.class.getClassLoader()).install(client);
  }

  @AfterAll
  static void stop() {
    client.close();
    api.close();
  }

  @Test
  void pauseSetsSuspendAndSaysHowTheJobStandsOnceTheOperatorHasStoppedIt() throws Exception {
    given("paused", "{phase: Running, observedGeneration: 1, items: {total: 1000, succeeded: 120, inFlight: 4}}");
    CompletableFuture<Said> pause = started("pause", "paused");
    awaitSpec("paused", "/suspend", "true");
    assertThat(pause).isNotDone();

    operator("paused", "{phase: Suspended, observedGeneration: 2, conditions: [" + condition("Suspended") + "]}");

    assertThat(pause.get()).isEqualTo(new Said(0, "paused is paused: 120 of 1000 items finished, 4 in hand\n", ""));
  }

  @Test
  void resumeWaitsUntilTheOperatorHasSeenIt() throws Exception {
    given("resumed", "{phase: Suspended, observedGeneration: 1, conditions: [" + condition("Suspended") + "], items: {succeeded: 3}}");
    CompletableFuture<Said> resume = started("resume", "resumed");
    awaitSpec("resumed", "/suspend", "false");

    operator("resumed", "{phase: Running, observedGeneration: 2, conditions: []}");

    assertThat(resume.get().out()).isEqualTo("resumed goes on: 3 of so far unknown items finished\n");
  }

  @Test
  void cancelWantsAYesAndSaysWhatBecameOfTheItems() throws Exception {
    given("cancelled", "{phase: Running, observedGeneration: 1}");
    Said unsure = run("cancel", "cancelled");
    assertThat(unsure.code()).isEqualTo(2);
    assertThat(unsure.err()).contains("--yes");
    assertThat(job("cancelled").at("/spec/cancel").asBoolean()).isFalse();

    CompletableFuture<Said> cancel = started("cancel", "cancelled", "--yes");
    awaitSpec("cancelled", "/cancel", "true");
    operator("cancelled", "{phase: Cancelled, observedGeneration: 2, items: {total: 10, succeeded: 3, failed: 1, skipped: 0, cancelled: 6}}");

    assertThat(cancel.get()).isEqualTo(new Said(0, "cancelled is cancelled: 3 succeeded, 1 failed, 0 skipped, 6 cancelled\n", ""));
    Said again = run("cancel", "cancelled", "--yes");
    assertThat(again.code()).isEqualTo(1);
    assertThat(again.err()).contains("has ended already, as Cancelled");
    assertThat(run("retry", "cancelled").err()).contains("Cancelled").contains("resumeFrom");
  }

  @Test
  void retryOpensFailedItemsAgainAndNamesTheRun() throws Exception {
    given("retried", "{phase: Complete, observedGeneration: 1, run: 1, items: {total: 10, succeeded: 6, failed: 4}}");
    CompletableFuture<Said> retry = started("retry", "retried", "--request", "a");
    awaitSpec("retried", "/redrive/request", "a");
    assertThat(job("retried").at("/spec/redrive")).isEqualTo(JSON.readTree("{\"request\":\"a\",\"all\":true}"));
    operator("retried", "{phase: Running, observedGeneration: 2, run: 2, redrive: {request: a, items: 4}}");
    assertThat(retry.get()).isEqualTo(new Said(0, "4 items of retried opened again, run 2\n", ""));

    Said repeated = run("retry", "retried", "--request", "a");
    assertThat(repeated.code()).isEqualTo(1);
    assertThat(repeated.err()).contains("carried out already");

    CompletableFuture<Said> chosen = started("retry", "retried", "--request", "b", "--index", "1, 3-5");
    awaitSpec("retried", "/redrive/request", "b");
    assertThat(job("retried").at("/spec/redrive")).as("of the first selection nothing is left")
        .isEqualTo(JSON.readTree("{\"request\":\"b\",\"indexes\":\"1,3-5\"}"));
    operator("retried", "{redrive: {request: b, items: 1}}");
    assertThat(chosen.get().out()).isEqualTo("1 item of retried opened again, run 2\n");

    CompletableFuture<Said> group = started("retry", "retried", "--group", "Timeout: <n> ms");
    awaitSpec("retried", "/redrive/fingerprint", "Timeout: <n> ms");
    String request = job("retried").at("/spec/redrive/request").asText();
    assertThat(request).startsWith("retry-20");
    operator("retried", "{redrive: {request: \"" + request + "\", items: 0}}");
    assertThat(group.get().code()).isEqualTo(1);
    assertThat(group.get().err()).contains("no item was opened again");
  }

  @Test
  void retryOfAJobThatFailedEarlyGoesOnWithWhatWasLeft() throws Exception {
    given("late", "{phase: Failed, observedGeneration: 1, run: 1, items: {total: 10, succeeded: 6, failed: 0, pending: 4}}");
    CompletableFuture<Said> retry = started("retry", "late", "--request", "a");
    awaitSpec("late", "/redrive/request", "a");
    operator("late", "{phase: Running, observedGeneration: 2, run: 2, redrive: {request: a, items: 0}}");
    assertThat(retry.get().out()).isEqualTo("late goes on with what was left, run 2\n");
  }

  @Test
  void whatMakesNoSenseIsRefusedBeforeAnythingChanges() throws Exception {
    given("done", "{phase: Complete, observedGeneration: 1, items: {total: 10, succeeded: 10, failed: 0}}");
    assertThat(run("pause", "done").err()).isEqualTo("longshore: done has ended already, as Complete: nothing of it can be paused\n");
    assertThat(run("resume", "done").err()).contains("has ended already, as Complete");
    assertThat(run("retry", "done").err()).contains("no item of done has failed");
    assertThat(run("retry", "done", "--all", "--index", "1").code()).isEqualTo(2);
    assertThat(run("retry", "missing").err()).isEqualTo("longshore: there is no BatchJob missing in namespace default\n");
    assertThat(run("pause", "missing", "-n", "other").err()).contains("no BatchJob missing in namespace other");
    assertThat(run("pause", "done", "--context", "nowhere").code()).isEqualTo(2);
    given("wrong-index", "{phase: Complete, items: {failed: 1}}");
    Said wrong = run("retry", "wrong-index", "--index", "3-1");
    assertThat(wrong.code()).isEqualTo(2);
    assertThat(wrong.err()).contains("--index 3-1");
    assertThat(job("done").at("/metadata/generation").asInt()).isEqualTo(1);
  }

  @Test
  void withoutAnOperatorTheWaitEndsAndSaysSo() throws Exception {
    given("alone", "{phase: Running, observedGeneration: 1}");
    Said pause = run("pause", "alone", "--timeout", "1");
    assertThat(pause.code()).isEqualTo(3);
    assertThat(pause.err()).contains("is the operator running?");
    Said asked = run("pause", "alone", "--no-wait");
    assertThat(asked).isEqualTo(new Said(0, "asked for: {\"spec\":{\"suspend\":true}}\n", ""));
  }

  @Test
  void aMissingRightNamesTheVerb() throws Exception {
    String forbidden = "{\"kind\":\"Status\",\"message\":\"User ann cannot get resource batchjobs\",\"code\":403}";
    Said said = answeredWith(403, forbidden, "pause", "x");
    assertThat(said.code()).isEqualTo(3);
    assertThat(said.err()).contains("the verb get on batchjobs.longshore.dev in namespace default").contains("User ann");
    assertThat(answeredWith(401, "{}", "pause", "x").err()).contains("credentials");
    assertThat(answeredWith(404, "404 page not found", "pause", "x").err()).contains("kubectl apply -f kubernetes/crds/");
  }

  @Test
  void aServerThatIsNotThereIsNamed() throws Exception {
    Said said = run(kubeconfig("http://127.0.0.1:1"), "resume", "x");
    assertThat(said.code()).isEqualTo(3);
    assertThat(said.err()).contains("http://127.0.0.1:1").contains("cannot be reached");
  }

  @Test
  void helpTeachesEachCommandByAnExample() {
    for (String command : new String[] {"pause", "resume", "cancel", "retry", "failures"}) {
      Said help = run(command, "--help");
      assertThat(help.code()).isZero();
      assertThat(help.out()).contains("Example").contains("longshore " + command + " tracks");
    }
  }

  private static Said answeredWith(int code, String body, String... args) throws Exception {
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", exchange -> {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(code, bytes.length);
      exchange.getResponseBody().write(bytes);
      exchange.close();
    });
    server.start();
    try {
      return run(kubeconfig("http://127.0.0.1:" + server.getAddress().getPort()), args);
    } finally {
      server.stop(0);
    }
  }

  private static Path kubeconfig(String server) throws Exception {
    return Files.writeString(Files.createTempFile(folder, "kubeconfig", null), """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "%s"}}]
        users: [{name: u, user: {token: t}}]
        contexts: [{name: c, context: {cluster: c, user: u}}]
        current-context: c
        """.formatted(server));
  }

  private static void given(String name, String status) {
    client.raw(JOBS, "POST", """
        {"apiVersion": "longshore.dev/v1alpha1", "kind": "BatchJob", "metadata": {"name": "%s"},
         "spec": {"source": {"items": [1]}, "processor": {"noop": {}}}}""".formatted(name));
    operator(name, status);
  }

  /** What the operator does: it changes the status. */
  private static void operator(String name, String status) {
    try {
      String patch = JSON.createObjectNode().set("status", new ObjectMapper(new YAMLFactory()).readTree(status)).toString();
      client.resources(BatchJob.class).inNamespace("default").withName(name).subresource("status").patch(PatchContext.of(PatchType.JSON_MERGE), patch);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(status, e);
    }
  }

  private static String condition(String type) {
    return "{type: " + type + ", status: \"True\", reason: R, message: m, lastTransitionTime: \"2026-01-01T00:00:00Z\"}";
  }

  private static JsonNode job(String name) {
    return client.getKubernetesSerialization().unmarshal(client.raw(JOBS + "/" + name), JsonNode.class);
  }

  private static void awaitSpec(String name, String path, String value) {
    await().atMost(LIMIT).untilAsserted(() -> assertThat(job(name).at("/spec" + path).asText()).isEqualTo(value));
  }

  private static CompletableFuture<Said> started(String... args) {
    return CompletableFuture.supplyAsync(() -> run(args)).orTimeout(60, TimeUnit.SECONDS);
  }

  private static Said run(String... args) {
    return run(api.kubeconfig(), args);
  }

  private static Said run(Path kubeconfig, String... args) {
    return Terminal.run(kubeconfig.toString(), args);
  }
}
