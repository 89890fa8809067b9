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
import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemCounts;
import dev.longshore.job.ItemResult;
import dev.longshore.job.JobPhase;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.store.Ledger.Newer;
import dev.longshore.store.Ledger.SettleReply;
import dev.longshore.store.Ledger.TakeReply;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every ledger does. Lease time is {@link #LEASE}. */
public abstract class LedgerContract {
  protected static final Duration LEASE = Duration.ofSeconds(100);
  protected static final Failure GONE = new Failure("HttpStatus404", "404 on https://example.org/7");
  private static final Failure SLOW = new Failure("Timeout", "took 30 s");

  protected JobRef job;

  protected abstract Ledger ledger();

  /** The store's time moves on while it is in use. */
  protected abstract void elapse(Duration time);

  /** The store's time moves on while nobody can reach it. */
  protected abstract void away(Duration time);

  /** Ways to damage an account that has 0-4 succeeded, 5 failed, 6 skipped, 10-14 leased, 15 retrying, 16-19 pending. */
  protected enum Damage {
    COUNTED_TWICE, COUNT_LOST, MARK_LOST, MARK_WITHOUT_COUNT, MARK_BEYOND_KNOWN, NOT_SUCCEEDED_WITHOUT_KIND, TWO_KINDS, KIND_WITHOUT_FINAL,
    FINAL_LEASED, FINAL_RETRYING, RESULT_TWICE, RESULT_OF_PENDING, KNOWN_TOO_LOW
  }

  protected abstract void plant(Damage damage);

  /** How many random runs of {@link RandomSteps}. */
  protected abstract int randomRuns();

  @BeforeEach
  public void openAccount() {
    job = Accounts.newJob();
    assertThat(ledger().open(job, Accounts.spec(), null)).isTrue();
  }

  protected static IndexSet set(String text) {
    return IndexSet.parse(text);
  }

  protected JobReading reading() {
    return ledger().read(List.of(job)).get(job);
  }

  protected ItemCounts counts() {
    ItemCounts counts = reading().counts();
    assertThat(counts.balanced()).as("balance of %s", counts).isTrue();
    return counts;
  }

  protected void sound() {
    assertThat(ledger().audit(job).violations()).isEmpty();
    counts();
  }

  private static TakeReply takes(String yours, String done, Map<Newer, IndexSet> newer, String leased) {
    return new TakeReply(set(yours), set(done), newer, set(leased), IndexSet.empty(), IndexSet.empty(), IndexSet.empty());
  }

  // -- the job -------------------------------------------------------------------------------------------------------------------

  @Test
  public void opensOnceAndKeepsSpecAndInlineData() {
    JobRef inline = Accounts.newJob();
    byte[] data = "[1,2]".getBytes(StandardCharsets.UTF_8);

    assertThat(ledger().open(inline, Accounts.spec(), data)).isTrue();
    assertThat(ledger().open(inline, Accounts.spec(), new byte[] {1})).isFalse();

    assertThat(ledger().spec(inline)).contains(Accounts.spec());
    assertThat(ledger().inline(inline)).hasValueSatisfying(bytes -> assertThat(bytes).isEqualTo(data));
    assertThat(ledger().inline(job)).isEmpty();
    assertThat(reading().run()).isEqualTo(1);
    assertThat(reading().counts()).isEqualTo(ItemCounts.NONE);
  }

  @Test
  public void aChangedSpecKeepsSourceAndProcessor() {
    JobSpec old = Accounts.spec();
    JobSpec changed = new JobSpec(new JobSpec.InlineSource(JobSpec.Format.JSON), old.onMalformed(), null, new JobSpec.NoopProcessor(), null,
        old.guard(), old.batching(), 99, old.maxReplicas(), JobSpec.Priority.LOW, old.retry(), old.failurePolicy(), null, old.maxBacklog(), null,
        false, old.results(), old.allow());

    ledger().changeSpec(job, changed);

    JobSpec kept = ledger().spec(job).orElseThrow();
    assertThat(kept.concurrency()).isEqualTo(99);
    assertThat(kept.priority()).isEqualTo(JobSpec.Priority.LOW);
    assertThat(kept.source()).isEqualTo(old.source());
    assertThat(kept.processor()).isEqualTo(old.processor());
    assertThat(kept.fallback()).isEqualTo(old.fallback()).isNotNull();
  }

  @Test
  public void aJobWithoutAnAccountIsRefusedByEveryStep() {
    ledger().take(job, set("0-9"), 1, "w1");
    ledger().delete(job);
    ledger().delete(job);

    Ledger l = ledger();
    List<org.assertj.core.api.ThrowableAssert.ThrowingCallable> steps = List.of(
        () -> l.changeSpec(job, Accounts.spec()), () -> l.fail(job, "InvalidSource", "x"), () -> l.beginIntake(job, 1, "w"),
        () -> l.announce(job, 1, 5), () -> l.advance(job, 1, 5, "{}"), () -> l.completeIntake(job, 1, 5), () -> l.restartIntake(job),
        () -> l.leaveIntake(job, 1, "w"),
        () -> l.take(job, set("0"), 1, "w"), () -> l.release(job, set("0"), 1, "w"), () -> l.settle(job, success(set("0"), 1, "w", "w")),
        () -> l.forget(job, "w"), () -> l.releaseOlder(job, "w", Duration.ZERO), () -> l.audit(job), () -> l.failedIndexes(job, 5), () -> l.results(job, 0, r -> { }),
        () -> l.publishStatus(job, Map.of("phase", "Running")), () -> l.finish(job, 1, JobPhase.COMPLETE));
    steps.forEach(step -> assertThatThrownBy(step).isInstanceOf(LedgerGoneException.class));
    assertThat(l.read(List.of(job))).isEmpty();
    assertThat(l.spec(job)).isEmpty();
    assertThat(l.position(job)).isEmpty();
    l.beat(List.of(job), "w");
    assertThat(l.read(List.of(job))).isEmpty();
  }

  @Test
  public void aRunEndsOnceAndTheFirstFatalErrorStays() {
    ledger().fail(job, "SourceChanged", "the file grew");
    ledger().fail(job, "InvalidSource", "later");

    assertThat(ledger().finish(job, 2, JobPhase.COMPLETE)).isFalse();
    assertThat(ledger().finish(job, 1, JobPhase.FAILED)).isTrue();
    assertThat(ledger().finish(job, 1, JobPhase.COMPLETE)).isFalse();

    assertThat(reading().failure()).isEqualTo(new JobReading.FatalError("SourceChanged", "the file grew"));
    assertThat(reading().ended()).isEqualTo("Failed");
  }

  @Test
  public void manyJobsAreReadAtOnce() {
    JobRef other = Accounts.newJob();
    ledger().open(other, Accounts.spec(), null);
    ledger().take(other, set("0-4"), 1, "w1");

    Map<JobRef, JobReading> all = ledger().read(List.of(job, Accounts.newJob(), other));

    assertThat(all).containsOnlyKeys(job, other);
    assertThat(all.get(other).counts().inFlight()).isEqualTo(5);
  }

  @Test
  public void tellsOfWhatHappens() throws Exception {
    ConcurrentLinkedQueue<JobRef> heard = new ConcurrentLinkedQueue<>();
    try (AutoCloseable listening = ledger().listen(heard::add)) {
      await().atMost(Duration.ofSeconds(10)).until(() -> {
        // repeated, because a subscription takes a moment
        ledger().fail(Accounts.newJobIn(ledger()), "InvalidSource", "x");
        return !heard.isEmpty();
      });
      hears(heard, () -> ledger().announce(job, 1, 1));
      hears(heard, () -> ledger().announce(job, 1, 2));
      hears(heard, () -> ledger().completeIntake(job, 1, 2));
      hears(heard, () -> ledger().settle(job, success(set("0-1"), 1, "w1", null)));
      JobRef failing = Accounts.newJobIn(ledger());
      ledger().fail(failing, "InvalidSource", "x");
      await().atMost(Duration.ofSeconds(5)).until(() -> heard.contains(failing));
    }
  }

  private void hears(ConcurrentLinkedQueue<JobRef> heard, Runnable step) {
    heard.removeIf(job::equals);
    step.run();
    await().atMost(Duration.ofSeconds(5)).until(() -> heard.contains(job));
  }

  // -- feeds ---------------------------------------------------------------------------------------------------------------------

  @Test
  public void intakeGoesOnFromItsPosition() {
    assertThat(ledger().beginIntake(job, 1, "w1")).contains(new Ledger.IntakeState(java.util.Optional.empty(), 0, 0));
    assertThat(ledger().announce(job, 1, 100)).isTrue();
    assertThat(ledger().advance(job, 1, 60, "{\"at\":60}")).contains(new Ledger.Pace(0, 0, null));
    assertThat(ledger().advance(job, 1, 40, "{\"at\":40}")).isPresent();

    Ledger.IntakeState state = ledger().beginIntake(job, 1, "w2").orElseThrow();
    assertThat(state.position()).contains("{\"at\":60}");
    assertThat(state.index()).isEqualTo(60);
    assertThat(state.announced()).isEqualTo(100);
    assertThat(counts().pending()).isEqualTo(100);
    assertThat(counts().intakeComplete()).isFalse();
    assertThat(reading().intakeStarted()).isNotNull();
  }

  @Test
  public void thePositionIsThereForOthersToo() {
    assertThat(ledger().position(job)).isEmpty();
    ledger().beginIntake(job, 1, "w1");
    ledger().advance(job, 1, 60, "{\"at\":60}");
    ledger().leaveIntake(job, 1, "w1");
    assertThat(ledger().position(job)).contains("{\"at\":60}");
    ledger().completeIntake(job, 1, 60);
    ledger().leaveIntake(job, 1, "w1");
    assertThat(ledger().position(job)).contains("{\"at\":60}");
    assertThat(reading().intake().complete()).isTrue();
  }

  @Test
  public void anOlderFeedIsFenced() {
    ledger().beginIntake(job, 1, "w1");
    assertThat(ledger().restartIntake(job)).contains(2L);

    assertThat(ledger().beginIntake(job, 1, "w1")).isEmpty();
    assertThat(ledger().announce(job, 1, 100)).isFalse();
    assertThat(ledger().advance(job, 1, 60, "{}")).isEmpty();
    assertThat(ledger().completeIntake(job, 1, 100)).isFalse();
    assertThat(counts().known()).isZero();

    assertThat(ledger().completeIntake(job, 2, 3)).isTrue();
    assertThat(ledger().completeIntake(job, 2, 3)).isTrue();
    assertThat(ledger().beginIntake(job, 2, "w1")).isEmpty();
    assertThat(ledger().restartIntake(job)).isEmpty();
    assertThat(counts()).isEqualTo(new ItemCounts(3, true, 3, 0, 0, 0, 0, 0, 0));
  }

  @Test
  public void intakeThatIsSilentIsIdle() {
    ledger().beginIntake(job, 1, "w1");
    elapse(Duration.ofSeconds(30));
    assertThat(reading().intake().idle()).isBetween(Duration.ofSeconds(29), Duration.ofSeconds(35));

    ledger().advance(job, 1, 1, "{}");
    assertThat(reading().intake().idle()).isLessThan(Duration.ofSeconds(3));
    elapse(Duration.ofSeconds(30));
    ledger().completeIntake(job, 1, 1);
    assertThat(reading().intake()).isEqualTo(new JobReading.Intake(1, true, Duration.ZERO));
  }

  @Test
  public void theEndOfIntakeNeverHidesATouchedItem() {
    ledger().take(job, set("0-9"), 1, "w1");
    ledger().completeIntake(job, 1, 5);

    assertThat(counts().known()).isEqualTo(10);
  }

  // -- take ----------------------------------------------------------------------------------------------------------------------

  @Test
  public void takingLeasesAndASecondTakerWaits() {
    assertThat(ledger().take(job, set("0-9"), 1, "w1")).isEqualTo(takes("0-9", "", Map.of(), ""));
    assertThat(ledger().take(job, set("5-14"), 1, "w2")).isEqualTo(takes("10-14", "", Map.of(), "5-9"));

    assertThat(counts()).isEqualTo(new ItemCounts(15, false, 0, 15, 0, 0, 0, 0, 0));
    assertThat(reading().firstStarted()).isNotNull();
    sound();
  }

  @Test
  public void askingAgainGivesTheSameLease() {
    ledger().take(job, set("0-9"), 1, "w1");

    assertThat(ledger().take(job, set("0-9"), 1, "w1")).isEqualTo(takes("0-9", "", Map.of(), ""));
    assertThat(counts().inFlight()).isEqualTo(10);
    sound();
  }

  @Test
  public void finalItemsAreDone() {
    ledger().take(job, set("0-9"), 1, "w1");
    ledger().settle(job, success(set("2-4,7"), 1, "w1", null));

    assertThat(ledger().take(job, set("0-11"), 1, "w2")).isEqualTo(takes("10-11", "2-4,7", Map.of(), "0-1,5-6,8-9"));
    sound();
  }

  @Test
  public void anOlderAttemptIsSentToTheNewer() {
    ledger().take(job, set("0-3"), 1, "w1");
    ledger().settle(job, retry(set("1-2"), 1, "w1", 2, Duration.ofSeconds(3)));

    TakeReply older = ledger().take(job, set("0-3"), 1, "w2");
    assertThat(older.yours()).isEqualTo(IndexSet.empty());
    assertThat(older.leased()).isEqualTo(set("0,3"));
    assertThat(older.newer().values()).containsExactly(set("1-2"));
    Newer newer = older.newer().keySet().iterator().next();
    assertThat(newer.attempt()).isEqualTo(2);
    assertThat(newer.delay()).isBetween(Duration.ofSeconds(2), Duration.ofSeconds(3));

    assertThat(ledger().take(job, set("1-2"), 2, "w2").yours()).isEqualTo(set("1-2"));
    assertThat(ledger().take(job, set("1-2"), 1, "w3")).isEqualTo(takes("", "", Map.of(new Newer(2, Duration.ZERO), set("1-2")), ""));
    assertThat(counts().inFlight()).isEqualTo(4);
    sound();
  }

  @Test
  public void aBeatTellsOfWhichJobsThereIsNoAccount() {
    JobRef deleted = new JobRef(job.namespace(), "deleted", java.util.UUID.randomUUID().toString());
    assertThat(ledger().beat(List.of(job, deleted), "w1")).containsExactly(deleted);
    assertThat(ledger().beat(List.of(job), "w1")).isEmpty();
  }

  @Test
  public void aDeadHoldersLeaseIsTakenOver() {
    ledger().take(job, set("0-9"), 1, "w1");
    elapse(LEASE.minusSeconds(2));
    ledger().beat(List.of(job), "w1");
    elapse(LEASE.minusSeconds(2));
    assertThat(ledger().take(job, set("0-4"), 1, "w2").leased()).isEqualTo(set("0-4"));

    elapse(Duration.ofSeconds(3));
    assertThat(ledger().take(job, set("0-4"), 1, "w2").yours()).isEqualTo(set("0-4"));
    assertThat(counts().inFlight()).isEqualTo(10);
    assertThat(ledger().audit(job).missing()).isEqualTo(set("5-9"));
    sound();
  }

  @Test
  public void aDeadHoldersNewerAttemptStaysNewer() {
    ledger().take(job, set("0-1"), 3, "w1");
    elapse(LEASE.plusSeconds(1));

    assertThat(ledger().take(job, set("0-1"), 2, "w2").newer()).isEqualTo(Map.of(new Newer(3, Duration.ZERO), set("0-1")));
    assertThat(ledger().take(job, set("0-1"), 3, "w2").yours()).isEqualTo(set("0-1"));
  }

  @Test
  public void leasesDoNotAgeWhileTheStoreIsAway() {
    ledger().take(job, set("0-9"), 1, "w1");
    away(Duration.ofHours(1));

    assertThat(ledger().take(job, set("0-9"), 1, "w2").leased()).isEqualTo(set("0-9"));
  }

  @Test
  public void forgettingAHolderEndsItsLeases() {
    ledger().take(job, set("0-4"), 1, "w1");
    ledger().take(job, set("5-9"), 2, "w1");
    ledger().take(job, set("10-14"), 1, "w2");

    ledger().forget(job, "w1");

    assertThat(counts()).isEqualTo(new ItemCounts(15, false, 5, 5, 5, 0, 0, 0, 0));
    assertThat(ledger().take(job, set("0-14"), 1, "w3")).isEqualTo(
        takes("0-4", "", Map.of(new Newer(2, Duration.ZERO), set("5-9")), "10-14"));
    sound();
  }

  @Test
  public void releasedItemsArePendingAgainOrRetryingAndDue() {
    ledger().take(job, set("0-9"), 1, "w1");
    ledger().take(job, set("10-19"), 4, "w1");

    ledger().release(job, set("3-5,12"), 1, "w1");
    ledger().release(job, set("11-12"), 4, "w1");
    ledger().release(job, set("0-19"), 1, "w2");

    assertThat(counts()).isEqualTo(new ItemCounts(20, false, 3, 15, 2, 0, 0, 0, 0));
    assertThat(ledger().take(job, set("3-5"), 1, "w2").yours()).isEqualTo(set("3-5"));
    assertThat(ledger().take(job, set("11-12"), 4, "w2").yours()).isEqualTo(set("11-12"));
    sound();
  }

  @Test
  public void setsThatReachTooFarAreRefused() {
    assertThatThrownBy(() -> ledger().take(job, set("0,1000"), 1, "w1")).isInstanceOf(IllegalArgumentException.class);
    assertThat(ledger().take(job, set("0,999"), 1, "w1").yours()).isEqualTo(set("0,999"));
  }

  @Test
  public void rangesMayLieAcrossABitmapSegment() {
    IndexSet across = set("1048001-1049000");
    ledger().take(job, across, 1, "w1");
    assertThat(ledger().settle(job, success(set("1048001-1048580,1048600"), 1, "w1", "w1")).won()).isEqualTo(set("1048001-1048580,1048600"));
    ledger().settle(job, failure(set("1048581-1048599"), 1, "w1", GONE));

    assertThat(ledger().take(job, across, 1, "w2")).isEqualTo(takes("", "1048001-1048600", Map.of(), "1048601-1049000"));
    assertThat(ledger().failedIndexes(job, 10)).isEqualTo(set("1048581-1048599"));
    assertThat(ledger().audit(job).missing()).isEqualTo(set("0-1048000"));
    sound();
  }

  // -- settle --------------------------------------------------------------------------------------------------------------------

  @Test
  public void everyOutcomeIsCountedOnce() {
    ledger().completeIntake(job, 1, 10);
    ledger().take(job, set("0-9"), 1, "w1");
    Settlement all = Accounts.together(success(set("0-5"), 1, "w1", null), failure(set("6-7"), 1, "w1", GONE), skip(set("8"), 1, "w1"),
        retry(set("9"), 1, "w1", 2, Duration.ofSeconds(1)));

    assertThat(ledger().settle(job, all)).isEqualTo(new SettleReply(set("0-9"), false));
    assertThat(counts()).isEqualTo(new ItemCounts(10, true, 0, 0, 1, 6, 2, 1, 0));
    ledger().settle(job, all);
    assertThat(counts()).isEqualTo(new ItemCounts(10, true, 0, 0, 1, 6, 2, 1, 0));
    assertThat(reading().lastFinal()).isNotNull();

    assertThat(ledger().settle(job, success(set("9"), 2, "w1", null))).isEqualTo(new SettleReply(set("9"), true));
    assertThat(counts().allFinal()).isTrue();
    sound();
  }

  @Test
  public void whoComesSecondWinsNothing() {
    ledger().take(job, set("0-9"), 1, "w1");
    elapse(LEASE.plusSeconds(1));
    ledger().take(job, set("0-9"), 1, "w2");

    // the holder whose lease was taken over comes first
    assertThat(ledger().settle(job, success(set("0-4"), 1, "w1", "w1")).won()).isEqualTo(set("0-4"));
    assertThat(ledger().settle(job, success(set("0-9"), 1, "w2", "w2")).won()).isEqualTo(set("5-9"));
    assertThat(ledger().settle(job, failure(set("0-9"), 1, "w3", GONE)).won()).isEqualTo(IndexSet.empty());

    assertThat(counts()).isEqualTo(new ItemCounts(10, false, 0, 0, 0, 10, 0, 0, 0));
    assertThat(results(0).stream().map(r -> r.index() + text(r.result())))
        .startsWith("0{\"by\":\"w1\"}").endsWith("9{\"by\":\"w2\"}").hasSize(10);
    assertThat(ledger().audit(job).resultItems()).isEqualTo(10);
    sound();
  }

  @Test
  public void anOlderAttemptWinsNothingOfANewer() {
    ledger().take(job, set("0-2"), 1, "w1");
    ledger().settle(job, retry(set("0-2"), 1, "w1", 2, Duration.ZERO));

    assertThat(ledger().settle(job, success(set("0-2"), 1, "w2", null)).won()).isEqualTo(IndexSet.empty());
    ledger().take(job, set("0"), 2, "w2");
    assertThat(ledger().settle(job, failure(set("0-2"), 1, "w1", GONE)).won()).isEqualTo(IndexSet.empty());
    assertThat(ledger().settle(job, success(set("0-2"), 2, "w2", null)).won()).isEqualTo(set("0-2"));
    sound();
  }

  @Test
  public void aRetryWhoseReplyWasLostIsWonAgainByItsHolderOnly() {
    ledger().take(job, set("0-2"), 1, "w1");
    Settlement again = retry(set("0-2"), 1, "w1", 2, Duration.ofSeconds(5));

    assertThat(ledger().settle(job, again).won()).isEqualTo(set("0-2"));
    assertThat(ledger().settle(job, again).won()).isEqualTo(set("0-2"));
    assertThat(ledger().settle(job, retry(set("0-2"), 1, "w2", 2, Duration.ZERO)).won()).isEqualTo(IndexSet.empty());
    assertThat(counts().retrying()).isEqualTo(3);
    sound();
  }

  @Test
  public void aRetryMayKeepItsAttempt() {
    ledger().take(job, set("0-2"), 1, "w1");
    assertThat(ledger().settle(job, retry(set("1"), 1, "w1", 1, Duration.ofSeconds(5))).won()).isEqualTo(set("1"));

    assertThat(counts()).isEqualTo(new ItemCounts(3, false, 0, 2, 1, 0, 0, 0, 0));
    assertThat(ledger().take(job, set("1"), 1, "w2").yours()).isEqualTo(set("1"));
    sound();
  }

  @Test
  public void settlingRaisesWhatIsKnown() {
    assertThat(ledger().settle(job, success(set("5-6"), 1, "w1", null)).won()).isEqualTo(set("5-6"));

    assertThat(counts()).isEqualTo(new ItemCounts(7, false, 5, 0, 0, 2, 0, 0, 0));
  }

  @Test
  public void serviceTimeIsTheMeanOfAllItems() {
    ledger().settle(job, new Settlement(1, "w1", set("0-2"), List.of(), List.of(),
        List.of(new Settlement.RetryAt(3, 2, Duration.ZERO, null)), null, Duration.ofMillis(400)));

    assertThat(reading().busy()).isEqualTo(new JobReading.Busy(Duration.ofMillis(400), 4));
    assertThat(reading().serviceTime()).isEqualTo(Duration.ofMillis(100));
    assertThat(ledger().advance(job, 1, 1, "{}")).contains(new Ledger.Pace(3, 0, Duration.ofMillis(100)));
  }

  // -- failures ------------------------------------------------------------------------------------------------------------------

  @Test
  public void failuresAreGroupedAndOnlyWonOnesCount() {
    ledger().settle(job, success(set("4"), 1, "w1", null));
    ledger().settle(job, failure(set("4-9"), 1, "w1", GONE));
    ledger().settle(job, failure(set("20"), 1, "w1", SLOW));
    ledger().settle(job, failure(set("30"), 1, "w1", new Failure("HttpStatus404", "404 on https://example.org/8")));

    assertThat(reading().groups()).extracting("count", "example", "message")
        .containsExactly(org.assertj.core.groups.Tuple.tuple(6L, 5L, GONE.message()),
            org.assertj.core.groups.Tuple.tuple(1L, 20L, SLOW.message()));
    assertThat(ledger().failedIndexes(job, 10)).isEqualTo(set("5-9,20,30"));
    assertThat(ledger().failedIndexes(job, 2)).isEqualTo(set("5-9,20"));
    sound();
  }

  @Test
  public void rareFailuresShareAGroupWhenThereAreTooMany() {
    for (int block = 0; block < 3; block++) {
      List<Settlement.Failed> failed = new ArrayList<>();
      for (int i = block * 400; i < block * 400 + 400; i++) {
        failed.add(new Settlement.Failed(i, new Failure("Code" + Integer.toString(i, 36).replaceAll("\\d", "x" + (char) ('g' + i % 10))
            + "z".repeat(i % 13), "kind " + "q".repeat(i / 10 % 100) + "w".repeat(i % 10))));
      }
      ledger().settle(job, new Settlement(1, "w1", IndexSet.empty(), failed, List.of(), List.of(), null, Duration.ZERO));
    }

    assertThat(reading().groups()).hasSize(10).first().extracting("fingerprint").isEqualTo("other");
    assertThat(counts().failed()).isEqualTo(1_200);
  }

  // -- results -------------------------------------------------------------------------------------------------------------------

  protected List<ItemResult> results(long from) {
    List<ItemResult> all = new ArrayList<>();
    ledger().results(job, from, all::add);
    assertThat(all).isSortedAccordingTo(java.util.Comparator.comparingLong(ItemResult::index));
    assertThat(all.stream().map(ItemResult::index)).doesNotHaveDuplicates();
    return all;
  }

  @Test
  public void resultsComeInInputOrderWithTheirItems() {
    ledger().settle(job, success(set("3000-3999"), 1, "w1", "c"));
    ledger().settle(job, success(set("0,2,4,6,998"), 1, "w1", "a"));
    ledger().settle(job, failure(set("1,3,5,999"), 2, "w1", GONE));
    ledger().settle(job, skip(set("7"), 1, "w1"));

    List<ItemResult> all = results(0);
    assertThat(all).hasSize(1010);
    assertThat(all.stream().limit(10).map(r -> r.index() + " " + r.status().word())).containsExactly("0 succeeded", "1 failed",
        "2 succeeded", "3 failed", "4 succeeded", "5 failed", "6 succeeded", "7 skipped", "998 succeeded", "999 failed");
    ItemResult first = all.getFirst();
    assertThat(text(first.item())).isEqualTo("{\"id\":0}");
    assertThat(text(first.result())).isEqualTo("{\"by\":\"a\"}");
    assertThat(all.get(1).failure()).isEqualTo(GONE);
    assertThat(all.get(1).attempts()).isEqualTo(2);
    assertThat(results(998).stream().limit(3).map(ItemResult::index)).containsExactly(998L, 999L, 3000L);
    assertThat(results(3990)).hasSize(10);
    assertThat(results(4000)).isEmpty();
  }

  // -- views and the end ---------------------------------------------------------------------------------------------------------

  @Test
  public void auditNamesWhatNobodyWillBring() {
    ledger().announce(job, 1, 40);
    ledger().take(job, set("10-19"), 1, "w1");
    ledger().settle(job, success(set("0-4"), 1, "w1", null));
    ledger().settle(job, retry(set("12-13"), 1, "w1", 2, Duration.ofSeconds(5)));

    AuditReading audit = ledger().audit(job);
    assertThat(audit.missing()).isEqualTo(set("5-9,20-39"));
    assertThat(audit.violations()).isEmpty();
    assertThat(audit.counts()).isEqualTo(counts());
    assertThat(List.of(audit.finalBits(), audit.notSucceededBits(), audit.leasedItems(), audit.retryEntries(), audit.resultItems()))
        .containsExactly(5L, 0L, 8L, 2L, 0L);

    elapse(Duration.ofSeconds(64));
    ledger().beat(List.of(job), "w1");
    assertThat(ledger().audit(job).missing()).isEqualTo(set("5-9,20-39"));
    elapse(Duration.ofSeconds(2));
    ledger().beat(List.of(job), "w1");
    assertThat(ledger().audit(job).missing()).isEqualTo(set("5-9,12-13,20-39"));
  }

  @ParameterizedTest
  @EnumSource
  public void auditFindsDamage(Damage damage) {
    ledger().announce(job, 1, 20);
    ledger().settle(job, success(set("0-4"), 1, "w1", "w1"));
    ledger().settle(job, failure(set("5"), 1, "w1", GONE));
    ledger().settle(job, skip(set("6"), 1, "w1"));
    ledger().take(job, set("10-15"), 1, "w1");
    ledger().settle(job, retry(set("15"), 1, "w1", 2, Duration.ZERO));
    sound();

    plant(damage);

    assertThat(ledger().audit(job).violations()).as(damage.name()).isNotEmpty();
  }

  @Test
  public void randomStepsKeepTheAccountSound() {
    for (long seed = 0; seed < randomRuns(); seed++) {
      job = Accounts.newJobIn(ledger());
      randomRun(seed, new RandomSteps(seed, job, seed % 20 == 0 ? 300 : 12, seed % 20 == 5 ? (1 << 20) - 6 : 0));
    }
  }

  private void randomRun(long seed, RandomSteps steps) {
    StringBuilder story = new StringBuilder("seed " + seed);
    IndexSet finals = IndexSet.empty();
    IndexSet failed = IndexSet.empty();
    for (int i = 0; i < 40; i++) {
      RandomSteps.Step step = steps.next();
      IndexSet failedBefore = ledger().failedIndexes(job, 1_000);
      Object reply = step.run().apply(ledger());
      story.append('\n').append(step.text()).append(" -> ").append(reply);
      if (reply instanceof SettleReply settled) {
        IndexSet retried = IndexSet.of(step.settlement().retries().stream().mapToLong(Settlement.RetryAt::index).toArray());
        IndexSet won = settled.won().minus(retried);
        assertThat(won.minus(finals)).as("nothing is won twice\n%s", story).isEqualTo(won);
        finals = finals.plus(won);
        failed = failed.plus(IndexSet.of(step.settlement().failed().stream().mapToLong(Settlement.Failed::index).filter(won::contains).toArray()));
      }
      if (reply instanceof Ledger.RedriveReply) {
        IndexSet opened = failedBefore.minus(ledger().failedIndexes(job, 1_000));
        finals = finals.minus(opened);
        failed = failed.minus(opened);
      }
      AuditReading audit = ledger().audit(job);
      assertThat(audit.violations()).as(story.toString()).isEmpty();
      assertThat(audit.counts().balanced()).as(story.toString()).isTrue();
      assertThat(audit.counts().finished() - audit.counts().cancelled()).as(story.toString()).isEqualTo(finals.size());
    }
    assertThat(ledger().failedIndexes(job, 1_000)).as(story.toString()).isEqualTo(failed);
    assertThat(IndexSet.of(results(0).stream().filter(result -> result.status() != ItemResult.Status.CANCELLED).mapToLong(ItemResult::index)
        .toArray())).as(story.toString()).isEqualTo(finals);
  }

  @Test
  public void isWellAndDurable() {
    assertThat(ledger().health().up()).isTrue();
    ledger().awaitDurable(job);
    sound();
    ledger().publishStatus(job, Map.of("phase", "Running", "run", "1"));
  }
}
