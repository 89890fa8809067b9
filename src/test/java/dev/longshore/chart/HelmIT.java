package dev.longshore.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.job.JobRef;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.queue.rabbitmq.RabbitSettings;
import dev.longshore.queue.rabbitmq.RabbitWorkQueues;
import dev.longshore.testing.Services;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The life of a release on a real API server, by the real Helm. The resource types are the cluster's, so one test follows the other. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HelmIT {
  @RegisterExtension
  static final Services SERVICES = new Services();

  private static final String NS = "longshore";
  private static final Duration LIMIT = ChartCluster.LIMIT;
  /** Items that each take 3 s and are never done: one of them is always in hand. */
  private static final String SLOW = """
      apiVersion: longshore.dev/v1alpha1
      kind: BatchJob
      metadata: {name: slow}
      spec:
        source: {items: [%s]}
        processor: {exec: {command: [/usr/bin/sleep, "3"], mode: Batch}}
        batching: {size: 1}
        retry: {maxAttempts: 50}
        guard: {timeout: 10s}
        workers: {maxReplicas: 1, concurrency: 1}
      """.formatted("0, ".repeat(300) + "0");

  @TempDir
  static Path folder;
  private static ChartCluster cluster;

  @BeforeAll
  static void start() throws Exception {
    cluster = new ChartCluster(SERVICES, folder);
    for (String name : List.of(NS, "team-a", "team-b")) {
      cluster.namespace(name);
    }
  }

  @AfterAll
  static void end() {
    if (cluster != null) {
      cluster.close();
    }
  }

  private static Helm.Ran helm(String... words) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of(words));
    all.addAll(List.of("--namespace", NS));
    return cluster.helm().run(all.toArray(String[]::new)).succeeded();
  }

  private static Helm.Ran put(String... values) throws IOException, InterruptedException {
    return chart(Helm.CHART, values);
  }

  private static Helm.Ran chart(Path chart, String... values) throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(List.of("upgrade", "--install", NS, chart.toString(), "--set", "policy.exec=true", "--set",
        "policy.execCommands={/usr/bin/sleep}"));
    Stream.of(values).forEach(value -> words.addAll(List.of("--set", value)));
    return helm(words.toArray(String[]::new));
  }

  @Order(1)
  @ParameterizedTest
  @ValueSource(strings = {"minimal", "ha", "cluster-wide", "everything"})
  void theApiServerTakesEveryObject(String values) throws Exception {
    String rendered = cluster.helm().run("template", NS, Helm.CHART.toString(), "--namespace", NS, "--values",
        Path.of("src", "test", "resources", "chart", values + ".yaml").toString()).succeeded().out();
    List<String> documents = Stream.of(rendered.split("(?m)^---\n")).filter(document -> !document.contains("monitoring.coreos.com")).toList();
    Process kubectl = new ProcessBuilder(cluster.plane().kubectl().toString(), "--kubeconfig", cluster.plane().kubeconfig().toString(), "apply",
        "--server-side", "--dry-run=server", "--validate=strict", "-f", "-").redirectErrorStream(true).start();
    try (var in = kubectl.getOutputStream()) {
      in.write(String.join("---\n", documents).getBytes(StandardCharsets.UTF_8));
    }
    String said = new String(kubectl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(kubectl.waitFor()).as(said).isZero();
    assertThat(said).contains("deployment.apps", "customresourcedefinition").doesNotContain("Warning");
  }

  @Order(2)
  @Test
  void anUpgradeChangesTheResourceTypesAndKeepsTheObjects() throws Exception {
    Path older = folder.resolve("older");
    try (Stream<Path> files = Files.walk(Helm.CHART)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = older.resolve(Helm.CHART.relativize(file));
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy);
      }
    }
    Path crd = older.resolve("files/crds/batchjobs.longshore.dev.yaml");
    String text = Files.readString(crd);
    Files.writeString(crd, text.replaceFirst("(?m)^( +)ttlSecondsAfterFinished:\n(\\1  .*\n)+", ""));
    assertThat(Files.readString(crd)).as("an older type without a field").isNotEqualTo(text).doesNotContain("ttlSecondsAfterFinished:");

    chart(older, "operator.replicas=1");
    await("the type is there").atMost(LIMIT).ignoreExceptions().untilAsserted(() -> cluster.apply(NS, SLOW));
    String uid = uid("slow");
    assertThat(field()).isEmpty();

    put();
    assertThat(field()).as("the new field's schema").contains("integer");
    assertThat(uid("slow")).as("the job is the same").isEqualTo(uid);
  }

  private static String field() {
    return Optional.ofNullable(cluster.client().apiextensions().v1().customResourceDefinitions().withName("batchjobs.longshore.dev").get()
        .getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema().getProperties().get("spec").getProperties()
        .get("ttlSecondsAfterFinished")).map(field -> field.getType()).orElse("");
  }

  private static String uid(String job) {
    return cluster.job(NS, job).orElseThrow().getMetadata().getUid();
  }

  @Order(3)
  @Test
  void aRollbackBringsBackWhatWas() throws Exception {
    cluster.operator(NS);
    put("operator.replicas=2", "policy.egress.cluster=true");
    assertThat(replicas()).isEqualTo(2);
    assertThat(cluster.client().policy().v1().podDisruptionBudget().inNamespace(NS).withName("longshore-operator").get()).isNotNull();
    helm("rollback", NS);
    assertThat(replicas()).isEqualTo(1);
    assertThat(cluster.client().policy().v1().podDisruptionBudget().inNamespace(NS).withName("longshore-operator").get()).isNull();
    cluster.acting(NS);
    inHand(NS);
  }

  private static int replicas() {
    return cluster.client().apps().deployments().inNamespace(NS).withName("longshore-operator").get().getSpec().getReplicas();
  }

  private static void inHand(String namespace) {
    await("an item is in hand").atMost(LIMIT).untilAsserted(() -> assertThat(cluster.job(namespace, "slow").map(BatchJob::getStatus)
        .map(status -> status.items()).map(items -> items.inFlight()).orElse(0L)).as(() -> cluster.told(NS)).isPositive());
  }

  @Order(4)
  @Test
  void anUninstallLeavesTheJobsAndTheirTypesAndNothingElse() throws Exception {
    String uid = uid("slow");
    helm("uninstall", NS);

    assertThat(ofTheRelease()).as("objects of the release").containsExactlyInAnyOrder("CustomResourceDefinition batchjobs.longshore.dev",
        "CustomResourceDefinition workerpools.longshore.dev");
    assertThat(cluster.job(NS, "slow")).hasValueSatisfying(job -> {
      assertThat(job.getMetadata().getUid()).isEqualTo(uid);
      assertThat(job.getMetadata().getFinalizers()).as("it can be deleted without an operator").isEmpty();
    });
    assertThat(cluster.pool(NS, "slow")).hasValueSatisfying(pool -> assertThat(pool.getMetadata().getFinalizers()).isEmpty());
    await("no operator and no worker runs").atMost(LIMIT).untilAsserted(() -> assertThat(cluster.client().pods().inNamespace(NS).list().getItems())
        .extracting(pod -> pod.getMetadata().getName()).isEmpty());

    put();
    cluster.acting(NS);
    // what the status says of items may still be of before
    await("an operator that is installed again goes on").atMost(LIMIT).untilAsserted(() -> assertThat(cluster.job(NS, "slow").orElseThrow()
        .getMetadata().getFinalizers()).as(cluster.told(NS)).contains("longshore.dev/batchjob"));
    await("with a worker").atMost(LIMIT).untilAsserted(() -> assertThat(cluster.workers(NS, "slow")).as(cluster.told(NS)).isNotEmpty());
  }

  private static List<String> ofTheRelease() {
    List<String> found = new ArrayList<>();
    Stream.of(cluster.client().apiextensions().v1().customResourceDefinitions().withLabel("app.kubernetes.io/instance", NS).list().getItems(),
        cluster.client().rbac().clusterRoles().withLabel("app.kubernetes.io/instance", NS).list().getItems(),
        cluster.client().rbac().clusterRoleBindings().withLabel("app.kubernetes.io/instance", NS).list().getItems(),
        cluster.client().rbac().roles().inAnyNamespace().withLabel("app.kubernetes.io/instance", NS).list().getItems(),
        cluster.client().rbac().roleBindings().inAnyNamespace().withLabel("app.kubernetes.io/instance", NS).list().getItems(),
        cluster.client().serviceAccounts().inAnyNamespace().withLabel("app.kubernetes.io/instance", NS).list().getItems(),
        cluster.client().services().inAnyNamespace().withLabel("app.kubernetes.io/instance", NS).list().getItems(),
        cluster.client().configMaps().inAnyNamespace().withLabel("app.kubernetes.io/instance", NS).list().getItems(),
        cluster.client().network().networkPolicies().inAnyNamespace().withLabel("app.kubernetes.io/instance", NS).list().getItems(),
        cluster.client().apps().deployments().inAnyNamespace().withLabel("app.kubernetes.io/instance", NS).list().getItems(),
        cluster.client().batch().v1().jobs().inAnyNamespace().withLabel("app.kubernetes.io/instance", NS).list().getItems(),
        cluster.client().policy().v1().podDisruptionBudget().inAnyNamespace().withLabel("app.kubernetes.io/instance", NS).list().getItems())
        .forEach(list -> list.forEach(object -> found.add(((HasMetadata) object).getKind() + " " + ((HasMetadata) object).getMetadata().getName())));
    return found;
  }

  @Order(5)
  @Test
  void aNamespaceWithRightsOfItsOwnGoesWithAllThatItsJobsHad() throws Exception {
    put("watchNamespaces={longshore,team-a}");
    endsWithItsJobs("team-a");
  }

  /** One that is named and not there, any more or yet, does not keep an operator that begins from serving the others. */
  @Order(6)
  @Test
  void theOthersAreServedWhenOneIsGone() throws Exception {
    String before = cluster.operators(NS).getFirst().getMetadata().getName();
    cluster.client().pods().inNamespace(NS).withName(before).delete();
    await("another one acts, and is well").atMost(LIMIT).untilAsserted(() -> assertThat(cluster.acting(NS).getMetadata().getName())
        .as(() -> cluster.told(NS)).isNotEqualTo(before));
    cluster.apply(NS, SLOW.replace("{name: slow}", "{name: other}"));
    await("a job of the other namespace is worked on").atMost(LIMIT).untilAsserted(() -> assertThat(cluster.workers(NS, "other"))
        .as(() -> cluster.told(NS)).isNotEmpty());

    cluster.client().resources(BatchJob.class).inNamespace(NS).withName("other").delete();
    await("it is deleted with all that it had").atMost(LIMIT).until(() -> cluster.job(NS, "other").isEmpty());
  }

  @Order(7)
  @Test
  void aNamespaceGoesUnderAnOperatorOfTheWholeCluster() throws Exception {
    put("watchNamespaces={*}");
    endsWithItsJobs("team-b");
  }

  @Order(8)
  @Test
  void theOperatorsOwnNamespaceGoesWithItsJobs() throws Exception {
    put();
    cluster.acting(NS);
    JobRef job = ref(NS);
    cluster.client().namespaces().withName(NS).delete();
    await("the namespace goes").atMost(LIMIT).untilAsserted(() -> assertThat(cluster.client().namespaces().withName(NS).get())
        .as(() -> cluster.told(NS)).isNull());
    nothingLeft(job);
  }

  @Order(9)
  @Test
  void theOwnNamespaceOfAnOperatorOfTheWholeClusterGoesWithItsJobs() throws Exception {
    cluster.namespace(NS);
    put("watchNamespaces={*}");
    endsWithItsJobs(NS);
    // what Helm knew of the release went with the namespace: docs/install.md says what stays
    cluster.client().rbac().clusterRoles().withName("longshore-operator").delete();
    cluster.client().rbac().clusterRoleBindings().withName("longshore-operator").delete();
  }

  private static void endsWithItsJobs(String namespace) throws Exception {
    cluster.acting(NS);
    cluster.apply(namespace, SLOW);
    inHand(namespace);
    JobRef job = ref(namespace);
    cluster.client().namespaces().withName(namespace).delete();
    await("the namespace goes").atMost(LIMIT).untilAsserted(() -> assertThat(cluster.client().namespaces().withName(namespace).get())
        .as(() -> cluster.told(NS)).isNull());
    nothingLeft(job);
  }

  private static JobRef ref(String namespace) {
    return new JobRef(namespace, "slow", cluster.job(namespace, "slow").orElseThrow().getMetadata().getUid());
  }

  private static void nothingLeft(JobRef job) throws Exception {
    try (RabbitWorkQueues queues = new RabbitWorkQueues(new RabbitSettings(SERVICES.rabbitUrl(), SERVICES.rabbitUsername(),
        SERVICES.rabbitPassword(), "test"))) {
      for (Kind kind : Kind.values()) {
        assertThat(queues.depth(job, kind).exists()).as("queue %s of %s", kind, job).isFalse();
      }
    }
  }

  @Order(10)
  @Test
  void whereTheOperatorWentFirstTheCommandLineLetsTheNamespaceGo() throws Exception {
    cluster.namespace("orphaned");
    cluster.apply("orphaned", SLOW.replace("{name: slow}", "{name: slow, finalizers: [longshore.dev/batchjob, example.org/kept]}"));
    cluster.client().namespaces().withName("orphaned").delete();
    await("it waits for a finalizer").atMost(LIMIT).untilAsserted(() -> assertThat(cluster.client().namespaces().withName("orphaned").get()
        .getStatus().getConditions()).anyMatch(condition -> condition.getType().equals("NamespaceFinalizersRemaining")
            && condition.getStatus().equals("True")));
    assertThat(cluster.longshore("cleanup", "--namespace", "orphaned", "--timeout", "1")).contains("1 finalizers taken off", "orphaned/slow");
    assertThat(cluster.job("orphaned", "slow").orElseThrow().getMetadata().getFinalizers()).as("others' finalizers are others'")
        .containsExactly("example.org/kept");
    cluster.client().resources(BatchJob.class).inNamespace("orphaned").withName("slow").edit(job -> {
      job.getMetadata().setFinalizers(List.of());
      return job;
    });
    await("the namespace goes").atMost(LIMIT).until(() -> cluster.client().namespaces().withName("orphaned").get() == null);
  }

  @Order(11)
  @Test
  void anUninstallThatKeepsNothingDeletesTheJobsWithAllTheyHave() throws Exception {
    cluster.namespace(NS);
    put("crds.keep=false");
    cluster.acting(NS);
    cluster.apply(NS, SLOW);
    inHand(NS);
    JobRef job = ref(NS);
    helm("uninstall", NS);
    await("the types are gone").atMost(LIMIT).untilAsserted(() -> assertThat(ofTheRelease()).isEmpty());
    nothingLeft(job);
  }
}
