package dev.longshore.operator;

import static dev.longshore.operator.testing.OperatorRig.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.queue.Message;
import dev.longshore.store.Heartbeat.State;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What the operator does, whoever serves the Kubernetes API; the test plays the workers. */
abstract class OperatorContract extends OperatorScene {
  @Test
  void aJobGetsWhatItNeedsRunsAndEndsOnTheLedgersWord() {
    JobRef job = rig.create(TRACKS);
    rig.awaitPhase(job, "Intake");
    rig.awaitPods(1);
    Pod pod = rig.pods().getFirst();
    assertThat(rig.queues.has(job)).isTrue();
    assertThat(rig.queues.feeds(job)).containsExactly(new Message.Feed(1, 1, Message.Target.SOURCE));
    assertThat(rig.ledger.inline(job)).hasValueSatisfying(bytes -> assertThat(new String(bytes)).isEqualTo("[1,2,3]"));
    await().atMost(SOON).until(() -> rig.pools.assignment(rig.poolRef("tracks")).orElseThrow().jobs().equals(List.of(job)));
    assertThat(pod.getMetadata().getLabels()).containsEntry("longshore.dev/job", "tracks");
    assertThat(pod.getSpec().getVolumes()).as("its pool allows its processor only, noop, which runs no code of others").isEmpty();

    rig.podPhase(pod, "Running");
    rig.beat(pod, State.READY);
    rig.intake(job, 3);
    rig.awaitPhase(job, "Running");
    rig.succeed(job, IndexSet.range(0, 2));
    rig.awaitPhase(job, "Complete");

    BatchJob done = rig.job(job);
    assertThat(rig.isTrue(job, "SuccessCriteriaMet")).isTrue();
    assertThat(rig.isTrue(job, "Complete")).isTrue();
    assertThat(done.getStatus().progress()).isEqualTo("3/3");
    assertThat(done.getStatus().percentComplete()).isEqualTo(100);
    assertThat(done.getStatus().items().succeeded()).isEqualTo(3);
    assertThat(rig.ledger.read(List.of(job)).get(job).ended()).isEqualTo("Complete");
    await().atMost(SOON).until(() -> reasons(job).containsAll(List.of("Started", "IntakeComplete", "SuccessCriteriaMet", "Completed")));

    await("drain").atMost(SOON).until(() -> rig.pools.assignment(rig.poolRef("tracks")).orElseThrow().draining()
        .contains(pod.getMetadata().getName()));
    assertThat(rig.pods()).hasSize(1);
    rig.beat(pod, State.DRAINED);
    rig.awaitPods(0);
    await("queues go").atMost(SOON).until(() -> !rig.queues.has(job));
    await().atMost(SOON).until(() -> rig.job(job).getStatus().queue() == null);
  }

  @Test
  void aJobThatCannotBeDoneFailsAndNamesTheField() {
    JobRef job = rig.create(TRACKS.replace("noop: {}", "exec: {command: [/bin/true]}"));
    rig.awaitPhase(job, "Failed");
    rig.awaitReason(job, "Failed", "InvalidProcessor");
    assertThat(rig.isTrue(job, "FailureTarget")).isTrue();
    assertThat(rig.job(job).getStatus().conditions()).filteredOn(condition -> condition.getType().equals("Failed")).first()
        .satisfies(condition -> assertThat(condition.getMessage()).contains("spec.processor.exec"));
    assertThat(rig.pods()).isEmpty();
  }

  @Test
  void aMissingConfigMapIsWaitedFor() {
    JobRef job = rig.create(TRACKS.replace("items: [1, 2, 3]", "configMap: {name: ids, key: ids.txt}"));
    rig.awaitReason(job, "Progressing", "ConfigMapNotFound");
    client.resource(new ConfigMapBuilder().withNewMetadata().withName("ids").withNamespace(rig.namespace).endMetadata()
        .addToData("ids.txt", "a\nb\n").build()).create();
    rig.awaitPhase(job, "Intake");
    assertThat(new String(rig.ledger.inline(job).orElseThrow())).isEqualTo("a\nb\n");
  }

  @Test
  void aTemplateThatAsksForAnothersRightsGetsNoPod() {
    JobRef job = rig.create(TRACKS.replace("maxReplicas: 2", "template: {spec: {serviceAccountName: admin}}"));
    rig.awaitReason(job, "Progressing", "InvalidTemplate");
    assertThat(rig.pods()).isEmpty();
  }

  @Test
  void whatALedgerSaysIsFatalFailsTheJob() {
    JobRef job = rig.create(TRACKS);
    rig.awaitPhase(job, "Intake");
    rig.ledger.fail(job, "SourceChanged", "the file is another one");
    rig.awaitReason(job, "Failed", "SourceChanged");
    assertThat(rig.ledger.read(List.of(job)).get(job).ended()).isEqualTo("Failed");
    assertThat(rig.queues.has(job)).isTrue();
  }

  @Test
  void aDeletedJobLeavesNothingBehindAlsoWhenTheBrokerIsAwayAtFirst() {
    JobRef job = rig.create(TRACKS);
    rig.awaitPods(1);
    rig.queues.away(true);
    client.resource(rig.job(job)).delete();
    await().during(Duration.ofMillis(500)).atMost(SOON).until(() -> rig.job(job) != null);
    rig.queues.away(false);
    await("gone").atMost(SOON).until(() -> rig.job(job) == null);
    assertThat(rig.queues.has(job)).isFalse();
    assertThat(rig.ledger.spec(job)).isEmpty();
    assertThat(rig.pods()).isEmpty();
    assertThat(rig.pool("tracks")).isNull();
    assertThat(rig.pools.assignment(rig.poolRef("tracks"))).isEmpty();
  }

  @Test
  void whileTheLedgerIsAwayNothingFalls() {
    JobRef job = rig.create(TRACKS);
    rig.awaitPods(1);
    Pod pod = rig.pods().getFirst();
    rig.podPhase(pod, "Running");
    rig.beat(pod, State.READY);
    rig.intake(job, 3);
    rig.awaitPhase(job, "Running");

    rig.store.away(true);
    rig.awaitReason(job, "MetricsStale", "LedgerUnavailable");
    assertThat(rig.operator().health().up()).isFalse();
    rig.later(Duration.ofMinutes(5));
    await().during(Duration.ofSeconds(2)).atMost(SOON).until(() -> rig.pods().size() == 1);

    rig.store.away(false);
    await("counts again").atMost(SOON).until(() -> !rig.isTrue(job, "MetricsStale"));
    rig.succeed(job, IndexSet.range(0, 2));
    rig.awaitPhase(job, "Complete");
  }

  @Test
  void aCrashedWorkerIsReplacedAndItsLeasesEnd() {
    JobRef job = rig.create(TRACKS);
    rig.awaitPods(1);
    Pod pod = rig.pods().getFirst();
    rig.intake(job, 3);
    rig.ledger.take(job, IndexSet.range(0, 1), 1, pod.getMetadata().getName());
    rig.podPhase(pod, "Failed");
    await("another pod").atMost(SOON).until(() -> rig.pods().size() == 1
        && !rig.pods().getFirst().getMetadata().getName().equals(pod.getMetadata().getName()));
    assertThat(rig.ledger.take(job, IndexSet.range(0, 1), 1, "next").yours()).isEqualTo(IndexSet.range(0, 1));
  }

  @Test
  void anOperatorThatStartsAgainTakesNoWorkerAway() {
    JobRef job = rig.create(TRACKS);
    rig.awaitPods(1);
    String pod = rig.pods().getFirst().getMetadata().getName();
    rig.intake(job, 3);
    rig.awaitPhase(job, "Running");
    rig.stop();
    rig.start();
    await().during(Duration.ofSeconds(2)).atMost(SOON)
        .until(() -> rig.pods().size() == 1 && rig.pods().getFirst().getMetadata().getName().equals(pod));
    assertThat(rig.queues.feeds(job)).hasSize(1);
    rig.succeed(job, IndexSet.range(0, 2));
    rig.awaitPhase(job, "Complete");
  }

  @Test
  void theElectedOperatorWorksAndStopsInPeace() throws Exception {
    rig.stop();
    AtomicInteger lost = new AtomicInteger();
    rig.start(true, lost::incrementAndGet);
    JobRef job = rig.create(TRACKS);
    rig.awaitPhase(job, "Intake");
    assertThat(client.leases().inNamespace(rig.namespace).list().getItems()).singleElement()
        .satisfies(lease -> assertThat(lease.getSpec().getHolderIdentity()).isEqualTo("test"));
    rig.stop();
    assertThat(lost).hasValue(0);
    rig.start();
  }

  @Test
  void aFeedThatIsLostIsPublishedAgainUnderANewEpoch() {
    JobRef job = rig.create(TRACKS);
    rig.awaitPhase(job, "Intake");
    await("second feed").atMost(SOON).until(() -> {
      // The ledger's time goes on only as far as it can be sure of, about a second between two reads.
      rig.later(Duration.ofSeconds(1));
      rig.ledger.read(List.of(job));
      return rig.queues.feeds(job).contains(new Message.Feed(1, 2, Message.Target.SOURCE));
    });
  }

  @Test
  void aLostAccountIsOpenedAgainAndFedFromTheStart() {
    JobRef job = rig.create(TRACKS);
    rig.awaitPhase(job, "Intake");
    rig.ledger.delete(job);
    await("second feed").atMost(SOON).until(() -> rig.queues.feeds(job).size() == 2 && rig.ledger.spec(job).isPresent());
    await().atMost(SOON).until(() -> reasons(job).contains("LedgerLost"));
  }

  @Test
  void aStoreThatIsSetUpWrongIsSaidAndNothingIsBegunUntilItIsSetRight() {
    JobRef begun = rig.create(TRACKS);
    rig.awaitPhase(begun, "Intake");
    rig.store.refuse(true);
    rig.awaitReason(begun, "Progressing", "LedgerRefused");
    JobRef waits = rig.create(TRACKS.replace("tracks", "waits"));
    rig.awaitReason(waits, "Progressing", "LedgerRefused");
    assertThat(rig.ledger.spec(waits)).isEmpty();

    rig.store.refuse(false);
    rig.awaitPhase(waits, "Intake");
    rig.awaitReason(begun, "Progressing", "ReadingSource");
  }

  @Test
  void aBrokerThatTakesNoMessagesIsSaidAndCancelAndDeleteGoOn() {
    rig.queues.blocked(true);
    JobRef job = rig.create(TRACKS);
    rig.awaitReason(job, "Progressing", "BrokerBlocked");
    rig.patch(job, "{\"cancel\": true}");
    rig.awaitPhase(job, "Cancelled");
    client.resource(rig.job(job)).delete();
    await().atMost(SOON).until(() -> rig.job(job) == null);

    JobRef waits = rig.create(TRACKS.replace("tracks", "waits"));
    rig.awaitReason(waits, "Progressing", "BrokerBlocked");
    rig.queues.blocked(false);
    rig.awaitPhase(waits, "Intake");
  }

  @Test
  void aSharedPoolThatIsMissingIsWaitedForAndThenWorks() {
    JobRef job = rig.create(TRACKS.replace("workers: {maxReplicas: 2}", "poolRef: {name: shared}"));
    rig.awaitReason(job, "Progressing", "PoolNotFound");
    rig.createPool("""
        apiVersion: longshore.dev/v1alpha1
        kind: WorkerPool
        metadata: {name: shared}
        spec: {minReplicas: 2, maxReplicas: 4}
        """);
    rig.awaitPods(2);
    rig.awaitPhase(job, "Intake");
    assertThat(rig.pods().getFirst().getMetadata().getLabels()).doesNotContainKey("longshore.dev/job");
    await().atMost(SOON).until(() -> rig.pool("shared").getStatus() != null && rig.pool("shared").getStatus().desired() == 2);
  }

  @Test
  void aPinnedPoolHasThatManyWorkersAndItsSpecStaysAsItIs() {
    JobRef job = rig.create(TRACKS);
    rig.awaitPods(1);
    client.resources(WorkerPool.class).inNamespace(rig.namespace).withName("tracks")
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\": {\"replicas\": 3}}");
    rig.awaitPods(3);
    assertThat(rig.pool("tracks").getSpec().replicas()).isEqualTo(3);
    assertThat(rig.job(job)).isNotNull();
  }
}
