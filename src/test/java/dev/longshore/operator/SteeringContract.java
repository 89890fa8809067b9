package dev.longshore.operator;

import static dev.longshore.operator.testing.OperatorRig.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.api.v1alpha1.BatchJobStatus;
import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemCounts;
import dev.longshore.job.JobRef;
import dev.longshore.queue.Message;
import dev.longshore.queue.Message.Target;
import dev.longshore.store.Heartbeat.State;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.Collections;
import org.junit.jupiter.api.Test;

/** How jobs are suspended, cancelled, ended early, redriven, audited, healed and removed, whoever serves the Kubernetes API. */
abstract class SteeringContract extends OperatorScene {
  private static final String FAILING = TRACKS + "  failurePolicy: {maxFailed: 1}\n";

  // -- suspend -------------------------------------------------------------------------------------------------------------------

  @Test
  void aSuspendedJobStartsNothingAndGoesOnWhenItIsResumed() {
    JobRef job = running(TRACKS, 3);
    rig.patch(job, "{\"suspend\": true}");
    rig.awaitPhase(job, "Suspended");
    assertThat(rig.isTrue(job, "Suspended")).isTrue();
    assertThat(rig.reading(job).steering().suspended()).isTrue();
    await("the workers are told").atMost(SOON).until(() -> rig.assignment("tracks").paused().contains(job));
    assertThat(rig.assignment("tracks").jobs()).containsExactly(job);

    rig.patch(job, "{\"suspend\": null}");
    rig.awaitPhase(job, "Running");
    assertThat(rig.isTrue(job, "Suspended")).isFalse();
    assertThat(rig.reading(job).steering().suspended()).isFalse();
    await("the workers are told").atMost(SOON).until(() -> rig.assignment("tracks").paused().isEmpty());
    rig.succeed(job, IndexSet.range(0, 2));
    rig.awaitPhase(job, "Complete");
    assertEvents(job, "Started", "IntakeComplete", "Suspended", "Resumed", "SuccessCriteriaMet", "Completed");
  }

  @Test
  void aJobThatIsCreatedSuspendedBeginsWhenItIsResumed() {
    JobRef job = rig.create(TRACKS + "  suspend: true\n");
    rig.awaitPhase(job, "Suspended");
    await().during(Duration.ofMillis(1_500)).atMost(SOON).until(() -> rig.pods().isEmpty());
    rig.patch(job, "{\"suspend\": false}");
    rig.awaitPhase(job, "Intake");
    rig.awaitPods(1);
    assertThat(rig.queues.feeds(job)).containsExactly(new Message.Feed(1, 1, Target.SOURCE));
  }

  @Test
  void aFeedThatStandsStillBecauseItsJobIsSuspendedIsNotLost() {
    JobRef job = rig.create(TRACKS);
    rig.awaitPhase(job, "Intake");
    rig.patch(job, "{\"suspend\": true}");
    rig.awaitPhase(job, "Suspended");
    for (int second = 0; second < 20; second++) {
      rig.later(Duration.ofSeconds(1));
      rig.reading(job);
    }
    await().during(Duration.ofSeconds(4)).atMost(SOON).until(() -> rig.queues.feeds(job).size() == 1);
  }

  // -- cancel --------------------------------------------------------------------------------------------------------------------

  @Test
  void aCancelledJobEndsWhenItsWorkersHaveLeftAndCountsEachItem() {
    JobRef job = running(TRACKS, 5);
    rig.succeed(job, IndexSet.range(0, 0));
    rig.ledger.take(job, IndexSet.range(1, 2), 1, "slow");
    rig.patch(job, "{\"cancel\": true}");
    await("the workers are told").atMost(SOON).until(() -> rig.assignment("tracks").ending().contains(job));
    await("what nobody works on is cancelled").atMost(SOON).until(() -> rig.reading(job).counts().cancelled() == 2);
    assertThat(rig.isTrue(job, "FailureTarget")).isTrue();
    assertThat(rig.job(job).getStatus().phase()).isNotEqualTo("Cancelled");

    rig.ledger.release(job, IndexSet.range(1, 2), 1, "slow");
    rig.awaitPhase(job, "Cancelled");
    rig.awaitReason(job, "Failed", "Cancelled");
    BatchJobStatus.Items items = rig.job(job).getStatus().items();
    assertThat(items.succeeded()).isEqualTo(1);
    assertThat(items.cancelled()).isEqualTo(4);
    assertThat(items.pending() + items.inFlight() + items.retrying()).isZero();
    assertThat(rig.queues.isPurged(job)).isTrue();
    assertThat(rig.reading(job).ended()).isEqualTo("Cancelled");
    rig.later(Duration.ofSeconds(10));
    rig.patch(job, "{\"redrive\": {\"request\": \"again\", \"all\": true}}");
    await("the echo").atMost(SOON).until(() -> echo(job, "again", 0));
    assertThat(rig.job(job).getStatus().phase()).isEqualTo("Cancelled");
    assertEvents(job, "Started", "IntakeComplete", "FailureTarget", "Cancelled", "RedriveRefused");
  }

  @Test
  void aJobThatIsCancelledWhileItsSourceIsReadOrSuspendedEndsToo() {
    JobRef job = rig.create(TRACKS + "  suspend: true\n");
    rig.awaitPhase(job, "Suspended");
    rig.ledger.beginIntake(job, 1, "reader").orElseThrow();
    rig.ledger.announce(job, 1, 2);
    rig.patch(job, "{\"cancel\": true}");
    rig.awaitPhase(job, "Cancelled");
    assertThat(rig.job(job).getStatus().items().cancelled()).isEqualTo(2);
    assertThat(rig.ledger.announce(job, 1, 3)).isFalse();
    assertThat(rig.isTrue(job, "Suspended")).isFalse();
  }

  @Test
  void aJobThatIsCancelledBeforeItBeginsMakesNothing() {
    JobRef job = rig.create(TRACKS + "  cancel: true\n");
    rig.awaitPhase(job, "Cancelled");
    assertThat(rig.queues.has(job)).isFalse();
    assertThat(rig.pods()).isEmpty();
    assertThat(rig.pool("tracks")).isNull();
  }

  @Test
  void aCancelGoesOnWhenBrokerAndLedgerAreBack() {
    JobRef job = running(TRACKS, 3);
    rig.queues.away(true);
    rig.store.away(true);
    rig.patch(job, "{\"cancel\": true}");
    rig.awaitReason(job, "Progressing", "LedgerUnavailable");
    rig.store.away(false);
    rig.awaitReason(job, "Progressing", "BrokerUnavailable");
    rig.queues.away(false);
    rig.awaitPhase(job, "Cancelled");
    assertThat(rig.job(job).getStatus().items().cancelled()).isEqualTo(3);
  }

  // -- an early end --------------------------------------------------------------------------------------------------------------

  @Test
  void theDeadlineEndsARunAndSuspendedTimeDoesNotCount() {
    JobRef job = running(TRACKS + "  activeDeadlineSeconds: 600\n", 3);
    rig.patch(job, "{\"suspend\": true}");
    rig.awaitPhase(job, "Suspended");
    rig.later(Duration.ofHours(1));
    rig.patch(job, "{\"suspend\": false}");
    rig.awaitPhase(job, "Running");
    await().during(Duration.ofMillis(1_500)).atMost(SOON).until(() -> rig.job(job).getStatus().phase().equals("Running"));
    rig.later(Duration.ofSeconds(601));
    rig.awaitReason(job, "Failed", "DeadlineExceeded");
    assertThat(rig.isTrue(job, "FailureTarget")).isTrue();
    assertThat(rig.reading(job).ended()).isEqualTo("Failed");
    assertThat(reasons(job)).containsOnlyOnce("Started", "Suspended", "Resumed", "DeadlineExceeded");
  }

  @Test
  void theFirstFailureEndsAJobThatFailsFastOnceItsWorkersHaveLeft() {
    JobRef job = running(TRACKS + "  failurePolicy: {mode: FailFast}\n", 5);
    rig.ledger.take(job, IndexSet.range(3, 4), 1, "slow");
    rig.fail(job, 1, "no such track");
    rig.awaitReason(job, "FailureTarget", "FailFast");
    await("the workers are told").atMost(SOON).until(() -> rig.assignment("tracks").ending().contains(job));
    assertThat(rig.job(job).getStatus().phase()).isEqualTo("Running");
    rig.ledger.release(job, IndexSet.range(3, 4), 1, "slow");
    rig.awaitReason(job, "Failed", "FailFast");
    ItemCounts counts = rig.reading(job).counts();
    assertThat(counts.balanced()).isTrue();
    assertThat(counts.pending()).isEqualTo(4);
    assertThat(rig.queues.isPurged(job)).isTrue();
    assertEvents(job, "Started", "IntakeComplete", "FailureTarget", "FailFast");
  }

  @Test
  void aWorkerThatIsNotHeardOfDoesNotHoldAnEarlyEndUp() {
    JobRef job = running(TRACKS + "  failurePolicy: {mode: FailFast}\n", 5);
    rig.ledger.take(job, IndexSet.range(3, 4), 1, "gone");
    rig.fail(job, 1, "no such track");
    rig.awaitReason(job, "FailureTarget", "FailFast");
    rig.later(Duration.ofSeconds(11));
    rig.awaitPhase(job, "Failed");
  }

  @Test
  void aFailurePolicyThatIsSetWhileTheJobRunsHoldsAtOnce() {
    JobRef job = running(TRACKS, 5);
    rig.fail(job, 0, "no such track");
    rig.fail(job, 1, "no such track");
    await().atMost(SOON).until(() -> rig.job(job).getStatus().items().failed() == 2);
    rig.patch(job, "{\"failurePolicy\": {\"maxFailed\": 1}}");
    await("within 2 s").atMost(Duration.ofSeconds(2)).until(() -> rig.isTrue(job, "FailureTarget"));
    rig.awaitReason(job, "Failed", "TooManyFailed");
  }

  @Test
  void moreFailedItemsThanAllowedFailAJobAlsoWhenAllItemsAreFinal() {
    JobRef job = running(TRACKS + "  failurePolicy: {maxFailed: 50%}\n", 3);
    rig.fail(job, 0, "no such track");
    rig.fail(job, 1, "no such track");
    rig.succeed(job, IndexSet.range(2, 2));
    rig.awaitReason(job, "Failed", "TooManyFailed");
    assertThat(rig.isTrue(job, "SuccessCriteriaMet")).isFalse();
  }

  // -- redrive -------------------------------------------------------------------------------------------------------------------

  @Test
  void aRedriveOpensACompleteJobAgainForItsNextRun() {
    JobRef job = running(TRACKS, 3);
    rig.succeed(job, IndexSet.range(0, 1));
    rig.fail(job, 2, "no such track");
    rig.awaitPhase(job, "Complete");
    String completed = rig.job(job).getStatus().completionTime();
    rig.patch(job, "{\"redrive\": {\"request\": \"monday\", \"all\": true}}");
    await("run 2").atMost(SOON).until(() -> rig.job(job).getStatus().run() == 2);
    rig.awaitPhase(job, "Running");
    for (String condition : new String[] {"Complete", "SuccessCriteriaMet"}) {
      assertThat(rig.isTrue(job, condition)).isFalse();
      rig.awaitReason(job, condition, "Redriven");
    }
    assertThat(rig.job(job).getStatus().completionTime()).isNull();
    assertThat(completed).isNotNull();
    assertThat(echo(job, "monday", 1)).isTrue();
    assertThat(rig.queues.feeds(job).getLast()).isInstanceOfSatisfying(Message.Feed.class, feed -> {
      assertThat(feed.run()).isEqualTo(2);
      assertThat(feed.target()).isEqualTo(Target.GAPS);
      assertThat(rig.ledger.gaps(job, feed.epoch(), 0, 10)).contains(IndexSet.range(2, 2));
    });
    await("it is its pool's again").atMost(SOON).until(() -> rig.assignment("tracks").jobs().contains(job));

    rig.succeed(job, IndexSet.range(2, 2));
    rig.awaitPhase(job, "Complete");
    assertThat(rig.job(job).getStatus().run()).isEqualTo(2);
    assertThat(rig.job(job).getStatus().items().succeeded()).isEqualTo(3);
    assertThat(rig.job(job).getStatus().failedIndexes()).isNull();
    assertEvents(job, "Started", "IntakeComplete", "SuccessCriteriaMet", "Completed", "Redriven", "SuccessCriteriaMet", "Completed");
  }

  @Test
  void aRedriveThatFindsNothingMakesNoQueueAgain() {
    JobRef job = running(TRACKS, 3);
    rig.succeed(job, IndexSet.range(0, 2));
    rig.awaitPhase(job, "Complete");
    rig.later(Duration.ofSeconds(10));
    await("the queues go").atMost(SOON).until(() -> !rig.queues.has(job));

    rig.patch(job, "{\"redrive\": {\"request\": \"monday\", \"all\": true}}");
    await("the echo").atMost(SOON).until(() -> echo(job, "monday", 0));
    assertThat(rig.job(job).getStatus().phase()).isEqualTo("Complete");
    assertThat(rig.queues.has(job)).isFalse();
  }

  @Test
  void aRedriveOpensAFailedJobAgainWithAllThatWasLeft() {
    JobRef job = running(FAILING, 5);
    rig.fail(job, 0, "no such track");
    rig.fail(job, 1, "no such track");
    rig.awaitPhase(job, "Failed");
    rig.patch(job, "{\"redrive\": {\"request\": \"monday\", \"all\": true}}");
    await("run 2").atMost(SOON).until(() -> rig.job(job).getStatus().run() == 2);
    rig.awaitReason(job, "Failed", "Redriven");
    rig.awaitReason(job, "FailureTarget", "Redriven");
    assertThat(echo(job, "monday", 5)).isTrue();
    assertThat(rig.reading(job).gaps().items()).isEqualTo(5);
    rig.succeed(job, IndexSet.range(0, 4));
    rig.awaitPhase(job, "Complete");
    assertEvents(job, "Started", "IntakeComplete", "FailureTarget", "TooManyFailed", "Redriven", "SuccessCriteriaMet", "Completed");
  }

  @Test
  void aRedriveOfARunningJobStaysInItsRun() {
    JobRef job = running(TRACKS, 3);
    rig.fail(job, 0, "no such track");
    rig.fail(job, 1, "no such track");
    rig.patch(job, "{\"redrive\": {\"request\": \"now\", \"indexes\": \"1\"}}");
    await("the echo").atMost(SOON).until(() -> echo(job, "now", 1));
    assertThat(rig.reading(job).run()).isEqualTo(1);
    assertThat(rig.reading(job).counts().failed()).isEqualTo(1);
    rig.patch(job, "{\"redrive\": {\"request\": \"none\", \"indexes\": \"7\"}}");
    await("the echo").atMost(SOON).until(() -> echo(job, "none", 0));
    rig.succeed(job, IndexSet.range(1, 2));
    rig.awaitPhase(job, "Complete");
    assertThat(rig.job(job).getStatus().items().failed()).isEqualTo(1);
    assertThat(rig.job(job).getStatus().run()).isEqualTo(1);
  }

  @Test
  void aRedriveThatFindsNothingOnlyAnswers() {
    JobRef job = running(TRACKS, 3);
    rig.succeed(job, IndexSet.range(0, 2));
    rig.awaitPhase(job, "Complete");
    rig.patch(job, "{\"redrive\": {\"request\": \"monday\", \"all\": true}}");
    await("the echo").atMost(SOON).until(() -> echo(job, "monday", 0));
    assertThat(rig.job(job).getStatus().phase()).isEqualTo("Complete");
    assertThat(rig.job(job).getStatus().run()).isEqualTo(1);
    assertThat(rig.isTrue(job, "Complete")).isTrue();
  }

  @Test
  void aJobThatWasCompleteStaysSoWhenItsAccountIsLost() {
    JobRef job = running(TRACKS, 3);
    rig.succeed(job, IndexSet.range(0, 1));
    rig.fail(job, 2, "no such track");
    rig.awaitPhase(job, "Complete");
    rig.ledger.delete(job);
    rig.stop();
    rig.start();
    rig.patch(job, "{\"redrive\": {\"request\": \"monday\", \"all\": true}}");
    await("the echo").atMost(SOON).until(() -> echo(job, "monday", 0));
    assertThat(rig.job(job).getStatus().phase()).isEqualTo("Complete");
    assertThat(rig.job(job).getStatus().items().succeeded()).isEqualTo(2);
    assertThat(reasons(job)).contains("RedriveRefused");
  }

  // -- audit and healing ---------------------------------------------------------------------------------------------------------

  @Test
  void whatIsMissingIsFedAgainAndWhatIsNotIsLeftAlone() {
    auditsAfter(Duration.ofSeconds(2));
    JobRef job = running(TRACKS, 4);
    rig.ledger.beat(Collections.singleton(job), "busy");
    rig.ledger.take(job, IndexSet.range(0, 0), 1, "busy");
    await("a gaps feed").atMost(SOON).until(() -> {
      rig.ledger.beat(Collections.singleton(job), "busy");
      return rig.queues.feeds(job).stream().anyMatch(message -> message instanceof Message.Feed feed && feed.target() == Target.GAPS);
    });
    assertThat(rig.reading(job).gaps().items()).isEqualTo(3);
    await().atMost(SOON).until(() -> reasons(job).contains("ItemsFedAgain"));
  }

  @Test
  void anAuditThatFindsNothingChangesNothing() {
    auditsAfter(Duration.ofMillis(500));
    JobRef job = running(TRACKS, 2);
    rig.ledger.take(job, IndexSet.range(0, 1), 1, "busy");
    await().during(Duration.ofSeconds(5)).atMost(SOON).until(() -> {
      rig.ledger.beat(Collections.singleton(job), "busy");
      return rig.queues.feeds(job).size() == 1 && rig.reading(job).counts().inFlight() == 2;
    });
    assertThat(reasons(job)).doesNotContain("ItemsFedAgain");
  }

  @Test
  void aLeaseOfAWorkerThatHasNothingInHandEndsBeforeTheAudit() {
    auditsAfter(Duration.ofSeconds(2));
    JobRef job = running(TRACKS, 2);
    Pod pod = rig.pods().getFirst();
    rig.podPhase(pod, "Running");
    rig.ledger.take(job, IndexSet.range(0, 1), 1, pod.getMetadata().getName());
    await("a gaps feed").atMost(SOON).until(() -> {
      rig.beat(pod, State.READY);
      rig.ledger.beat(Collections.singleton(job), pod.getMetadata().getName());
      return rig.reading(job).gaps().items() == 2;
    });
  }

  @Test
  void aGapsFeedThatIsLostIsPublishedAgainUnderANewEpoch() {
    JobRef job = running(TRACKS, 3);
    long epoch = rig.ledger.markMissing(job).epoch();
    await("another feed").atMost(SOON).until(() -> {
      rig.later(Duration.ofSeconds(1));
      rig.reading(job);
      return rig.queues.feeds(job).contains(new Message.Feed(1, epoch + 1, Target.GAPS));
    });
  }

  @Test
  void aQueueThatIsLostIsMadeAgainAndItsItemsAreFedAgain() {
    JobRef job = running(TRACKS, 3);
    rig.queues.lose(job);
    await("made again").atMost(SOON).until(() -> rig.queues.has(job));
    await("fed again").atMost(SOON).until(() -> rig.reading(job).gaps().items() == 3);
    await().atMost(SOON).until(() -> reasons(job).contains("QueueLost"));
    rig.succeed(job, IndexSet.range(0, 2));
    rig.awaitPhase(job, "Complete");
    assertThat(Collections.frequency(reasons(job), "QueueLost")).isEqualTo(1);
  }

  @Test
  void aQueueThatIsLostDuringIntakeIsMadeAgainWithItsFeed() {
    JobRef job = rig.create(TRACKS);
    rig.awaitPhase(job, "Intake");
    rig.queues.lose(job);
    await("fed again").atMost(SOON).until(() -> rig.queues.feeds(job).contains(new Message.Feed(1, 2, Target.SOURCE)));
  }

  // -- changes -------------------------------------------------------------------------------------------------------------------

  @Test
  void aChangedSpecReachesTheWorkersAndAFieldThatIsTakenAwayHasItsDefaultAgain() {
    JobRef job = running(TRACKS, 3);
    rig.patch(job, "{\"retry\": {\"maxAttempts\": 2}, \"workers\": {\"concurrency\": 3, \"maxReplicas\": 5}}");
    await("within 2 s").atMost(Duration.ofSeconds(2)).until(() -> rig.ledger.spec(job).orElseThrow().retry().maxAttempts() == 2);
    assertThat(rig.ledger.spec(job).orElseThrow().concurrency()).isEqualTo(3);
    await().atMost(SOON).until(() -> rig.pool("tracks").getSpec().maxReplicas() == 5);
    rig.patch(job, "{\"retry\": null, \"workers\": null}");
    await("within 2 s").atMost(Duration.ofSeconds(2)).until(() -> rig.ledger.spec(job).orElseThrow().retry().maxAttempts() == 5);
    assertThat(rig.ledger.spec(job).orElseThrow().concurrency()).isEqualTo(10);
  }

  @Test
  void aChangeThatCannotBeFollowedIsSaidAndTheJobGoesOnAsItWas() {
    JobRef job = running(TRACKS, 3);
    rig.patch(job, "{\"retry\": {\"backoff\": {\"initial\": \"9999h\"}}}");
    rig.awaitReason(job, "Progressing", "InvalidSpec");
    rig.succeed(job, IndexSet.range(0, 2));
    rig.awaitPhase(job, "Complete");
    assertEvents(job, "Started", "IntakeComplete", "InvalidSpec", "SuccessCriteriaMet", "Completed");
  }

  // -- removal -------------------------------------------------------------------------------------------------------------------

  @Test
  void aJobWhoseTimeIsOverIsDeletedWithAllItHas() {
    JobRef job = running(TRACKS + "  ttlSecondsAfterFinished: 60\n", 3);
    rig.succeed(job, IndexSet.range(0, 2));
    rig.awaitPhase(job, "Complete");
    await().during(Duration.ofSeconds(1)).atMost(SOON).until(() -> rig.job(job) != null);
    rig.later(Duration.ofSeconds(61));
    rig.stop();
    rig.start();
    await("gone").atMost(SOON).until(() -> rig.job(job) == null);
    assertNothingIsLeft(job);
    assertThat(reasons(job)).contains("DeletedByTTL");
  }

  @Test
  void aSuspendedJobLeavesNothingBehind() {
    JobRef job = running(TRACKS, 3);
    rig.patch(job, "{\"suspend\": true}");
    rig.awaitPhase(job, "Suspended");
    assertDeletedWhole(job);
  }

  @Test
  void aCancelledJobLeavesNothingBehindEvenInTheMiddle() {
    JobRef job = running(TRACKS, 3);
    rig.ledger.take(job, IndexSet.range(1, 2), 1, "slow");
    rig.patch(job, "{\"cancel\": true}");
    rig.awaitReason(job, "FailureTarget", "Cancelled");
    assertDeletedWhole(job);
  }

  @Test
  void aRedrivenJobLeavesNothingBehind() {
    JobRef job = running(TRACKS, 3);
    rig.succeed(job, IndexSet.range(0, 1));
    rig.fail(job, 2, "no such track");
    rig.awaitPhase(job, "Complete");
    rig.patch(job, "{\"redrive\": {\"request\": \"monday\", \"all\": true}}");
    await("run 2").atMost(SOON).until(() -> rig.job(job).getStatus().run() == 2);
    assertDeletedWhole(job);
  }

  @Test
  void aJobThatIsBeingAuditedLeavesNothingBehind() {
    auditsAfter(Duration.ofSeconds(1));
    JobRef job = running(TRACKS, 3);
    await().atMost(SOON).until(() -> rig.reading(job).gaps().items() == 3);
    assertDeletedWhole(job);
  }

  private JobRef running(String yaml, long items) {
    JobRef job = rig.create(yaml);
    rig.awaitPhase(job, "Intake");
    rig.awaitPods(1);
    rig.intake(job, items);
    rig.awaitPhase(job, "Running");
    return job;
  }

  private void auditsAfter(Duration quiet) {
    rig.stop();
    rig.auditQuiet = quiet;
    rig.start();
  }

  private boolean echo(JobRef job, String request, long items) {
    BatchJobStatus.Redriven redriven = rig.job(job).getStatus().redrive();
    return redriven != null && redriven.request().equals(request) && redriven.items() == items;
  }

  private void assertEvents(JobRef job, String... reasons) {
    await("events").atMost(SOON).untilAsserted(() -> assertThat(reasons(job)).containsExactlyInAnyOrder(reasons));
  }

  private void assertDeletedWhole(JobRef job) {
    client.resource(rig.job(job)).delete();
    await("gone").atMost(SOON).until(() -> rig.job(job) == null);
    assertNothingIsLeft(job);
  }

  private void assertNothingIsLeft(JobRef job) {
    assertThat(rig.queues.has(job)).isFalse();
    assertThat(rig.ledger.spec(job)).isEmpty();
    assertThat(rig.pods()).isEmpty();
    assertThat(rig.pool("tracks")).isNull();
    assertThat(rig.pools.assignment(rig.poolRef("tracks"))).isEmpty();
  }
}
