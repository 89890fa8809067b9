package dev.longshore.store;

import static dev.longshore.store.Accounts.failure;
import static dev.longshore.store.Accounts.retry;
import static dev.longshore.store.Accounts.skip;
import static dev.longshore.store.Accounts.success;
import static dev.longshore.store.Accounts.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.Failure;
import dev.longshore.job.FailureGroup;
import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemCounts;
import dev.longshore.job.ItemResult;
import dev.longshore.job.ItemResult.Status;
import dev.longshore.job.JobPhase;
import dev.longshore.job.JobRef;
import dev.longshore.store.Ledger.CrashReply;
import dev.longshore.store.Ledger.Gaps;
import dev.longshore.store.Ledger.PastAttempt;
import dev.longshore.store.Ledger.Newer;
import dev.longshore.store.Ledger.RedriveReply;
import dev.longshore.store.Ledger.Selection;
import dev.longshore.store.Ledger.SettleReply;
import dev.longshore.store.Ledger.TakeReply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** What every ledger does beside the way of an item that goes well: feeding again, crashes, steering. */
public abstract class LedgerSteeringContract extends LedgerContract {
  private static final Failure ODD = new Failure("Odd", "it is odd");
  private static final Selection ALL = new Selection.All();

  private static RedriveReply nothing(int run, long gapsEpoch) {
    return new RedriveReply(0, run, new Gaps(gapsEpoch, 0), Optional.empty());
  }

  private static Selection indexes(String text) {
    return new Selection.Indexes(set(text));
  }

  /** Takes all that is marked, as the gaps feed and a worker do. */
  private void feedAndTake(long epoch, String holder) {
    IndexSet gaps = ledger().gaps(job, epoch, 0, 1_000).orElseThrow();
    assertThat(ledger().take(job, gaps, 1, holder).yours()).isEqualTo(gaps);
    assertThat(ledger().fed(job, epoch, gaps)).isTrue();
  }

  /** Items 0-9: 0-5 succeeded, 6-7 GONE, 8 ODD, 9 skipped; the run ended as Complete. */
  private void finished() {
    ledger().completeIntake(job, 1, 10);
    ledger().settle(job, success(set("0-5"), 1, "w1", "w1"));
    ledger().settle(job, failure(set("6-7"), 2, "w1", GONE));
    ledger().settle(job, failure(set("8"), 1, "w1", ODD));
    ledger().settle(job, skip(set("9"), 1, "w1"));
    assertThat(ledger().finish(job, 1, JobPhase.COMPLETE)).isTrue();
  }

  // -- marks ---------------------------------------------------------------------------------------------------------------------

  @Test
  public void whatIsMissingIsMarkedAndFedOnce() {
    ledger().announce(job, 1, 40);
    ledger().take(job, set("10-19"), 1, "w1");
    ledger().settle(job, success(set("0-4"), 1, "w1", null));
    ledger().settle(job, retry(set("12-13"), 1, "w1", 2, Duration.ofSeconds(5)));

    assertThat(ledger().markMissing(job)).isEqualTo(new Gaps(1, 25));
    assertThat(ledger().audit(job).missing()).isEqualTo(IndexSet.empty());
    assertThat(reading().gaps().items()).isEqualTo(25);
    assertThat(ledger().gaps(job, 1, 0, 10)).contains(set("5-9,20-39"));
    assertThat(ledger().gaps(job, 1, 7, 10)).contains(set("7-9,20-39"));
    assertThat(ledger().gaps(job, 1, 0, 1)).contains(set("5-9"));
    assertThat(ledger().fed(job, 1, set("5-9"))).isTrue();
    assertThat(ledger().gaps(job, 1, 8, 10)).contains(set("20-39"));
    assertThat(reading().gaps().items()).isEqualTo(20);
    assertThat(ledger().fed(job, 1, set("20-39"))).isTrue();
    assertThat(ledger().gaps(job, 1, 0, 10)).contains(IndexSet.empty());
    assertThat(reading().gaps()).isEqualTo(new JobReading.Gaps(1, 0, Duration.ZERO));
    sound();
  }

  @Test
  public void whereNothingIsMissingNothingIsMarked() {
    assertThat(ledger().markMissing(job)).isEqualTo(new Gaps(0, 0));
    ledger().completeIntake(job, 1, 5);
    ledger().take(job, set("0-4"), 1, "w1");

    assertThat(ledger().markMissing(job)).isEqualTo(new Gaps(0, 0));
    assertThat(ledger().restartGaps(job)).isEmpty();
  }

  @Test
  public void anOlderGapsFeedIsFenced() {
    ledger().announce(job, 1, 10);
    ledger().markMissing(job);
    assertThat(ledger().restartGaps(job)).contains(2L);

    assertThat(ledger().gaps(job, 1, 0, 10)).isEmpty();
    assertThat(ledger().fed(job, 1, set("0-9"))).isFalse();
    assertThat(ledger().gaps(job, 2, 0, 10)).contains(set("0-9"));
    assertThat(ledger().markMissing(job)).isEqualTo(new Gaps(2, 10));
  }

  @Test
  public void aSilentGapsFeedIsIdle() {
    ledger().announce(job, 1, 10);
    ledger().markMissing(job);
    elapse(Duration.ofSeconds(30));
    assertThat(reading().gaps().idle()).isBetween(Duration.ofSeconds(29), Duration.ofSeconds(35));

    ledger().gaps(job, 1, 0, 10);
    assertThat(reading().gaps().idle()).isLessThan(Duration.ofSeconds(3));
    elapse(Duration.ofSeconds(30));
    ledger().fed(job, 1, set("0"));
    assertThat(reading().gaps().idle()).isLessThan(Duration.ofSeconds(3));
    elapse(Duration.ofSeconds(30));
    ledger().restartGaps(job);
    assertThat(reading().gaps().idle()).isLessThan(Duration.ofSeconds(3));
  }

  @Test
  public void whatIsFinalNeedNotBeFed() {
    ledger().announce(job, 1, 10);
    ledger().markMissing(job);
    ledger().settle(job, success(set("3-5"), 1, "w1", null));

    assertThat(ledger().gaps(job, 1, 0, 10)).contains(set("0-2,6-9"));
    assertThat(reading().gaps().items()).isEqualTo(7);
    sound();
  }

  @Test
  public void marksMayLieInManySegments() {
    ledger().announce(job, 1, 3_000_000);
    ledger().take(job, set("131000-131999"), 1, "w1");
    ledger().settle(job, success(set("1048000-1048999"), 1, "w1", null));

    assertThat(ledger().markMissing(job).items()).isEqualTo(3_000_000 - 2_000);
    assertThat(ledger().gaps(job, 1, 0, 10)).contains(set("0-130999,132000-1047999,1049000-2999999"));
    sound();
    ledger().fed(job, 1, set("0-2000000"));
    assertThat(ledger().gaps(job, 1, 0, 10)).contains(set("2000001-2999999"));
    assertThat(reading().gaps().items()).isEqualTo(999_999);
    sound();
  }

  // -- redrive -------------------------------------------------------------------------------------------------------------------

  @Test
  public void aFinishedJobBeginsItsNextRun() {
    finished();

    RedriveReply reply = ledger().redrive(job, "again", ALL);

    assertThat(reply).isEqualTo(new RedriveReply(3, 2, new Gaps(1, 3), Optional.empty()));
    JobReading opened = reading();
    assertThat(opened.counts()).isEqualTo(new ItemCounts(10, true, 3, 0, 0, 6, 0, 1, 0));
    assertThat(List.of(opened.run(), opened.groups(), opened.gaps().items())).containsExactly(2, List.of(), 3L);
    assertThat(opened.ended()).isNull();
    assertThat(opened.steering().request()).isEqualTo("again");
    assertThat(opened.steering().redriven()).isEqualTo(3);
    assertThat(ledger().failedIndexes(job, 5)).isEqualTo(IndexSet.empty());
    assertThat(results(0)).hasSize(7);
    sound();

    feedAndTake(1, "w2");
    assertThat(ledger().settle(job, success(set("6-7"), 1, "w2", "w2")).allFinal()).isFalse();
    assertThat(ledger().settle(job, failure(set("8"), 1, "w2", ODD))).isEqualTo(new SettleReply(set("8"), true));
    assertThat(counts()).isEqualTo(new ItemCounts(10, true, 0, 0, 0, 8, 1, 1, 0));
    assertThat(results(0).stream().map(r -> r.index() + r.status().word() + text(r.result()))).hasSize(10)
        .contains("5succeeded{\"by\":\"w1\"}", "6succeeded{\"by\":\"w2\"}", "8failednull");
    assertThat(ledger().finish(job, 1, JobPhase.COMPLETE)).isFalse();
    assertThat(ledger().finish(job, 2, JobPhase.COMPLETE)).isTrue();
    sound();
  }

  @Test
  public void theSameRequestGetsTheSameReplyAndChangesNothing() {
    finished();
    RedriveReply first = ledger().redrive(job, "again", ALL);
    feedAndTake(1, "w2");
    ledger().settle(job, failure(set("6-8"), 1, "w2", GONE));
    ledger().finish(job, 2, JobPhase.COMPLETE);

    assertThat(ledger().redrive(job, "again", ALL)).isEqualTo(first);
    assertThat(reading().run()).isEqualTo(2);
    assertThat(counts().failed()).isEqualTo(3);

    assertThat(ledger().redrive(job, "once more", ALL)).isEqualTo(new RedriveReply(3, 3, new Gaps(2, 3), Optional.empty()));
    sound();
  }

  @Test
  public void chosenIndexesAreOpenedWhereTheyFailed() {
    finished();

    assertThat(ledger().redrive(job, "some", indexes("0-6,8,500"))).isEqualTo(new RedriveReply(2, 2, new Gaps(1, 2), Optional.empty()));
    assertThat(ledger().failedIndexes(job, 5)).isEqualTo(set("7"));
    assertThat(reading().groups()).singleElement().extracting(FailureGroup::fingerprint, FailureGroup::count)
        .containsExactly(GONE.fingerprint(), 1L);
    assertThat(reading().steering().failedBefore()).isEqualTo(1);
    sound();
  }

  @Test
  public void aGroupIsOpened() {
    finished();

    assertThat(ledger().redrive(job, "group", new Selection.Group(GONE.fingerprint())).items()).isEqualTo(2);
    assertThat(ledger().failedIndexes(job, 5)).isEqualTo(set("8"));
    assertThat(ledger().redrive(job, "none", new Selection.Group("nobody knows")).items()).isZero();
    sound();
  }

  @Test
  public void aRedriveThatFindsNothingBeginsNoRun() {
    finished();

    assertThat(ledger().redrive(job, "none", indexes("0-5"))).isEqualTo(nothing(1, 0));
    assertThat(reading().ended()).isEqualTo("Complete");
    assertThat(reading().steering().request()).isEqualTo("none");
    assertThat(reading().steering().redriven()).isZero();
  }

  @Test
  public void aRunningJobGoesOnInItsRun() {
    ledger().announce(job, 1, 10);
    ledger().take(job, set("0-4"), 1, "w1");
    ledger().settle(job, failure(set("0-1"), 1, "w1", GONE));

    assertThat(ledger().redrive(job, "now", ALL)).isEqualTo(new RedriveReply(2, 1, new Gaps(1, 2), Optional.empty()));
    assertThat(ledger().gaps(job, 1, 0, 10)).contains(set("0-1"));
    assertThat(counts()).isEqualTo(new ItemCounts(10, false, 7, 3, 0, 0, 0, 0, 0));
    sound();
  }

  @Test
  public void aFailedRunForgetsWhyAndAllThatIsOpenIsMarked() {
    ledger().announce(job, 1, 10);
    ledger().take(job, set("0-4"), 1, "w1");
    ledger().settle(job, failure(set("0-1"), 1, "w1", GONE));
    ledger().fail(job, "FailFast", "item 0 failed");
    ledger().finish(job, 1, JobPhase.FAILED);

    assertThat(ledger().redrive(job, "again", ALL)).isEqualTo(new RedriveReply(10, 2, new Gaps(1, 10), Optional.of(2L)));
    assertThat(reading().failure()).isNull();
    assertThat(reading().intake().epoch()).isEqualTo(2);
    assertThat(ledger().completeIntake(job, 2, 10)).isTrue();
    sound();
  }

  @Test
  public void aRunThatEndedWithOpenItemsGoesOnWithThem() {
    ledger().completeIntake(job, 1, 10);
    ledger().settle(job, success(set("0-6"), 1, "w1", null));
    ledger().fail(job, "DeadlineExceeded", "after 1m");
    ledger().finish(job, 1, JobPhase.FAILED);

    assertThat(ledger().redrive(job, "again", ALL)).isEqualTo(new RedriveReply(3, 2, new Gaps(1, 3), Optional.empty()));
    assertThat(ledger().gaps(job, 1, 0, 10)).contains(set("7-9"));
  }

  @Test
  public void copiesOfTheItemsAreThereUntilTheyAreFed() {
    finished();
    assertThat(ledger().copies(job, set("0-9"))).isEmpty();
    ledger().redrive(job, "again", ALL);

    Map<Long, byte[]> copies = ledger().copies(job, set("5-7,9"));
    assertThat(copies).containsOnlyKeys(6L, 7L);
    assertThat(text(copies.get(7L))).isEqualTo("{\"id\":7}");

    ledger().fed(job, 1, set("7"));
    assertThat(ledger().copies(job, set("0-9"))).containsOnlyKeys(6L, 8L);
    ledger().settle(job, success(set("6"), 1, "w2", "w2"));
    assertThat(ledger().copies(job, set("0-9"))).containsOnlyKeys(8L);
    sound();
  }

  @Test
  public void manyFailuresAreOpenedInTheirOrder() {
    ledger().completeIntake(job, 1, 5_000);
    for (int from = 0; from < 5_000; from += 500) {
      IndexSet chunk = IndexSet.range(from, from + 499);
      IndexSet bad = chunk.filter(index -> index % 7 == 0);
      IndexSet odd = chunk.filter(index -> index % 7 == 1);
      ledger().settle(job, Accounts.together(success(chunk.minus(bad).minus(odd), 1, "w1", null), failure(bad, 1, "w1", GONE),
          failure(odd, 1, "w1", ODD)));
    }
    ledger().finish(job, 1, JobPhase.COMPLETE);
    assertThat(failed(Optional.of(ODD.fingerprint()))).hasSize(715).allMatch(index -> index % 7 == 1).isSorted();
    assertThat(failed(Optional.empty())).hasSize(1430).isSorted();

    assertThat(ledger().redrive(job, "odd", new Selection.Group(ODD.fingerprint())).items()).isEqualTo(715);
    assertThat(failed(Optional.empty())).hasSize(715).allMatch(index -> index % 7 == 0);
    assertThat(results(0)).hasSize(5_000 - 715);
    sound();
    assertThat(ledger().redrive(job, "all", ALL)).isEqualTo(new RedriveReply(715, 2, new Gaps(2, 1430), Optional.empty()));
    sound();
  }

  private List<Long> failed(Optional<String> fingerprint) {
    List<Long> failed = new ArrayList<>();
    ledger().failures(job, fingerprint, item -> {
      assertThat(item.status()).isEqualTo(Status.FAILED);
      failed.add(item.index());
    });
    return failed;
  }

  @Test
  public void failuresTellWhyAndGroupsAreRanked() {
    finished();
    List<ItemResult> failures = new ArrayList<>();

    ledger().failures(job, Optional.empty(), failures::add);

    assertThat(failures).extracting(ItemResult::index).containsExactly(6L, 7L, 8L);
    assertThat(failures.get(0).failure()).isEqualTo(GONE);
    assertThat(failures.get(0).attempts()).isEqualTo(2);
    assertThat(text(failures.get(2).item())).isEqualTo("{\"id\":8}");
    assertThat(ledger().failureGroups(job, 5)).containsExactly(new FailureGroup(GONE.fingerprint(), 2, 6, GONE.message()),
        new FailureGroup(ODD.fingerprint(), 1, 8, ODD.message()));
    assertThat(ledger().failureGroups(job, 1)).hasSize(1);
  }

  // -- cancel --------------------------------------------------------------------------------------------------------------------

  /** 0-9 known: 0 succeeded, 1 failed, 2-4 leased by w1, 5 retrying, 6-9 pending. */
  private void underWay() {
    ledger().announce(job, 1, 10);
    ledger().settle(job, success(set("0"), 1, "w1", "w1"));
    ledger().settle(job, failure(set("1"), 1, "w1", GONE));
    ledger().take(job, set("2-4"), 1, "w1");
    ledger().settle(job, retry(set("5"), 1, "w1", 2, Duration.ofHours(1)));
  }

  @Test
  public void cancellingClosesWhatNobodyHas() {
    underWay();

    ledger().cancel(job);

    assertThat(counts()).isEqualTo(new ItemCounts(10, true, 0, 3, 0, 1, 1, 0, 5));
    assertThat(reading().steering().cancelled()).isTrue();
    assertThat(results(0).stream().map(r -> r.index() + r.status().word())).containsExactly("0succeeded", "1failed", "5cancelled",
        "6cancelled", "7cancelled", "8cancelled", "9cancelled");
    sound();

    assertThat(ledger().settle(job, success(set("2"), 1, "w1", null))).isEqualTo(new SettleReply(set("2"), false));
    ledger().cancel(job);
    assertThat(counts().cancelled()).isEqualTo(5);
    elapse(LEASE.plusSeconds(1));
    ledger().cancel(job);
    assertThat(counts()).isEqualTo(new ItemCounts(10, true, 0, 0, 0, 2, 1, 0, 7));
    sound();
  }

  @Test
  public void intakeOfACancelledJobIsFenced() {
    underWay();
    ledger().cancel(job);

    assertThat(ledger().beginIntake(job, 1, "w2")).isEmpty();
    assertThat(ledger().announce(job, 1, 20)).isFalse();
    assertThat(ledger().advance(job, 1, 20, "{}")).isEmpty();
    assertThat(ledger().completeIntake(job, 1, 20)).isFalse();
    assertThat(ledger().restartIntake(job)).isEmpty();
    assertThat(counts().known()).isEqualTo(10);
  }

  @Test
  public void aTakeOfACancelledJobFindsNothing() {
    underWay();
    ledger().cancel(job);

    assertThat(ledger().take(job, set("2-12"), 1, "w2").done()).isEqualTo(set("2-12"));
    assertThat(counts()).isEqualTo(new ItemCounts(10, true, 0, 3, 0, 1, 1, 0, 5));
    // its own lease: its first reply was lost, and nobody will ever settle it
    assertThat(ledger().take(job, set("2-3"), 1, "w1").done()).isEqualTo(set("2-3"));
    assertThat(counts()).isEqualTo(new ItemCounts(10, true, 0, 1, 0, 1, 1, 0, 7));
    sound();
  }

  @Test
  public void whatIsGivenBackToACancelledJobIsCancelled() {
    underWay();
    ledger().take(job, set("8-9"), 3, "w3");
    ledger().take(job, set("7"), 1, "w4");
    ledger().cancel(job);

    ledger().release(job, set("2"), 1, "w1");
    assertThat(ledger().settle(job, retry(set("3"), 1, "w1", 2, Duration.ZERO))).isEqualTo(new SettleReply(set("3"), false));
    ledger().forget(job, "w3");
    ledger().crashed(job, "w4", true);
    assertThat(counts()).isEqualTo(new ItemCounts(10, true, 0, 1, 0, 1, 1, 0, 7));
    assertThat(ledger().settle(job, retry(set("4"), 1, "w1", 2, Duration.ZERO)).allFinal()).isTrue();
    sound();
  }

  @Test
  public void aCancelledJobIsNeitherFedNorRedriven() {
    underWay();
    elapse(LEASE.minusSeconds(50));
    ledger().markMissing(job);
    ledger().cancel(job);

    assertThat(reading().gaps().items()).isZero();
    assertThat(ledger().markMissing(job)).isEqualTo(new Gaps(1, 0));
    assertThat(ledger().restartGaps(job)).isEmpty();
    ledger().forget(job, "w1");
    assertThat(counts().allFinal()).isTrue();
    ledger().finish(job, 1, JobPhase.CANCELLED);
    assertThat(ledger().redrive(job, "again", ALL)).isEqualTo(nothing(1, 1));
    assertThat(counts().failed()).isEqualTo(1);
    assertThat(reading().ended()).isEqualTo("Cancelled");
    assertThat(reading().steering().request()).isEqualTo("again");
    sound();
  }

  @Test
  public void cancellingAnEndedRunChangesNothing() {
    finished();
    ledger().cancel(job);

    assertThat(reading().steering().cancelled()).isFalse();
    assertThat(ledger().redrive(job, "again", ALL).items()).isEqualTo(3);
  }

  @Test
  public void aLargeJobIsCancelledWhole() {
    ledger().announce(job, 1, 2_500_000);
    ledger().take(job, set("1048000-1048999"), 1, "w1");
    ledger().settle(job, success(set("131000-131999"), 1, "w1", null));
    ledger().settle(job, retry(set("2000000-2000009"), 1, "w1", 2, Duration.ofHours(1)));
    ledger().settle(job, success(set("1048576"), 1, "w1", null));

    ledger().cancel(job);

    assertThat(counts()).isEqualTo(new ItemCounts(2_500_000, true, 0, 999, 0, 1_001, 0, 0, 2_498_000));
    sound();
    ledger().forget(job, "w1");
    assertThat(counts().allFinal()).isTrue();
    sound();
  }

  // -- suspend -------------------------------------------------------------------------------------------------------------------

  private Duration active() {
    return reading().steering().active();
  }

  @Test
  public void theActiveClockStandsStillWhileSuspended() {
    elapse(Duration.ofSeconds(60));
    assertThat(active()).isBetween(Duration.ofSeconds(60), Duration.ofSeconds(65));
    ledger().suspend(job, true);
    ledger().suspend(job, true);
    assertThat(reading().steering().suspended()).isTrue();
    elapse(Duration.ofSeconds(60));
    assertThat(active()).isBetween(Duration.ofSeconds(60), Duration.ofSeconds(65));

    ledger().suspend(job, false);
    ledger().suspend(job, false);
    assertThat(reading().steering().suspended()).isFalse();
    elapse(Duration.ofSeconds(60));
    assertThat(active()).isBetween(Duration.ofSeconds(120), Duration.ofSeconds(130));
  }

  @Test
  public void theActiveClockIsThatOfTheRun() {
    finished();
    Duration first = active();
    elapse(Duration.ofSeconds(60));
    assertThat(active()).isEqualTo(first);
    ledger().suspend(job, true);
    ledger().redrive(job, "again", ALL);
    elapse(Duration.ofSeconds(60));
    assertThat(active()).isZero();

    ledger().suspend(job, false);
    elapse(Duration.ofSeconds(60));
    assertThat(active()).isBetween(Duration.ofSeconds(60), Duration.ofSeconds(65));
  }

  // -- crashes -------------------------------------------------------------------------------------------------------------------

  @Test
  public void onlyWhatWasInsideIsSuspect() {
    ledger().take(job, set("0-9"), 1, "w1");
    ledger().take(job, set("10-14"), 2, "w1");
    ledger().enter(job, "w1", set("0-3"));
    ledger().enter(job, "w1", set("2-5,10-11"));
    ledger().settle(job, success(set("2"), 1, "w1", null));
    ledger().settle(job, retry(set("3"), 1, "w1", 2, Duration.ZERO));

    assertThat(ledger().inside(List.of(job, Accounts.newJobIn(ledger()), Accounts.newJob()), "w1")).isEqualTo(Map.of(job, set("4-5,10-11")));
    assertThat(ledger().crashed(job, "w1", false)).isEqualTo(new CrashReply(set("4-5,10-11"), IndexSet.empty()));
    assertThat(ledger().crashed(job, "w1", false)).isEqualTo(new CrashReply(IndexSet.empty(), IndexSet.empty()));
    assertThat(counts()).isEqualTo(new ItemCounts(15, false, 8, 0, 6, 1, 0, 0, 0));

    TakeReply first = ledger().take(job, set("0-9"), 1, "w2");
    assertThat(first.yours()).isEqualTo(set("0-1,4-9"));
    assertThat(first.suspects()).isEqualTo(set("4-5"));
    assertThat(first.condemned()).isEqualTo(IndexSet.empty());
    assertThat(ledger().take(job, set("10-14"), 2, "w2").suspects()).isEqualTo(set("10-11"));
    sound();
  }

  @Test
  public void whatIsTakenAgainIsInsideOnlyWhenItIsSaidAgain() {
    ledger().take(job, set("0-9"), 1, "w1");
    ledger().enter(job, "w1", set("0-9"));
    ledger().settle(job, retry(set("3"), 1, "w1", 1, Duration.ZERO));
    ledger().take(job, set("3"), 1, "w1");
    assertThat(ledger().inside(List.of(job), "w1")).isEqualTo(Map.of(job, set("0-2,4-9")));

    ledger().settle(job, success(set("0-2,4-9"), 1, "w1", null));
    assertThat(ledger().crashed(job, "w1", true)).isEqualTo(new CrashReply(IndexSet.empty(), IndexSet.empty()));
  }

  @Test
  public void nothingInsideLeavesNoSuspects() {
    ledger().take(job, set("0-9"), 1, "w1");
    ledger().enter(job, "w1", set("0-3"));
    ledger().enter(job, "w1", IndexSet.empty());
    assertThat(ledger().inside(List.of(job), "w1")).isEmpty();
    assertThat(ledger().crashed(job, "w1", true).suspects()).isEqualTo(IndexSet.empty());
    assertThat(ledger().take(job, set("0-9"), 1, "w2").suspects()).isEqualTo(IndexSet.empty());
  }

  @Test
  public void anOrderlyEndLeavesNoSuspects() {
    ledger().take(job, set("0-9"), 1, "w1");
    ledger().enter(job, "w1", set("0-3"));
    ledger().forget(job, "w1");

    assertThat(ledger().crashed(job, "w1", true)).isEqualTo(new CrashReply(IndexSet.empty(), IndexSet.empty()));
    assertThat(ledger().take(job, set("0-9"), 1, "w2").suspects()).isEqualTo(IndexSet.empty());
  }

  @Test
  public void theLastCrashSaysWhereTheSearchGoesOn() {
    ledger().take(job, set("0-9"), 1, "w1");
    ledger().take(job, set("10-19"), 1, "w1");
    ledger().enter(job, "w1", set("0-7,10-11"));
    ledger().crashed(job, "w1", false);
    TakeReply all = ledger().take(job, set("0-9"), 1, "w2");
    assertThat(List.of(all.suspects(), all.prime())).containsExactly(set("0-7"), set("0-7"));

    ledger().enter(job, "w2", set("2-5"));
    ledger().crashed(job, "w2", false);
    TakeReply half = ledger().take(job, set("0-9"), 1, "w3");
    assertThat(List.of(half.suspects(), half.prime())).containsExactly(set("0-7"), set("2-5"));
    TakeReply other = ledger().take(job, set("10-19"), 1, "w3");
    assertThat(other.prime()).as("of another message, about which the last crash says nothing").isEqualTo(set("10-11"));

    ledger().enter(job, "w3", set("4"));
    ledger().settle(job, success(set("4"), 1, "w3", null));
    ledger().enter(job, "w3", set("3,5"));
    ledger().crashed(job, "w3", false);
    TakeReply quarter = ledger().take(job, set("0-9"), 1, "w4");
    assertThat(List.of(quarter.suspects(), quarter.prime())).containsExactly(set("0-3,5-7"), set("3,5"));
    ledger().settle(job, success(set("3,5"), 1, "w4", null));
    ledger().release(job, set("0-2,6-9"), 1, "w4");
    assertThat(ledger().take(job, set("0-2,6-9"), 1, "w5").prime()).as("those of the crash before").isEqualTo(set("2"));
    sound();
  }

  @Test
  public void whatALivingHolderTookSinceItSpokeStaysItsOwn() {
    ledger().take(job, set("0-4"), 1, "w1");
    ledger().take(job, set("5-6"), 2, "w1");
    ledger().take(job, set("7-9"), 1, "w2");
    elapse(Duration.ofSeconds(5));
    ledger().take(job, set("4"), 1, "w1");
    ledger().take(job, set("10-11"), 1, "w1");
    ledger().enter(job, "w1", set("10"));
    ledger().releaseOlder(job, "w1", Duration.ofSeconds(4));

    assertThat(ledger().take(job, set("0-11"), 1, "w3")).isEqualTo(new TakeReply(set("0-3"), IndexSet.empty(),
        Map.of(new Newer(2, Duration.ZERO), set("5-6")), set("4,7-11"), IndexSet.empty(), IndexSet.empty(), IndexSet.empty()));
    assertThat(ledger().crashed(job, "w1", true)).as("a crash finds what was inside").isEqualTo(new CrashReply(set("10"), set("10")));
    sound();
  }

  @Test
  public void suspicionEndsWithASettleOrARetry() {
    ledger().take(job, set("0-9"), 1, "w1");
    ledger().enter(job, "w1", set("0-9"));
    ledger().crashed(job, "w1", false);
    ledger().take(job, set("0-9"), 1, "w2");
    ledger().settle(job, success(set("0-4"), 1, "w2", null));
    ledger().settle(job, retry(set("5-6"), 1, "w2", 2, Duration.ZERO));

    assertThat(ledger().take(job, set("5-6"), 2, "w2").suspects()).isEqualTo(IndexSet.empty());
    assertThat(ledger().take(job, set("7-9"), 1, "w2").suspects()).isEqualTo(set("7-9"));
    sound();
  }

  @Test
  public void whoKillsWorkersAloneIsCondemned() {
    for (int crash = 1; crash <= 3; crash++) {
      TakeReply taken = ledger().take(job, set("0-9"), 1, "w" + crash);
      assertThat(taken.condemned()).isEqualTo(IndexSet.empty());
      ledger().enter(job, "w" + crash, set("4"));
      assertThat(ledger().crashed(job, "w" + crash, true)).isEqualTo(new CrashReply(set("4"), set("4")));
    }

    TakeReply taken = ledger().take(job, set("0-9"), 1, "w4");
    assertThat(taken.yours()).isEqualTo(set("0-9"));
    assertThat(taken.condemned()).isEqualTo(set("4"));
    assertThat(taken.suspects()).isEqualTo(IndexSet.empty());
    ledger().settle(job, failure(set("4"), 1, "w4", new Failure("WorkerCrashed", "killed 3 workers while it ran alone")));
    sound();

    // a redriven item is judged anew
    ledger().redrive(job, "again", ALL);
    assertThat(ledger().take(job, set("4"), 1, "w5").condemned()).isEqualTo(IndexSet.empty());
  }

  @Test
  public void aCrashBesideOthersIsChargedToNobody() {
    ledger().take(job, set("0-9"), 1, "w1");
    ledger().enter(job, "w1", set("4"));
    assertThat(ledger().crashed(job, "w1", false)).isEqualTo(new CrashReply(set("4"), IndexSet.empty()));
    ledger().take(job, set("0-9"), 1, "w2");
    ledger().enter(job, "w2", set("4-5"));
    assertThat(ledger().crashed(job, "w2", true)).isEqualTo(new CrashReply(set("4-5"), IndexSet.empty()));
    sound();
  }

  @Test
  public void aChangedBoundCondemnsSooner() {
    ledger().take(job, set("0-9"), 1, "w1");
    ledger().enter(job, "w1", set("4"));
    ledger().crashed(job, "w1", true);
    ledger().changeSpec(job, Accounts.specWithMaxCrashes(1));

    assertThat(ledger().take(job, set("0-9"), 1, "w2").condemned()).isEqualTo(set("4"));
  }

  @Test
  public void suspectsMayReachFar() {
    ledger().take(job, set("0-999"), 1, "w1");
    ledger().take(job, set("1000-1999"), 1, "w1");
    ledger().take(job, set("2000-2999"), 1, "w1");
    ledger().enter(job, "w1", set("0-2500,2600"));

    assertThat(ledger().crashed(job, "w1", false).suspects()).isEqualTo(set("0-2500,2600"));
    assertThat(ledger().take(job, set("1500-2499"), 1, "w2").suspects()).isEqualTo(set("1500-2499"));
    assertThat(ledger().take(job, set("2500-2700"), 1, "w2").suspects()).isEqualTo(set("2500,2600"));
    sound();
  }

  @Test
  public void readingTheSourceMayKillSoManyWorkersAndNoMore() {
    ledger().announce(job, 1, 20);
    for (int crash = 1; crash <= 4; crash++) {
      ledger().beginIntake(job, 1, "w" + crash);
      if (crash == 2) {
        // progress: what came before does not count
        ledger().advance(job, 1, 7, "{\"at\":7}");
      }
      assertThat(reading().failure()).isNull();
      ledger().crashed(job, "w" + crash, true);
      ledger().crashed(job, "w" + crash, true);
    }

    assertThat(reading().failure().reason()).isEqualTo("IntakeCrashed");
    assertThat(reading().failure().message()).contains("3 workers", "item 7", "{\"at\":7}");
  }

  @Test
  public void aCrashInsideTheProcessorIsNotChargedToIntake() {
    ledger().changeSpec(job, Accounts.specWithMaxCrashes(1));
    ledger().beginIntake(job, 1, "w1");
    ledger().take(job, set("0"), 1, "w1");
    ledger().enter(job, "w1", set("0"));
    ledger().crashed(job, "w1", true);

    assertThat(reading().failure()).isNull();
  }

  // -- attempts ------------------------------------------------------------------------------------------------------------------

  private static Settlement retryOf(long index, int attempt, String holder, String message) {
    return new Settlement(attempt, holder, IndexSet.empty(), List.of(), List.of(),
        List.of(new Settlement.RetryAt(index, attempt + 1, Duration.ZERO, new Failure("Timeout", message))), null, Duration.ZERO);
  }

  @Test
  public void failedAttemptsAreRememberedUntilTheItemIsFinal() {
    for (int attempt = 1; attempt <= 3; attempt++) {
      ledger().take(job, set("3"), attempt, "w" + attempt);
      ledger().settle(job, retryOf(3, attempt, "w" + attempt, "“slow”: 1,2 | \n" + attempt));
      // its reply was lost
      ledger().settle(job, retryOf(3, attempt, "w" + attempt, "“slow”: 1,2 | \n" + attempt));
    }
    ledger().settle(job, retry(set("4"), 1, "w1", 2, Duration.ZERO));

    Map<Long, List<PastAttempt>> attempts = ledger().attempts(job, set("2-5"));
    assertThat(attempts).containsOnlyKeys(3L);
    assertThat(attempts.get(3L)).extracting(PastAttempt::attempt).containsExactly(1, 2, 3);
    assertThat(attempts.get(3L)).extracting(PastAttempt::worker).containsExactly("w1", "w2", "w3");
    assertThat(attempts.get(3L).getFirst().failure()).isEqualTo(new Failure("Timeout", "“slow”: 1,2 | \n1"));
    assertThat(attempts.get(3L)).extracting(PastAttempt::at).doesNotContainNull().isSorted();
    sound();

    ledger().settle(job, failure(set("3"), 4, "w4", GONE));
    assertThat(ledger().attempts(job, set("3"))).isEmpty();
    sound();
  }

  @Test
  public void theNewestTwentyAttemptsAreKeptAndLongMessagesCut() {
    for (int attempt = 1; attempt <= 25; attempt++) {
      ledger().settle(job, retryOf(3, attempt, "w1", "x".repeat(1_000)));
    }

    List<PastAttempt> attempts = ledger().attempts(job, set("3")).get(3L);
    assertThat(attempts).extracting(PastAttempt::attempt).hasSize(20).startsWith(6).endsWith(25);
    assertThat(attempts.getFirst().failure().message()).hasSize(512);
  }

  @Test
  public void aRetryThatWinsNothingIsNotRemembered() {
    ledger().settle(job, retryOf(3, 2, "w1", "second"));
    ledger().settle(job, retryOf(3, 1, "w2", "late"));

    assertThat(ledger().attempts(job, set("3")).get(3L)).extracting(p -> p.failure().message()).containsExactly("second");
  }

  // -- the rest ------------------------------------------------------------------------------------------------------------------

  @Test
  public void theFirstFailureOfEachRunIsTold() throws Exception {
    ConcurrentLinkedQueue<JobRef> heard = new ConcurrentLinkedQueue<>();
    try (AutoCloseable listening = ledger().listen(heard::add)) {
      await().atMost(Duration.ofSeconds(10)).until(() -> {
        // repeated, because a subscription takes a moment
        ledger().fail(Accounts.newJobIn(ledger()), "InvalidSource", "x");
        return !heard.isEmpty();
      });
      ledger().settle(job, failure(set("0"), 1, "w1", GONE));
      await().atMost(Duration.ofSeconds(5)).until(() -> heard.contains(job));
      ledger().finish(job, 1, JobPhase.FAILED);
      ledger().redrive(job, "again", ALL);
      heard.removeIf(job::equals);
      ledger().settle(job, failure(set("0"), 1, "w1", GONE));
      await().atMost(Duration.ofSeconds(5)).until(() -> heard.contains(job));
      heard.removeIf(job::equals);
      ledger().completeIntake(job, 2, 3);
      await().atMost(Duration.ofSeconds(5)).until(() -> heard.contains(job));
      heard.removeIf(job::equals);
      ledger().cancel(job);
      await().atMost(Duration.ofSeconds(5)).until(() -> heard.contains(job));
    }
  }

  @Test
  public void theseStepsRefuseAJobWithoutAnAccountToo() {
    Ledger l = ledger();
    ledger().delete(job);
    List<org.assertj.core.api.ThrowableAssert.ThrowingCallable> steps = List.of(
        () -> l.enter(job, "w", set("0")), () -> l.crashed(job, "w", true), () -> l.attempts(job, set("0")), () -> l.markMissing(job),
        () -> l.gaps(job, 1, 0, 5), () -> l.fed(job, 1, set("0")), () -> l.restartGaps(job), () -> l.copies(job, set("0")),
        () -> l.suspend(job, true), () -> l.cancel(job), () -> l.redrive(job, "r", ALL), () -> l.failures(job, Optional.empty(), i -> { }),
        () -> l.failureGroups(job, 5));
    steps.forEach(step -> assertThatThrownBy(step).isInstanceOf(LedgerGoneException.class));
    assertThat(l.inside(List.of(job), "w")).isEmpty();
  }
}
