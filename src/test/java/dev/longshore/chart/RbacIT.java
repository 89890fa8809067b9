package dev.longshore.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.job.JobPhase;
import dev.longshore.operator.leftovers.Leftovers;
import dev.longshore.testing.CuttableProxy;
import dev.longshore.testing.ProcessCluster;
import dev.longshore.testing.Services;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The chart's rules are as wide as what the operator and the clean-up do, and no wider: read from the API server's audit log. */
class RbacIT {
  @RegisterExtension
  static final Services SERVICES = new Services();

  private static final String NS = "longshore";
  /** Asked for by OwnerReferencesPermissionEnforcement alone, which asks without a request of its own. */
  private static final Set<String> ASKED_BY_ADMISSION = Set.of("update longshore.dev/batchjobs/finalizers", "update longshore.dev/workerpools/finalizers");

  @TempDir
  Path folder;

  @Test
  void everyRightIsUsedAndNothingIsRefused() throws Exception {
    AuditLog audit = new AuditLog(folder.resolve("audit"), NS);
    String[] flags = Stream.concat(Stream.of(audit.flags()), Stream.of("--enable-admission-plugins=OwnerReferencesPermissionEnforcement"))
        .toArray(String[]::new);
    URI rabbit = URI.create(SERVICES.rabbitUrl());
    try (CuttableProxy broker = new CuttableProxy(rabbit.getPort()); ChartCluster cluster = new ChartCluster(SERVICES, folder, flags)) {
      cluster.namespace(NS);
      cluster.client().secrets().inNamespace(NS).withName("longshore-rabbitmq").edit(secret -> new SecretBuilder(secret)
          .addToStringData("url", SERVICES.rabbitUrl().replace(":" + rabbit.getPort(), ":" + broker.port())).build());
      // what a killed worker had inside is to be there when the operator looks, however slow the machine is
      cluster.client().secrets().inNamespace(NS).withName("longshore-worker").edit(secret -> new SecretBuilder(secret)
          .addToStringData("LONGSHORE_WORKER_LEASE_TIME", "15s").build());
      cluster.helm().run("install", NS, Helm.CHART.toString(), "--namespace", NS, "--set", "policy.exec=true", "--set",
          "policy.execCommands={/usr/bin/sleep,/usr/bin/false}", "--set",
          "operator.env[0].name=LONGSHORE_OPERATOR_FINALIZER_PATIENCE,operator.env[0].value=10s").succeeded();
      Pod operator = cluster.operator(NS);

      ownPoolThatFollowsItsJob(cluster);
      sharedPoolThatCrashesAndIsEvictedFrom(cluster);
      failuresThatAreRedriven(cluster);
      whatPeopleRead(cluster, operator);
      aDeletionThatGivesWay(cluster, broker);
      List<AuditLog.Call> calls = audit.calls();
      SoftAssertions operators = new SoftAssertions();
      operators.assertThat(refused(calls, "longshore-operator")).as("refused").isEmpty();
      operators.assertThat(AuditLog.used(calls, "longshore-operator")).as("what the operator used, against the rules of the chart")
          .containsExactlyElementsOf(granted(cluster, "longshore-operator"));
      operators.assertAll();
      withoutTheRightToNameOwners(cluster, audit);

      cluster.helm().run("uninstall", NS, "--namespace", NS).succeeded();
      assertThat(refused(audit.calls(), "longshore-cleanup")).as("refused").isEmpty();
      assertThat(AuditLog.used(audit.calls(), "longshore-cleanup")).as("what helm uninstall used, against the rules of the chart")
          .containsExactlyElementsOf(granted(cluster, "longshore-cleanup"));
    }
  }

  /** Admission learns of new kinds within 30 s; until then it refuses owners of them, and the operator tries again. */
  private static Set<String> refused(List<AuditLog.Call> calls, String account) {
    return calls.stream().filter(call -> call.user().equals(account) && (call.code() == 401 || call.code() == 403))
        .filter(call -> !call.said().contains("cannot find RESTMapping"))
        .map(call -> call.right() + " " + call.uri() + ": " + call.said()).collect(Collectors.toCollection(TreeSet::new));
  }

  /** Admission asks for this right and leaves no trace of it: what happens without it shows that it is needed. */
  private void withoutTheRightToNameOwners(ChartCluster cluster, AuditLog audit) {
    cluster.client().rbac().roles().inNamespace(NS).withName("longshore-operator").edit(role -> {
      role.getRules().removeIf(rule -> rule.getResources().contains("batchjobs/finalizers"));
      return role;
    });
    cluster.apply(NS, """
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: barred}
        spec: {source: {items: [1]}, processor: {noop: {}}}
        """);
    await("its pool is refused").atMost(ChartCluster.LIMIT).untilAsserted(() -> assertThat(audit.calls())
        .anyMatch(call -> call.code() == 403 && call.right().equals("create longshore.dev/workerpools")
            && call.said().contains("cannot set blockOwnerDeletion")));
  }

  private void ownPoolThatFollowsItsJob(ChartCluster cluster) {
    cluster.apply(NS, """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: ids}
        data: {ids.txt: "a\\nb\\nc\\n"}
        ---
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: counted}
        spec:
          source: {configMap: {name: ids, key: ids.txt, format: Lines}}
          processor: {noop: {}}
          workers: {maxReplicas: 2}
          ttlSecondsAfterFinished: 3
        """);
    cluster.awaitPhase(NS, "counted", "Complete");
    cluster.client().resources(BatchJob.class).inNamespace(NS).withName("counted")
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"suspend\":false}}");
    await("its time to live is over").atMost(ChartCluster.LIMIT).until(() -> cluster.job(NS, "counted").isEmpty());

    cluster.apply(NS, """
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: slow}
        spec:
          source: {items: [1]}
          processor: {exec: {command: [/usr/bin/sleep, "1000"]}}
          guard: {timeout: 1h}
          workers: {maxReplicas: 1}
        """);
    cluster.awaitPhase(NS, "slow", "Running");
    cluster.client().resources(BatchJob.class).inNamespace(NS).withName("slow")
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"workers\":{\"maxReplicas\":2}}}");
    await("the pool follows").atMost(ChartCluster.LIMIT).untilAsserted(() -> assertThat(cluster.pool(NS, "slow").orElseThrow().getSpec().maxReplicas())
        .as(cluster.told(NS)).isEqualTo(2));
  }

  private void sharedPoolThatCrashesAndIsEvictedFrom(ChartCluster cluster) throws Exception {
    cluster.apply(NS, """
        apiVersion: longshore.dev/v1alpha1
        kind: WorkerPool
        metadata: {name: shared}
        spec:
          minReplicas: 1
          maxReplicas: 1
          allow: {processors: [exec], execCommands: [/usr/bin/sleep]}
        """);
    for (String name : List.of("one", "two")) {
      cluster.apply(NS, """
          apiVersion: longshore.dev/v1alpha1
          kind: BatchJob
          metadata: {name: %s}
          spec:
            source: {items: [1]}
            processor: {exec: {command: [/usr/bin/sleep, "1000"]}}
            guard: {timeout: 1h}
            poolRef: {name: shared}
          """.formatted(name));
    }
    await("both jobs have their item in hand").atMost(ChartCluster.LIMIT).untilAsserted(() -> assertThat(List.of("one", "two"))
        .as(cluster.told(NS)).allMatch(name -> cluster.job(NS, name).map(BatchJob::getStatus).map(status -> status.items())
            .map(items -> Long.valueOf(1).equals(items.inFlight())).orElse(false)));
    Pod worker = cluster.workers(NS, "shared").getFirst();
    ProcessHandle process = ProcessHandle.of(cluster.pid(worker)).orElseThrow();
    await("both are inside their program").atMost(ChartCluster.LIMIT).untilAsserted(() -> assertThat(process.descendants().map(
        child -> child.info().command().orElse(""))).as(cluster.told(NS)).filteredOn(command -> command.endsWith("/sleep")).hasSize(2));
    ProcessCluster.signal("KILL", cluster.pid(worker));
    await("there is another worker").atMost(ChartCluster.LIMIT).untilAsserted(() -> assertThat(cluster.workers(NS, "shared")).as(cluster.told(NS))
        .filteredOn(pod -> pod.getStatus().getPhase().equals("Running")).isNotEmpty().doesNotContain(worker));
    Pod second = cluster.workers(NS, "shared").stream().filter(pod -> pod.getStatus().getPhase().equals("Running")).findFirst().orElseThrow();
    await("its budget lets it go").atMost(ChartCluster.LIMIT).until(() -> cluster.client().pods().inNamespace(NS)
        .withName(second.getMetadata().getName()).evict());
    await("a third takes over").atMost(ChartCluster.LIMIT).untilAsserted(() -> assertThat(cluster.workers(NS, "shared")).as(cluster.told(NS))
        .extracting(pod -> pod.getMetadata().getName()).isNotEmpty().doesNotContain(second.getMetadata().getName()));
    cluster.client().resources(WorkerPool.class).inNamespace(NS).withName("shared")
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"minReplicas\":2,\"maxReplicas\":2}}");
    await("its budget follows the second worker").atMost(ChartCluster.LIMIT).untilAsserted(() -> assertThat(
        cluster.client().policy().v1().podDisruptionBudget().inNamespace(NS).withName("shared").get()).as(cluster.told(NS))
        .returns(1, budget -> budget.getSpec().getMinAvailable().getIntVal()));
    for (String name : List.of("one", "two")) {
      cluster.client().resources(BatchJob.class).inNamespace(NS).withName(name).delete();
    }
    await("both are gone").atMost(ChartCluster.LIMIT).until(() -> cluster.job(NS, "one").isEmpty() && cluster.job(NS, "two").isEmpty());
  }

  private void failuresThatAreRedriven(ChartCluster cluster) {
    cluster.apply(NS, """
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: failing}
        spec:
          source: {items: [1, 2]}
          processor: {exec: {command: [/usr/bin/false], mode: Batch}}
          retry: {maxAttempts: 1}
        """);
    cluster.awaitPhase(NS, "failing", JobPhase.COMPLETE.word());
    cluster.client().resources(BatchJob.class).inNamespace(NS).withName("failing")
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"redrive\":{\"request\":\"again\",\"all\":true}}}");
    await("its second run ends").atMost(ChartCluster.LIMIT).untilAsserted(() -> assertThat(cluster.job(NS, "failing").orElseThrow().getStatus())
        .as(cluster.told(NS)).matches(status -> status.run() == 2 && status.phase().equals("Complete")));
    cluster.client().resources(BatchJob.class).inNamespace(NS).withName("failing").delete();
    await("it is gone").atMost(ChartCluster.LIMIT).until(() -> cluster.job(NS, "failing").isEmpty());
  }

  private void aDeletionThatGivesWay(ChartCluster cluster, CuttableProxy broker) {
    cluster.apply(NS, """
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: left}
        spec: {source: {items: [1]}, processor: {noop: {}}, suspend: true}
        """);
    cluster.awaitPhase(NS, "left", "Suspended");
    broker.refuse();
    cluster.client().resources(BatchJob.class).inNamespace(NS).withName("left").delete();
    await("it gives way").atMost(ChartCluster.LIMIT).untilAsserted(() -> assertThat(cluster.job(NS, "left")).as(() -> cluster.told(NS)).isEmpty());
    assertThat(cluster.client().configMaps().inNamespace(NS).withName(Leftovers.NAME).get()).as("what it left is remembered").isNotNull();
    broker.heal();
    await("it is swept").atMost(ChartCluster.LIMIT).untilAsserted(() -> assertThat(cluster.client().configMaps().inNamespace(NS)
        .withName(Leftovers.NAME).get()).as(() -> cluster.told(NS)).isNull());
  }

  private void whatPeopleRead(ChartCluster cluster, Pod operator) throws Exception {
    String base = cluster.pods().http(operator.getMetadata().getName()).orElseThrow();
    try (HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      for (String path : List.of("/api/v1/batchjobs", "/api/v1/namespaces/longshore/batchjobs/slow",
          "/api/v1/namespaces/longshore/workerpools/slow/decisions")) {
        HttpResponse<String> answer = http.send(HttpRequest.newBuilder(URI.create(base + path)).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as("%s: %s", path, answer.body()).isEqualTo(200);
      }
    }
  }

  /** What the rules bound to a ServiceAccount allow, but what only admission asks for. */
  private Set<String> granted(ChartCluster cluster, String account) throws Exception {
    Set<String> rights = new TreeSet<>();
    for (HasMetadata object : cluster.helm().template()) {
      if (object instanceof Role role && role.getMetadata().getName().startsWith(account) && !role.getMetadata().getName().endsWith("-reader")) {
        role.getRules().forEach(rule -> rights.addAll(rights(rule)));
      }
    }
    rights.removeAll(ASKED_BY_ADMISSION);
    return rights;
  }

  private static List<String> rights(PolicyRule rule) {
    return rule.getVerbs().stream().flatMap(verb -> rule.getApiGroups().stream().flatMap(group -> rule.getResources().stream()
        .map(resource -> verb + " " + group + "/" + resource))).toList();
  }
}
