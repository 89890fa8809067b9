package dev.longshore.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemCounts;
import dev.longshore.job.JobSpec;
import dev.longshore.job.JobSpec.Bound;
import dev.longshore.job.JobSpec.Canary;
import dev.longshore.source.ItemReader;
import dev.longshore.source.ItemSource;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourcePosition;
import dev.longshore.store.Accounts;
import dev.longshore.worker.Jobs;
import dev.longshore.worker.Numbers;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Intake that waits: for its backlog, and for its canary. */
class IntakePacingTest {
  private static final Bound NONE = new Bound(0L, null);

  private FeedScene scene;

  @AfterEach
  void close() {
    if (scene != null) {
      scene.close();
    }
  }

  private void given(JobSpec spec) {
    scene = new FeedScene(spec);
  }

  private void succeed(long first, long last) {
    each(first, last, some -> scene.ledger.settle(FeedScene.JOB, Accounts.success(some, 1, "w", null)));
  }

  private void fail(long first, long last) {
    each(first, last, some -> scene.ledger.settle(FeedScene.JOB, Accounts.failure(some, 1, "w", new Failure("No", "not today"))));
  }

  private void each(long first, long last, java.util.function.Consumer<IndexSet> settle) {
    Stretches stretches = new Stretches(IndexSet.range(first, last));
    for (IndexSet some = stretches.next(1_000); !some.isEmpty(); some = stretches.next(1_000)) {
      scene.ledger.take(FeedScene.JOB, some, 1, "w");
      settle.accept(some);
    }
  }

  /** Counts how often it is opened. */
  private static ItemSource counted(ItemSource source, AtomicInteger opened) {
    return new ItemSource() {
      @Override
      public ItemReader open(Optional<SourcePosition> from) throws SourceException {
        opened.incrementAndGet();
        return source.open(from);
      }

      @Override
      public Optional<Long> estimate() {
        return source.estimate();
      }
    };
  }

  @Test
  void stopsExactlyAtTheBoundAndGoesOnWhenAQuarterIsFree() {
    given(Jobs.spec().maxBacklog(1_000).build());
    AtomicInteger opened = new AtomicInteger();
    ItemSource source = counted(Numbers.upTo(2_500), opened);
    assertThat(scene.intake(source)).isEqualTo(End.SOON);
    assertThat(scene.published()).isEqualTo(IndexSet.range(0, 999));

    succeed(0, 199);
    assertThat(scene.intake(source)).as("a fifth is free").isEqualTo(End.STILL);
    assertThat(scene.published().size()).isEqualTo(1_000);

    succeed(200, 249);
    assertThat(scene.intake(source)).isEqualTo(End.SOON);
    assertThat(scene.published()).isEqualTo(IndexSet.range(0, 1_249));

    succeed(250, 1_249);
    assertThat(scene.intake(source)).isEqualTo(End.SOON);
    succeed(1_250, 2_249);
    assertThat(scene.intake(source)).isEqualTo(End.OVER);
    assertThat(scene.published()).isEqualTo(IndexSet.range(0, 2_499));
    assertThat(scene.chunks().stream().mapToLong(work -> work.indexes().size()).sum()).as("nothing is published twice").isEqualTo(2_500);
    assertThat(opened).as("the source waits open").hasValue(1);
  }

  @Test
  void goesOnBeforeAQuarterIsFreeWhenTheWorkersHaveAllThereIs() {
    given(Jobs.spec().maxBacklog(1_000).build());
    assertThat(scene.intake(Numbers.upTo(5_000))).isEqualTo(End.SOON);
    succeed(0, 49);
    scene.ledger.take(FeedScene.JOB, IndexSet.range(50, 999), 1, "w");
    assertThat(scene.intake(Numbers.upTo(5_000))).isEqualTo(End.SOON);
    assertThat(scene.published()).isEqualTo(IndexSet.range(0, 1_049));
  }

  @Test
  void waitsInPlaceForABacklogThatFallsAtOnce() {
    given(Jobs.spec().maxBacklog(100).build());
    // the workers of this test finish all when the backlog is full, as often as intake looks whether to stop
    End end = scene.intake(Numbers.upTo(2_000), () -> {
      ItemCounts counts = scene.reading().counts();
      if (counts.pending() >= 100) {
        succeed(counts.finished(), counts.known() - 1);
      }
      return false;
    });
    assertThat(end).isEqualTo(End.OVER);
    assertThat(scene.published()).isEqualTo(IndexSet.range(0, 1_999));
  }

  @Test
  void whatWasAnnouncedAndNeverPublishedDoesNotHoldUpItsOwnFeed() {
    given(Jobs.spec().maxBacklog(100).build());
    scene.ledger.beginIntake(FeedScene.JOB, 1, "crashed");
    scene.ledger.announce(FeedScene.JOB, 1, 500);
    assertThat(scene.intake(Numbers.upTo(500))).isEqualTo(End.SOON);
    assertThat(scene.published()).isEqualTo(IndexSet.range(0, 99));
  }

  @Test
  void sendsTheCanaryAloneAndTheRestWhenItLives() {
    given(Jobs.spec().canary(new Bound(20L, null), new Bound(2L, null)).build());
    assertThat(scene.intake(Numbers.upTo(500))).isEqualTo(End.SOON);
    assertThat(scene.published()).isEqualTo(IndexSet.range(0, 19));
    succeed(0, 17);
    assertThat(scene.intake(Numbers.upTo(500))).isEqualTo(End.STILL);
    fail(18, 19);
    assertThat(scene.intake(Numbers.upTo(500))).isEqualTo(End.OVER);
    assertThat(scene.published()).isEqualTo(IndexSet.range(0, 499));
    assertThat(scene.reading().failure()).isNull();
  }

  @Test
  void endsTheJobAsSoonAsTooManyOfTheCanaryFailed() {
    given(Jobs.spec().canary(new Bound(20L, null), new Bound(null, 0.1)).build());
    assertThat(scene.intake(Numbers.upTo(500))).isEqualTo(End.SOON);
    fail(3, 5);
    assertThat(scene.intake(Numbers.upTo(500))).isEqualTo(End.OVER);
    assertThat(scene.reading().failure()).satisfies(failure -> {
      assertThat(failure.reason()).isEqualTo("CanaryFailed");
      assertThat(failure.message()).isEqualTo("3 of 20 canary items failed, 2 are allowed");
    });
    assertThat(scene.published()).isEqualTo(IndexSet.range(0, 19));
  }

  @Test
  void aCanaryIsTheSameForAnotherWorkerWhateverTheSourceThenTells() {
    given(Jobs.spec().canary(new Bound(null, 0.01), NONE).build());
    assertThat(scene.intake(Numbers.upTo(3_000), () -> true)).isEqualTo(End.HAND_ON);
    scene.parked.take(index -> false);
    ItemSource tellsNothing = Numbers.upTo(3_000)::open;
    assertThat(scene.intake(tellsNothing)).isEqualTo(End.SOON);
    assertThat(scene.published()).isEqualTo(IndexSet.range(0, 29));
  }

  @Test
  void aJobWithFewerItemsThanItsCanaryJustEnds() {
    given(Jobs.spec().canary(new Bound(20L, null), NONE).build());
    assertThat(scene.intake(Numbers.upTo(5))).isEqualTo(End.OVER);
    assertThat(scene.reading().counts().intakeComplete()).isTrue();
    assertThat(scene.published()).isEqualTo(IndexSet.range(0, 4));
  }

  @Test
  void aCanaryTakenOffLetsTheRestGo() {
    given(Jobs.spec().canary(new Bound(20L, null), NONE).build());
    assertThat(scene.intake(Numbers.upTo(500))).isEqualTo(End.SOON);
    scene.ledger.changeSpec(FeedScene.JOB, Jobs.spec().build());
    assertThat(scene.intake(Numbers.upTo(500))).isEqualTo(End.OVER);
    assertThat(scene.published()).isEqualTo(IndexSet.range(0, 499));
  }

  @Test
  void theExtentOfACanaryIsAtLeastOneItem() {
    assertThat(IntakeGate.extent(null, OptionalLong.of(5))).isNull();
    assertThat(IntakeGate.extent(new Canary(new Bound(null, 0.01), NONE), OptionalLong.of(5))).isEqualTo(1);
    assertThat(IntakeGate.extent(new Canary(new Bound(null, 0.01), NONE), OptionalLong.of(0))).isEqualTo(1);
    assertThat(IntakeGate.extent(new Canary(new Bound(null, 0.01), NONE), OptionalLong.of(2_050))).isEqualTo(21);
    assertThat(IntakeGate.extent(new Canary(new Bound(null, 0.05), NONE), OptionalLong.empty())).as("of 1,000").isEqualTo(50);
    assertThat(IntakeGate.extent(new Canary(new Bound(7L, null), NONE), OptionalLong.of(5))).isEqualTo(7);
  }

  @Test
  void theDeathOfAWorkerThatReadsNoMoreSaysNothingAboutTheSource() {
    given(Jobs.spec().maxBacklog(10).build());
    assertThat(scene.intake(Numbers.upTo(500))).isEqualTo(End.SOON);
    for (int crash = 0; crash < 5; crash++) {
      scene.ledger.crashed(FeedScene.JOB, "a", true);
    }
    assertThat(scene.reading().failure()).isNull();
    scene.ledger.beginIntake(FeedScene.JOB, 1, "a");
    for (int crash = 0; crash < 3; crash++) {
      scene.ledger.crashed(FeedScene.JOB, "a", true);
      scene.ledger.beginIntake(FeedScene.JOB, 1, "a");
    }
    assertThat(scene.reading().failure().reason()).isEqualTo("IntakeCrashed");
  }
}
