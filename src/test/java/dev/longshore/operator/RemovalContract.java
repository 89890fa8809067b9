package dev.longshore.operator;

import static dev.longshore.operator.testing.OperatorRig.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.JobRef;
import dev.longshore.operator.leftovers.Leftovers;
import dev.longshore.store.Pools.Assignment;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Event;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A deletion waits for services that are away, but not for ever, and nothing stays behind for good. */
abstract class RemovalContract extends OperatorScene {
  private static final Duration PATIENCE = OperatorSettings.FINALIZER_PATIENCE;
  private static final String POOL = """
      apiVersion: longshore.dev/v1alpha1
      kind: WorkerPool
      metadata: {name: shared}
      spec: {maxReplicas: 2}
      """;

  @Test
  void aBrokerThatStaysAwayDoesNotKeepAJobAndItsQueuesGoWhenItIsBack() {
    JobRef job = deletedWithoutBroker();
    rig.later(PATIENCE);
    awaitGone(job);
    assertThat(rig.ledger.spec(job)).as("what can be removed is removed").isEmpty();
    assertThat(rig.pods()).isEmpty();
    assertThat(rig.pool("tracks")).isNull();
    assertThat(gaveWay("tracks")).singleElement().asString()
        .contains("600 s", "longshore." + rig.namespace + ".tracks.", "no route to the broker", "removed when the service is back");
    assertThat(remembered()).isNotNull();

    rig.queues.away(false);

    await("the queues are swept").atMost(SOON).until(() -> !rig.queues.has(job));
    await("nothing is remembered any more").atMost(SOON).until(() -> remembered() == null);
  }

  @Test
  void theNextOperatorSweepsWhatThisOneLeft() {
    JobRef job = deletedWithoutBroker();
    rig.later(PATIENCE);
    awaitGone(job);
    rig.stop();
    rig.queues.away(false);
    assertThat(rig.queues.has(job)).isTrue();

    rig.start(true, () -> { });

    await("the queues are swept").atMost(SOON).until(() -> !rig.queues.has(job));
    await("nothing is remembered any more").atMost(SOON).until(() -> remembered() == null);
  }

  @Test
  void aRestartDoesNotBeginTheWaitAnew() {
    JobRef job = deletedWithoutBroker();
    rig.stop();
    rig.later(PATIENCE);
    rig.start();
    awaitGone(job);
  }

  @Test
  void aServiceThatIsBackInTimeLeavesNothingToSweep() {
    JobRef job = deletedWithoutBroker();
    rig.later(PATIENCE.minusSeconds(30));
    await("it still waits").during(Duration.ofSeconds(2)).atMost(SOON).until(() -> rig.job(job) != null);
    rig.queues.away(false);
    awaitGone(job);
    assertThat(rig.queues.has(job)).isFalse();
    assertThat(gaveWay("tracks")).isEmpty();
    assertThat(remembered()).isNull();
  }

  @Test
  void aLedgerThatStaysAwayKeepsNeitherJobNorPool() {
    JobRef job = rig.create(TRACKS);
    rig.awaitPods(1);
    rig.store.away(true);
    client.resource(rig.job(job)).delete();
    await("it waits").during(Duration.ofSeconds(1)).atMost(SOON).until(() -> rig.job(job) != null);
    rig.later(PATIENCE);
    awaitGone(job);
    assertThat(rig.pool("tracks")).as("its pool").isNull();
    assertThat(rig.queues.has(job)).as("the broker was there").isFalse();
    assertThat(gaveWay("tracks")).as("of the job and of its pool").hasSize(2);
    assertThat(rig.ledger.spec(job)).isPresent();

    rig.store.away(false);

    await("the account is swept").atMost(SOON).until(() -> rig.ledger.spec(job).isEmpty());
    await("the pool's keys are swept").atMost(SOON).until(() -> rig.pools.assignment(rig.poolRef("tracks")).isEmpty());
    await("nothing is remembered any more").atMost(SOON).until(() -> remembered() == null);
  }

  @Test
  void aPoolThatWasMadeAgainMeanwhileKeepsItsKeys() {
    rig.createPool(POOL);
    rig.awaitPoolStatus("shared", status -> true);
    rig.store.away(true);
    client.resource(rig.pool("shared")).delete();
    await("it waits").during(Duration.ofSeconds(1)).atMost(SOON).until(() -> rig.pool("shared") != null);
    rig.later(PATIENCE);
    await("gone").atMost(SOON).until(() -> rig.pool("shared") == null);
    rig.createPool(POOL);
    rig.pools.assign(rig.poolRef("shared"), new Assignment(List.of(), Set.of("someone")));

    rig.store.away(false);

    await("nothing is remembered any more").atMost(SOON).until(() -> remembered() == null);
    assertThat(rig.pools.assignment(rig.poolRef("shared"))).isPresent();
  }

  private JobRef deletedWithoutBroker() {
    JobRef job = rig.create(TRACKS);
    rig.awaitPods(1);
    rig.queues.away(true);
    client.resource(rig.job(job)).delete();
    await("it waits").during(Duration.ofSeconds(1)).atMost(SOON).until(() -> rig.job(job) != null);
    return job;
  }

  private void awaitGone(JobRef job) {
    await("the job is gone").atMost(SOON).until(() -> rig.job(job) == null);
  }

  private ConfigMap remembered() {
    return client.configMaps().inNamespace(rig.namespace).withName(Leftovers.NAME).get();
  }

  private List<String> gaveWay(String name) {
    return client.v1().events().inNamespace(rig.namespace).list().getItems().stream()
        .filter(event -> "CleanupGaveWay".equals(event.getReason()) && name.equals(event.getInvolvedObject().getName()))
        .map(Event::getMessage).toList();
  }
}
