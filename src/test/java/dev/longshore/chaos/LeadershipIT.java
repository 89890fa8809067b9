package dev.longshore.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** An elected operator that cannot renew its lease: it stops to act, waits, and goes on when it leads again; its process stays. */
class LeadershipIT {
  private static final Path FOLDER = Path.of("target", "chaos", "leadership").toAbsolutePath();
  private static final String LEASE = "longshore-operator";
  /** Longer than a lease. */
  private static final Duration AWAY = Duration.ofSeconds(20);
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final int GOES_ON = 200;

  private static ChaosCluster cluster;
  private static History history;

  @BeforeAll
  static void startCluster() throws Exception {
    OutageScene.prepare(FOLDER, OutageScene.ITEMS);
    history = new History(FOLDER.resolve("history.txt"));
    cluster = new ChaosCluster(FOLDER, true, ChaosTimes.SHORT).awaitReady();
    cluster.applyPool("""
        apiVersion: longshore.dev/v1alpha1
        kind: WorkerPool
        metadata: {name: shared, namespace: default}
        spec: {minReplicas: 2, maxReplicas: 2, allow: {processors: [http], files: ["%s"]}}
        """.formatted(FOLDER));
    await("the workers say that they are ready").atMost(LIMIT).until(() -> cluster.heartbeats("shared").size() == 2);
  }

  @AfterAll
  static void endCluster() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void anApiServerThatIsAwayForLongerThanALeaseIsWaitedFor() throws Exception {
    try (OutageScene scene = new OutageScene(cluster, history, FOLDER, "away").begin()) {
      cluster.links().get("operator-api").refuse();
      await("the operator waits").during(AWAY).atMost(AWAY.plusSeconds(30)).until(() -> cluster.operator().endedItself() == 0);
      await().atMost(LIMIT).ignoreExceptions().until(() -> cluster.health().contains("Kubernetes API is away"));
      cluster.links().get("operator-api").heal();

      scene.goesOn(GOES_ON);
      await("the operator is ready again").atMost(LIMIT).ignoreExceptions().until(() -> cluster.health().contains("\"status\": \"UP\""));
      scene.endsWell();
      assertThat(cluster.operator().endedItself()).as("how often the operator ended by itself").isZero();
    }
  }

  @Test
  void whileAnotherLeadsItWaitsAndThenGoesOn() throws Exception {
    try (KubernetesClient client = cluster.connect()) {
      Resource<Lease> lease = client.leases().inNamespace("default").withName(LEASE);
      await().atMost(LIMIT).until(() -> lease.get() != null && lease.get().getSpec().getHolderIdentity() != null);
      hold(lease, "another");
      await("the operator is well and waits").atMost(LIMIT).ignoreExceptions().pollInterval(Duration.ofSeconds(1)).until(() -> {
        hold(lease, "another");
        return cluster.operator().waits() && cluster.health().contains("\"status\": \"UP\"");
      });
      try (OutageScene scene = new OutageScene(cluster, history, FOLDER, "other")) {
        await("it leaves the job alone").during(Duration.ofSeconds(5)).atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofSeconds(1)).until(() -> {
          hold(lease, "another");
          return cluster.get(scene.job()).getStatus() == null;
        });
        // from here on nobody renews the lease
        scene.begin();
        scene.endsWell();
      }
      assertThat(lease.get().getSpec().getHolderIdentity()).isEqualTo("operator-1");
      assertThat(cluster.operator().endedItself()).as("how often the operator ended by itself").isZero();
    }
  }

  private static void hold(Resource<Lease> lease, String by) {
    lease.edit(found -> {
      found.getSpec().setHolderIdentity(by);
      found.getSpec().setRenewTime(ZonedDateTime.now(ZoneOffset.UTC));
      return found;
    });
  }
}
