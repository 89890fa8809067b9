package dev.longshore.operator;

import static dev.longshore.operator.testing.OperatorRig.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.JobRef;
import dev.longshore.operator.reconciler.batchjob.BatchJobReconciler;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A job that names another controller is that one's; one that names this operator is as any other. */
abstract class ManagedByContract extends OperatorScene {
  private static final String SHARED = """
      apiVersion: longshore.dev/v1alpha1
      kind: WorkerPool
      metadata: {name: shared}
      spec: {maxReplicas: 2}
      """;
  private static final String OTHERS = TRACKS + "  managedBy: example.org/dispatcher\n";

  @Test
  void aJobOfAnotherControllerIsLeftAlone() {
    rig.createPool(SHARED);
    JobRef own = rig.create(OTHERS);
    JobRef shared = rig.create(OTHERS.replace("name: tracks", "name: albums").replace("workers: {maxReplicas: 2}", "poolRef: {name: shared}"));
    JobRef ours = rig.create(TRACKS.replace("name: tracks", "name: ours").replace("workers: {maxReplicas: 2}", "poolRef: {name: shared}"));
    rig.awaitPhase(ours, "Intake");
    await("the pool works on its own job").atMost(SOON).until(() -> rig.pools.assignment(rig.poolRef("shared"))
        .filter(assignment -> !assignment.jobs().isEmpty()).isPresent());
    assertThat(rig.assignment("shared").jobs()).containsExactly(ours);
    await("nothing is done to the others").during(Duration.ofSeconds(2)).atMost(SOON).until(() -> untouched(own) && untouched(shared));
    assertThat(rig.pool("tracks")).isNull();
    assertThat(rig.ledger.spec(own)).isEmpty();
    assertThat(rig.queues.has(own)).isFalse();
    assertThat(reasons(own)).isEmpty();
  }

  @Test
  void itIsDeletedWithoutThisOperatorsDoing() {
    JobRef job = rig.create(OTHERS);
    rig.queues.away(true);
    rig.store.away(true);
    client.resource(rig.job(job)).delete();
    await("gone").atMost(SOON).until(() -> rig.job(job) == null);
  }

  @Test
  void thisOperatorsFinalizerDoesNotKeepIt() {
    JobRef job = rig.create(OTHERS.replace("metadata: {name: tracks}",
        "metadata: {name: tracks, finalizers: [" + BatchJobReconciler.FINALIZER + "]}"));
    client.resource(rig.job(job)).delete();
    await("gone").atMost(SOON).until(() -> rig.job(job) == null);
  }

  @Test
  void aJobThatNamesThisOperatorRuns() {
    JobRef job = rig.create(TRACKS + "  managedBy: longshore.dev/operator\n");
    rig.awaitPhase(job, "Intake");
    assertThat(rig.job(job).getMetadata().getFinalizers()).contains(BatchJobReconciler.FINALIZER);
  }

  private boolean untouched(JobRef job) {
    return rig.job(job).getStatus() == null && rig.job(job).getMetadata().getFinalizers().isEmpty();
  }
}
