package dev.longshore.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobSpec;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues;
import dev.longshore.source.ItemReader;
import dev.longshore.source.ItemSource;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourcePosition;
import dev.longshore.source.SourceRecord;
import dev.longshore.store.Accounts;
import dev.longshore.store.Ledger;
import dev.longshore.store.Ledger.Gaps;
import dev.longshore.store.Ledger.Selection;
import dev.longshore.worker.Jobs;
import dev.longshore.worker.Numbers;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GapsRunTest {
  private FeedScene scene;

  @AfterEach
  void close() {
    scene.close();
  }

  private void given(JobSpec spec) {
    scene = new FeedScene(spec);
  }

  /** Intake of so many items is over, and all that were published got lost; what is not marked is done. */
  private Gaps lost(long items, IndexSet lost) {
    assertThat(scene.intake(Numbers.upTo(items))).isEqualTo(End.OVER);
    scene.purgeWork();
    IndexSet done = IndexSet.range(0, items - 1).minus(lost);
    Stretches stretches = new Stretches(done);
    for (IndexSet some = stretches.next(1_000); !some.isEmpty(); some = stretches.next(1_000)) {
      scene.ledger.take(FeedScene.JOB, some, 1, "w");
      scene.ledger.settle(FeedScene.JOB, Accounts.success(some, 1, "w", null));
    }
    Gaps gaps = scene.ledger.markMissing(FeedScene.JOB);
    assertThat(gaps.items()).isEqualTo(lost.size());
    return gaps;
  }

  private static IndexSet every(int step, long items) {
    return IndexSet.range(0, items - 1).filter(index -> index % step == 0);
  }

  @Test
  void bringsBackAllThatAPurgedQueueLost() {
    given(Jobs.spec().build());
    Gaps gaps = lost(5_000, IndexSet.range(0, 4_999));
    assertThat(scene.gaps(gaps.epoch(), Numbers.upTo(5_000))).isEqualTo(End.OVER);
    assertThat(scene.published()).isEqualTo(IndexSet.range(0, 4_999));
    assertThat(scene.payloads()).hasSize(5_000).allSatisfy((index, json) -> assertThat(json).isEqualTo(Long.toString(index)));
    assertThat(scene.chunks()).allSatisfy(work -> assertThat(work.attempt()).isEqualTo(1));
    assertThat(scene.reading().gaps().items()).isZero();
  }

  @Test
  void bringsOnlyWhatIsMarkedInChunksOfNeighbours() {
    given(Jobs.spec().build());
    IndexSet lost = every(100, 20_000).plus(IndexSet.range(7_000, 7_250));
    Gaps gaps = lost(20_000, lost);
    assertThat(scene.gaps(gaps.epoch(), Numbers.upTo(20_000))).isEqualTo(End.OVER);
    assertThat(scene.published()).isEqualTo(lost);
    assertThat(scene.payloads()).allSatisfy((index, json) -> assertThat(json).isEqualTo(Long.toString(index)));
    assertThat(scene.chunks()).hasSizeLessThan(80).allSatisfy(work -> assertThat(work.indexes().span()).isLessThanOrEqualTo(1_000));
    assertThat(scene.reading().gaps().items()).isZero();
  }

  @Test
  void takesItemsFromTheirCopiesAndDoesNotEvenOpenTheSource() {
    given(Jobs.spec().build());
    assertThat(scene.intake(Numbers.upTo(50))).isEqualTo(End.OVER);
    scene.purgeWork();
    IndexSet all = IndexSet.range(0, 49);
    scene.ledger.take(FeedScene.JOB, all, 1, "w");
    scene.ledger.settle(FeedScene.JOB, Accounts.failure(all, 1, "w", new Failure("No", "not today")));
    Gaps gaps = scene.ledger.redrive(FeedScene.JOB, "again", new Selection.All()).gaps();
    assertThat(gaps.items()).isEqualTo(50);
    ItemSource gone = from -> {
      throw new SourceException(SourceException.Reason.INVALID, "spec.source.file.path: it is gone");
    };
    assertThat(scene.gaps(gaps.epoch(), gone)).isEqualTo(End.OVER);
    assertThat(scene.payloads()).hasSize(50).containsEntry(17L, "{\"id\":17}");
    assertThat(scene.reading().failure()).isNull();
    assertThat(scene.reading().gaps().items()).isZero();
  }

  @Test
  void readsFromTheSourceWhatHasNoCopy() {
    given(Jobs.spec().build());
    assertThat(scene.intake(Numbers.upTo(3_000))).isEqualTo(End.OVER);
    scene.purgeWork();
    IndexSet failed = IndexSet.range(1_000, 1_099);
    scene.ledger.take(FeedScene.JOB, failed, 1, "w");
    scene.ledger.settle(FeedScene.JOB, Accounts.failure(failed, 1, "w", new Failure("No", "not today")));
    scene.ledger.redrive(FeedScene.JOB, "again", new Selection.All());
    long epoch = scene.ledger.markMissing(FeedScene.JOB).epoch();
    assertThat(scene.gaps(epoch, Numbers.upTo(3_000))).isEqualTo(End.OVER);
    assertThat(scene.payloads()).hasSize(3_000).containsEntry(999L, "999").containsEntry(1_050L, "{\"id\":1050}").containsEntry(1_100L, "1100");
  }

  @Test
  void losesNothingWhereverItCrashes() {
    for (int call = 1; ; call++) {
      given(Jobs.spec().chunkItems(10).build());
      try {
        IndexSet lost = IndexSet.range(30, 129).minus(every(7, 200));
        Gaps gaps = lost(200, lost);
        int[] left = {call};
        Ledger ledgerThatCrashes = FeedScene.crashing(Ledger.class, scene.ledger, left);
        WorkQueues queuesThatCrash = FeedScene.crashing(WorkQueues.class, scene.queues.truth(), left);
        Throwable crash = catchThrowable(() -> scene.gaps(gaps.epoch(), ledgerThatCrashes, queuesThatCrash, Numbers.upTo(200), new ParkedSource(),
            FeedScene.NEVER));
        scene.ledger.restartGaps(FeedScene.JOB).ifPresent(epoch -> scene.gaps(epoch, Numbers.upTo(200)));
        assertThat(scene.published()).as("crash at call %d", call).isEqualTo(lost);
        assertThat(scene.reading().gaps().items()).as("crash at call %d", call).isZero();
        assertThat(scene.ledger.audit(FeedScene.JOB).violations()).isEmpty();
        if (crash == null) {
          assertThat(call).as("calls that a crash was tried at").isGreaterThan(20);
          return;
        }
      } finally {
        scene.close();
      }
    }
  }

  @Test
  void endsTheJobWhenTheSourceIsAnotherThanIntakeRead() {
    given(Jobs.spec().build());
    Gaps gaps = lost(100, IndexSet.range(50, 59));
    ItemSource changed = from -> {
      assertThat(from).as("what was pinned at the first read").isPresent();
      assertThat(from.orElseThrow().pin()).isEqualTo("pin");
      throw new SourceException(SourceException.Reason.CHANGED, "its size is 5, it was 4");
    };
    assertThat(scene.gaps(gaps.epoch(), changed)).isEqualTo(End.OVER);
    assertThat(scene.reading().failure().reason()).isEqualTo("SourceChanged");
    assertThat(scene.chunks()).isEmpty();
  }

  @Test
  void endsTheJobWhenTheSourceHasBecomeShorter() {
    given(Jobs.spec().build());
    Gaps gaps = lost(100, IndexSet.range(50, 59));
    assertThat(scene.gaps(gaps.epoch(), Numbers.upTo(55))).isEqualTo(End.OVER);
    assertThat(scene.reading().failure()).satisfies(failure -> {
      assertThat(failure.reason()).isEqualTo("SourceChanged");
      assertThat(failure.message()).contains("it has 55 records now");
    });
  }

  @Test
  void countsAMarkedRecordThatCannotBeReadAsSkipped() {
    given(Jobs.spec().skipMalformed().build());
    Gaps gaps = lost(100, IndexSet.range(20, 39));
    assertThat(scene.gaps(gaps.epoch(), new Numbers(100, index -> index == 27))).isEqualTo(End.OVER);
    assertThat(scene.published()).isEqualTo(IndexSet.range(20, 39).minus(IndexSet.of(27)));
    assertThat(scene.reading().counts().skipped()).isEqualTo(1);
    assertThat(scene.reading().gaps().items()).isZero();
  }

  @Test
  void stopsWhenAnotherFeedHasTakenOver() {
    given(Jobs.spec().build());
    Gaps gaps = lost(100, IndexSet.range(0, 99));
    scene.ledger.restartGaps(FeedScene.JOB);
    assertThat(scene.gaps(gaps.epoch(), Numbers.upTo(100))).isEqualTo(End.OVER);
    assertThat(scene.chunks()).isEmpty();
    assertThat(scene.reading().gaps().items()).isEqualTo(100);
  }

  @Test
  void handsOnWhenItIsStoppedAndGoesOnInTheMiddleOfTheSource() {
    given(Jobs.spec().build());
    Gaps gaps = lost(5_000, IndexSet.range(1_000, 3_999));
    AtomicInteger opened = new AtomicInteger();
    ItemSource source = from -> {
      opened.incrementAndGet();
      return Numbers.upTo(5_000).open(from);
    };
    AtomicInteger asked = new AtomicInteger();
    assertThat(scene.gaps(gaps.epoch(), source, () -> asked.incrementAndGet() > 500)).isEqualTo(End.HAND_ON);
    assertThat(scene.chunks()).as("stopped on the way to the first one").isEmpty();
    asked.set(0);
    assertThat(scene.gaps(gaps.epoch(), source, () -> asked.incrementAndGet() > 1_500)).isEqualTo(End.HAND_ON);
    assertThat(scene.published().size()).isBetween(500L, 2_000L);
    assertThat(scene.gaps(gaps.epoch(), source)).isEqualTo(End.OVER);
    assertThat(scene.published()).isEqualTo(IndexSet.range(1_000, 3_999));
    assertThat(scene.chunks().stream().mapToLong(work -> work.indexes().size()).sum()).as("nothing is published twice").isEqualTo(3_000);
    assertThat(opened).as("opened to be compared, and to be read").hasValue(2);
  }

  @Test
  void waitsForASourceThatIsAway() {
    given(Jobs.spec().build());
    Gaps gaps = lost(1_000, IndexSet.range(0, 999));
    AtomicInteger opened = new AtomicInteger();
    ItemSource flaky = from -> {
      if (opened.incrementAndGet() < 3) {
        throw new SourceException(SourceException.Reason.UNAVAILABLE, "connection refused");
      }
      return Numbers.upTo(1_000).open(from);
    };
    assertThat(scene.gaps(gaps.epoch(), flaky)).isEqualTo(End.OVER);
    assertThat(scene.published()).isEqualTo(IndexSet.range(0, 999));
  }

  @Test
  void comesAgainSoonWhenTheBrokerDoesNotTakeItsChunks() {
    given(Jobs.spec().build());
    Gaps gaps = lost(10, IndexSet.range(0, 9));
    scene.queues.goAway();
    assertThat(scene.gaps(gaps.epoch(), Numbers.upTo(10))).isEqualTo(End.SOON);
    assertThat(scene.reading().gaps().items()).isEqualTo(10);
    scene.queues.comeBack();
    assertThat(scene.gaps(gaps.epoch(), Numbers.upTo(10))).isEqualTo(End.OVER);
    assertThat(scene.published()).isEqualTo(IndexSet.range(0, 9));
  }

  @Test
  void keepsLargeItemsWithinTheBytesOfAChunk() {
    given(Jobs.spec().build());
    Gaps gaps = lost(300, IndexSet.range(0, 299));
    ItemSource large = from -> new ItemReader() {
      private int next;

      @Override
      public SourceRecord next() {
        return new SourceRecord.Value(new byte[next++ % 3 == 0 ? 200_000 : 20_000]);
      }

      @Override
      public SourcePosition position() {
        return new SourcePosition(next, "pin", "");
      }

      @Override
      public void close() {}
    };
    assertThat(scene.gaps(gaps.epoch(), large)).isEqualTo(End.OVER);
    assertThat(scene.published()).isEqualTo(IndexSet.range(0, 299));
    List<Message.Work> chunks = scene.chunks();
    assertThat(chunks).allSatisfy(work ->
        assertThat(work.chunk().items().stream().mapToInt(item -> item.length + 1).sum()).isLessThanOrEqualTo(256 << 10));
  }
}
