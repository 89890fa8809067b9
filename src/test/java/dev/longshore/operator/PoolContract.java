package dev.longshore.operator;

import static dev.longshore.operator.testing.OperatorRig.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.operator.testing.OperatorRig;
import dev.longshore.runtime.local.kube.CustomResourceInstaller;
import dev.longshore.runtime.local.kube.LocalKubernetes;
import dev.longshore.store.Heartbeat.State;
import dev.longshore.store.Ledger.TakeReply;
import dev.longshore.store.Pools.Assignment;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of a pool's workers, whoever serves the Kubernetes API; the test plays the workers and the kubelet. */
abstract class PoolContract {
  private static final AtomicInteger NAMESPACES = new AtomicInteger();
  /** As the issue demands of a change to a running job. */
  private static final Duration EFFECT = Duration.ofSeconds(2);
  private static final String NUMBERS = """
      apiVersion: longshore.dev/v1alpha1
      kind: BatchJob
      metadata: {name: numbers}
      spec:
        source: {items: [1, 2, 3, 4, 5]}
        processor: {noop: {}}
        failurePolicy: {maxCrashes: 2}
        workers: {minReplicas: 1, maxReplicas: 2}
      """;
  private static final IndexSet ALL = IndexSet.range(0, 4);

  static final String SHARED = """
      apiVersion: longshore.dev/v1alpha1
      kind: WorkerPool
      metadata: {name: shared}
      spec: {minReplicas: 1, maxReplicas: 10}
      """;

  KubernetesClient client;
  OperatorRig rig;

  abstract LocalKubernetes kubernetes();

  @BeforeEach
  void start() throws Exception {
    client = new KubernetesClientBuilder().withConfig(kubernetes().clientConfig()).build();
    new CustomResourceInstaller(client, PoolContract.class.getClassLoader()).install(client);
    rig = new OperatorRig(client, "pool-" + NAMESPACES.incrementAndGet());
  }

  @AfterEach
  void stop() {
    rig.close();
    client.close();
  }

  @Test
  void whatWasInsideACrashedWorkerIsSuspectedAndItsReplacementDoesNotWait() {
    JobRef job = readJob();
    Pod pod = worker();
    work(job, pod, IndexSet.range(1, 3));

    crash(pod, 42, "Error");

    Pod next = replaced(pod);
    TakeReply taken = rig.ledger.take(job, ALL, 1, name(next));
    assertThat(taken.yours()).as("all leases have ended").isEqualTo(ALL);
    assertThat(taken.suspects()).isEqualTo(IndexSet.range(1, 3));
    assertThat(lost()).singleElement().asString().contains(name(pod), "exit code 42", "3 items were inside");
    assertThat(rig.pool("numbers").getStatus().conditions()).as("an explained crash slows nothing down")
        .noneMatch(condition -> condition.getReason().equals("WorkersCrash"));
  }

  @Test
  void onlyACrashWhileAloneIsCharged() {
    JobRef job = readJob();
    Pod first = worker();
    work(job, first, IndexSet.of(2));
    crash(first, 137, "OOMKilled");
    Pod second = replaced(first);
    assertThat(rig.ledger.take(job, ALL, 1, name(second)).condemned().isEmpty()).as("one crash of two").isTrue();
    work(job, second, IndexSet.of(2));
    crash(second, 137, "OOMKilled");
    Pod third = replaced(second);
    assertThat(rig.ledger.take(job, ALL, 1, name(third)).condemned()).as("two crashes of two").isEqualTo(IndexSet.of(2));
    assertThat(lost()).hasSize(2).allSatisfy(message -> assertThat(message).contains("item 2 of numbers was alone", "signal 9"));
  }

  @ParameterizedTest
  @CsvSource(nullValues = "-", value = {"Evicted, -", "NodeLost, -", "-, PreemptionByScheduler", "-, DeletionByPodGC", "-, EvictionByEvictionAPI"})
  void aWorkerThatEndsOtherwiseMakesNobodySuspect(String reason, String disruption) {
    JobRef job = readJob();
    Pod evicted = worker();
    work(job, evicted, ALL);
    client.pods().inNamespace(rig.namespace).withName(name(evicted)).editStatus(current -> {
      current.getStatus().setPhase("Failed");
      current.getStatus().setReason(reason);
      if (disruption != null) {
        current.getStatus().setConditions(List.of(
            new PodConditionBuilder().withType("DisruptionTarget").withStatus("True").withReason(disruption).build()));
      }
      return current;
    });
    Pod next = replaced(evicted);
    TakeReply taken = rig.ledger.take(job, ALL, 1, name(next));
    assertThat(taken.yours()).as("its leases have ended").isEqualTo(ALL);
    assertThat(taken.suspects().isEmpty()).isTrue();
    assertThat(rig.reading(job).counts().failed()).as("no attempt is spent").isZero();
  }

  @Test
  void aPlaceWhoseWorkersCrashHoldsBackItselfAndNoOthers() {
    readJob();
    Pod pod = worker();
    for (int i = 0; i < 4; i++) {
      crash(pod, 1, "Error");
      await("its end is settled").atMost(SOON).until(() -> rig.pods().isEmpty());
      rig.later(Duration.ofSeconds(60));
      rig.awaitPods(1);
      pod = rig.pods().getFirst();
      run(pod);
    }
    crash(pod, 1, "Error");
    await("its end is settled").atMost(SOON).until(() -> rig.pods().isEmpty());
    rig.awaitPoolReason("numbers", "WorkersCrash");

    patch("{\"spec\": {\"workers\": {\"minReplicas\": 3, \"maxReplicas\": 3}}}");

    rig.awaitPods(2);
    rig.awaitPoolStatus("numbers", status -> status.replicas() == 2 && status.desired() == 3);
    rig.later(Duration.ofSeconds(60));
    rig.awaitPods(3);
  }

  @Test
  void aPoolWhoseNextWorkerFitsOnNoNodeAsksForNoMoreAndSaysSo() {
    JobRef job = readJob();
    worker();
    patch("{\"spec\": {\"workers\": {\"minReplicas\": 2, \"maxReplicas\": 6}}}");
    rig.awaitPods(2);
    Pod waiting = rig.pods().stream().filter(pod -> pod.getStatus().getPhase().equals("Pending")).findFirst().orElseThrow();
    status(waiting, new PodStatusBuilder().withPhase("Pending").addNewCondition().withType("PodScheduled").withStatus("False")
        .withReason("Unschedulable").withMessage("0/3 nodes are available: 3 Insufficient cpu.").endCondition().build());
    rig.awaitPoolReason("numbers", "Unschedulable");

    patch("{\"spec\": {\"workers\": {\"minReplicas\": 5}}}");

    rig.awaitPoolStatus("numbers", status -> status.desired() == 5 && status.limitedBy() != null);
    assertThat(rig.pool("numbers").getStatus().limitedBy().reason()).isEqualTo("Unschedulable");
    await("the job says so too").atMost(SOON).until(() -> rig.job(job).getStatus().limitedBy() != null
        && rig.job(job).getStatus().limitedBy().message().contains("3 Insufficient cpu."));
    assertThat(rig.pods()).as("no more are asked for").hasSize(2);
    run(waiting);
    rig.awaitPods(5);
  }

  @Test
  void anImageThatCannotBeHadIsToldInThePodsWords() {
    JobRef job = readJob();
    rig.awaitPods(1);
    status(rig.pods().getFirst(), new PodStatusBuilder().withPhase("Pending").addNewContainerStatus().withName("worker").withImage("i").withImageID("i")
        .withReady(false).withRestartCount(0).withNewState().withNewWaiting().withReason("ImagePullBackOff")
        .withMessage("Back-off pulling image example.org/none").endWaiting().endState().endContainerStatus().build());
    rig.awaitPoolReason("numbers", "ImagePull");
    assertThat(rig.pool("numbers").getStatus().conditions().getFirst().getMessage()).contains("Back-off pulling image example.org/none");
    await("the job says so too").atMost(SOON).until(() -> rig.job(job).getStatus().limitedBy() != null
        && rig.job(job).getStatus().limitedBy().message().contains("Back-off pulling image"));
  }

  @Test
  void aPoolsBudgetLetsOneWorkerGoAtATimeAndIsKept() {
    rig.createPool(SHARED.replace("minReplicas: 1", "minReplicas: 3"));
    rig.awaitPods(3);
    rig.pods().forEach(this::run);
    await("all but one must stay").atMost(SOON).until(this::available, left -> left == 2);
    PodDisruptionBudget budget = budget();
    assertThat(budget.getSpec().getUnhealthyPodEvictionPolicy()).isEqualTo("AlwaysAllow");
    assertThat(client.pods().inNamespace(rig.namespace).withLabelSelector(budget.getSpec().getSelector()).list().getItems()).hasSize(3);
    assertThat(budget.getMetadata().getOwnerReferences()).singleElement()
        .satisfies(owner -> assertThat(owner.getUid()).isEqualTo(rig.pool("shared").getMetadata().getUid()));

    client.resource(budget).delete();
    await("it is made again").atMost(SOON).until(this::available, left -> left == 2);

    client.resource(rig.pool("shared")).delete();
    rig.pods().forEach(pod -> client.resource(pod).withGracePeriod(0).delete());
    await("it goes with the pool").atMost(SOON).until(() -> rig.pool("shared") == null && budget() == null);
  }

  @Test
  void aPodLivesLongEnoughForTheLongestCallOfItsJob() {
    rig.create(NUMBERS.replace("processor: {noop: {}}", "processor: {noop: {}}\n  guard: {timeout: 2m, retries: 1}"));
    rig.awaitPods(1);
    assertThat(rig.pods().getFirst().getSpec().getTerminationGracePeriodSeconds()).isEqualTo(255);
  }

  @Test
  void aCrashIsSettledOnceThoughTheOperatorWasAwayWhenItHappened() {
    JobRef job = readJob();
    Pod pod = worker();
    work(job, pod, IndexSet.of(2));
    rig.stop();
    crash(pod, 1, "Error");
    rig.start();
    Pod next = replaced(pod);
    work(job, next, IndexSet.of(2));
    rig.stop();
    rig.start();
    assertThat(rig.ledger.take(job, ALL, 1, name(next)).condemned().isEmpty()).as("charged once").isTrue();
    assertThat(lost()).hasSize(1);
  }

  @Test
  void aStoreThatIsAwayHoldsTheEndBackUntilItIsThere() {
    JobRef job = readJob();
    Pod pod = worker();
    work(job, pod, ALL);
    rig.store.away(true);
    crash(pod, 1, "Error");
    rig.awaitPoolReason("numbers", "LedgerUnavailable");
    assertThat(rig.pods()).as("the pod stays, it is all that tells of the crash").extracting(PoolContract::name).containsExactly(name(pod));
    rig.store.away(false);
    Pod next = replaced(pod);
    assertThat(rig.ledger.take(job, ALL, 1, name(next)).suspects()).isEqualTo(ALL);
  }

  @Test
  void crashesThatNothingExplainsComeSlower() {
    readJob();
    Pod first = worker();
    crash(first, 1, "Error");
    Pod second = replaced(first);
    crash(second, 1, "Error");
    rig.awaitPoolReason("numbers", "WorkersCrash");
    assertThat(lost()).hasSize(2).allSatisfy(message -> assertThat(message).contains("nothing was inside"));
  }

  @Test
  void aPausedJobIsToldAsSuchAndNeedsNobody() {
    JobRef job = rig.create(NUMBERS.replace("workers:", "suspend: true\n  workers:").replace("minReplicas: 1", "minReplicas: 0"));
    await("told").atMost(SOON).until(() -> assignment().filter(told -> told.jobs().contains(job) && told.paused().equals(Set.of(job))).isPresent());
    assertThat(rig.pods()).isEmpty();

    patch("{\"spec\": {\"suspend\": false}}");

    await("resumed").atMost(SOON).until(() -> assignment().orElseThrow().paused().isEmpty());
    rig.awaitPods(1);
  }

  @Test
  void aHigherBoundTakesEffectOnARunningJobWithinTwoSeconds() {
    readJob();
    worker();
    patch("{\"spec\": {\"workers\": {\"minReplicas\": 3, \"maxReplicas\": 4}}}");
    await("up").atMost(EFFECT).until(() -> rig.pods().size() == 3);
    rig.pods().stream().filter(pod -> pod.getStatus().getPhase().equals("Pending")).forEach(pod -> rig.podPhase(pod, "Running"));
    rig.pods().forEach(pod -> rig.beat(pod, State.READY));

    patch("{\"spec\": {\"workers\": {\"minReplicas\": 1, \"maxReplicas\": 1}}}");

    await("down, by draining").atMost(EFFECT).until(() -> assignment().orElseThrow().draining().size() == 2);
    assertThat(rig.pods()).hasSize(3);
  }

  @Test
  void aDrainThatOutlastsItsLimitIsCutShortBeforeItsPodGoes() {
    Pod pod = drainingWorker();
    rig.later(Duration.ofSeconds(61));
    await("told").atMost(SOON).until(() -> rig.assignment("shared").overdue().equals(Set.of(name(pod))));
    rig.beat(pod, State.DRAINING);
    assertThat(rig.pods()).as("it has time to hand on what it has").hasSize(1);
    rig.beat(pod, State.DRAINED);
    rig.awaitPods(0);
  }

  @Test
  void aWorkerThatDoesNotHearThatItsDrainIsCutShortGoesAllTheSame() {
    Pod pod = drainingWorker();
    rig.later(Duration.ofSeconds(61));
    await("told").atMost(SOON).until(() -> rig.assignment("shared").overdue().equals(Set.of(name(pod))));
    rig.later(Duration.ofSeconds(10));
    rig.awaitPods(0);
  }

  private Pod drainingWorker() {
    rig.createPool(SHARED.replace("maxReplicas: 10", "maxReplicas: 10, drainTimeoutSeconds: 60"));
    Pod pod = worker();
    client.resources(WorkerPool.class).inNamespace(rig.namespace).withName("shared")
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\": {\"replicas\": 0}}");
    await("told to drain").atMost(SOON).until(() -> rig.assignment("shared").draining().contains(name(pod)));
    rig.beat(pod, State.DRAINING);
    assertThat(rig.assignment("shared").overdue()).isEmpty();
    return pod;
  }

  @Test
  void aNewTemplateIsRolledOutOneByOneAndOnlyWhileNewWorkersWork() {
    readJob();
    patch("{\"spec\": {\"workers\": {\"minReplicas\": 2}}}");
    rig.awaitPods(2);
    Set<String> old = rig.pods().stream().map(PoolContract::name).collect(Collectors.toSet());
    rig.pods().forEach(this::run);

    patch("{\"spec\": {\"workers\": {\"template\": {\"spec\": {\"containers\": [{\"name\": \"worker\", \"image\": \"example.org/broken:2\"}]}}}}}");
    rig.awaitPods(3);
    Pod broken = other(old);
    assertThat(broken.getSpec().getContainers().getFirst().getImage()).isEqualTo("example.org/broken:2");
    rig.awaitPoolStatus("numbers", status -> status.replicas() == 3);
    assertThat(assignment().orElseThrow().draining()).as("the old ones work on while the new one does not").isEmpty();

    patch("{\"spec\": {\"workers\": {\"template\": {\"spec\": {\"containers\": [{\"name\": \"worker\", \"image\": \"example.org/whole:3\"}]}}}}}");
    await("the broken one goes").atMost(SOON).until(rig::pods, pods -> pods.size() == 3
        && pods.stream().noneMatch(pod -> name(pod).equals(name(broken))));
    for (int left = 2; left > 0; left--) {
      Pod fresh = rig.pods().stream().filter(pod -> pod.getStatus().getPhase().equals("Pending")).findFirst().orElseThrow();
      run(fresh);
      int drainedBefore = 2 - left;
      await("one old worker drains").atMost(SOON).until(() -> assignment().orElseThrow().draining().size() == 1);
      String victim = assignment().orElseThrow().draining().iterator().next();
      assertThat(old).contains(victim);
      rig.pods().stream().filter(pod -> name(pod).equals(victim)).forEach(pod -> rig.beat(pod, State.DRAINED));
      await("it goes").atMost(SOON).until(() -> rig.pods().stream().noneMatch(pod -> name(pod).equals(victim)));
      rig.awaitPods(drainedBefore == 0 ? 3 : 2);
    }
    assertThat(rig.pods()).hasSize(2).noneMatch(pod -> old.contains(name(pod)));
  }

  // -- the parts of a test -------------------------------------------------------------------------------------------------------

  /** A job whose source has been read, so that its items are all that is left. */
  private JobRef readJob() {
    JobRef job = rig.create(NUMBERS);
    rig.awaitPhase(job, "Intake");
    rig.intake(job, ALL.size());
    rig.awaitPhase(job, "Running");
    return job;
  }

  private Pod worker() {
    rig.awaitPods(1);
    Pod pod = rig.pods().getFirst();
    run(pod);
    return pod;
  }

  void run(Pod pod) {
    rig.podPhase(pod, "Running");
    rig.beat(pod, State.READY);
  }

  private void work(JobRef job, Pod pod, IndexSet inside) {
    rig.ledger.beat(List.of(job), name(pod));
    rig.ledger.take(job, ALL, 1, name(pod));
    rig.ledger.enter(job, name(pod), inside);
  }

  private void crash(Pod pod, int exitCode, String reason) {
    client.pods().inNamespace(rig.namespace).withName(name(pod)).editStatus(current -> {
      current.setStatus(new PodStatusBuilder().withPhase("Failed").addNewContainerStatus().withName("worker").withImage("i").withImageID("i")
          .withReady(false).withRestartCount(0).withNewState().withNewTerminated().withExitCode(exitCode).withReason(reason).endTerminated().endState()
          .endContainerStatus().build());
      return current;
    });
  }

  private void status(Pod pod, PodStatus status) {
    client.pods().inNamespace(rig.namespace).withName(name(pod)).editStatus(current -> {
      current.setStatus(status);
      return current;
    });
  }

  private PodDisruptionBudget budget() {
    return client.policy().v1().podDisruptionBudget().inNamespace(rig.namespace).withName("shared").get();
  }

  private int available() {
    return budget() == null ? -1 : budget().getSpec().getMinAvailable().getIntVal();
  }

  private Pod replaced(Pod gone) {
    Pod next = await(name(gone) + " is replaced").atMost(SOON).until(rig::pods, pods -> pods.size() == 1 && !name(pods.getFirst()).equals(name(gone)))
        .getFirst();
    run(next);
    return next;
  }

  private Pod other(Set<String> known) {
    return rig.pods().stream().filter(pod -> !known.contains(name(pod))).findFirst().orElseThrow();
  }

  private void patch(String json) {
    client.resources(BatchJob.class).inNamespace(rig.namespace).withName("numbers")
        .patch(PatchContext.of(PatchType.JSON_MERGE), json);
  }

  private Optional<Assignment> assignment() {
    return rig.pools.assignment(rig.poolRef("numbers"));
  }

  private List<String> lost() {
    return client.v1().events().inNamespace(rig.namespace).list().getItems().stream().filter(event -> event.getReason().equals("WorkerLost"))
        .map(Event::getMessage).toList();
  }

  private static String name(Pod pod) {
    return pod.getMetadata().getName();
  }
}
