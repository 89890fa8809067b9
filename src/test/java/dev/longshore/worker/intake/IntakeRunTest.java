package dev.longshore.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemResult;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.job.PoolRef;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.source.ItemReader;
import dev.longshore.source.ItemSource;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourcePosition;
import dev.longshore.source.SourceRecord;
import dev.longshore.store.Ledger;
import dev.longshore.store.memory.MemoryLedger;
import dev.longshore.worker.Jobs;
import dev.longshore.worker.LocalQueues;
import dev.longshore.worker.Numbers;
import dev.longshore.worker.access.JobAccess;
import dev.longshore.worker.access.Outage;
import dev.longshore.worker.meters.JobMeters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class IntakeRunTest {
  private static final JobRef JOB = new JobRef("ns", "numbers", "5f3a9c02");
  private static final Message.Feed FEED = new Message.Feed(1, 1, Message.Target.SOURCE);

  private final MemoryLedger ledger = new MemoryLedger(InstantSource.system(), Duration.ofSeconds(3));
  private final LocalQueues queues = new LocalQueues();
  private final Outage outage = new Outage();

  @AfterEach
  void close() {
    queues.close();
  }

  private void given(JobSpec spec) {
    ledger.open(JOB, spec, null);
    queues.truth().declare(JOB);
  }

  @Test
  void bringsEveryRecordToTheWorkQueueAndSaysHowManyThereAre() {
    given(Jobs.spec().build());
    assertThat(run(Numbers.upTo(12_345), () -> false)).isEqualTo(End.OVER);
    assertThat(published()).containsExactly(IndexSet.range(0, 12_344).ranges().getFirst());
    assertThat(known()).isEqualTo(12_345);
    assertThat(complete()).isTrue();
    assertThat(chunks().getFirst().indexes().size()).isEqualTo(1);
  }

  @Test
  void completesAnEmptySource() {
    given(Jobs.spec().build());
    assertThat(run(Numbers.upTo(0), () -> false)).isEqualTo(End.OVER);
    assertThat(known()).isZero();
    assertThat(complete()).isTrue();
  }

  @Test
  void handsOnWhenItIsStoppedAndGoesOnThere() {
    given(Jobs.spec().build());
    AtomicInteger records = new AtomicInteger();
    assertThat(run(Numbers.upTo(5_000), () -> records.incrementAndGet() > 1_234)).isEqualTo(End.HAND_ON);
    assertThat(complete()).isFalse();
    assertThat(run(Numbers.upTo(5_000), () -> false)).isEqualTo(End.OVER);
    assertThat(published()).containsExactly(new IndexSet.Range(0, 4_999));
    assertThat(chunks().stream().mapToLong(work -> work.indexes().size()).sum()).as("nothing is published twice").isEqualTo(5_000);
  }

  @Test
  void losesNothingWhereverItCrashes() {
    for (int call = 1; ; call++) {
      MemoryLedger truth = new MemoryLedger(InstantSource.system(), Duration.ofSeconds(3));
      truth.open(JOB, Jobs.spec().chunkItems(10).build(), null);
      try (LocalQueues broker = new LocalQueues()) {
        broker.truth().declare(JOB);
        int[] left = {call};
        Ledger ledgerThatCrashes = crashing(Ledger.class, truth, left);
        WorkQueues queuesThatCrash = crashing(WorkQueues.class, broker.truth(), left);
        Throwable crash = catchThrowable(() -> run(ledgerThatCrashes, queuesThatCrash, every7th(200)));
        run(truth, broker.truth(), every7th(200));
        IndexSet chunks = indexes(broker);
        assertThat(chunks).as("crash at call %d", call).isEqualTo(IndexSet.range(0, 199).filter(index -> index % 7 != 0));
        assertThat(truth.read(List.of(JOB)).get(JOB).counts()).satisfies(counts -> {
          assertThat(counts.known()).isEqualTo(200);
          assertThat(counts.skipped()).isEqualTo(29);
          assertThat(counts.intakeComplete()).isTrue();
          assertThat(counts.balanced()).isTrue();
        });
        assertThat(truth.audit(JOB).violations()).isEmpty();
        if (crash == null) {
          assertThat(call).as("calls that a crash was tried at").isGreaterThan(30);
          return;
        }
      }
    }
  }

  @Test
  void endsTheJobAtARecordThatCannotBeRead() {
    given(Jobs.spec().build());
    assertThat(run(new Numbers(100, index -> index == 41), () -> false)).isEqualTo(End.OVER);
    assertThat(ledger.read(List.of(JOB)).get(JOB).failure()).satisfies(failure -> {
      assertThat(failure.reason()).isEqualTo("InvalidSource");
      assertThat(failure.message()).isEqualTo("line 42: no JSON");
    });
  }

  @Test
  void countsARecordThatCannotBeReadAsSkippedWhenTheJobSaysSo() {
    given(Jobs.spec().skipMalformed().build());
    assertThat(run(new Numbers(100, index -> index % 10 == 3), () -> false)).isEqualTo(End.OVER);
    assertThat(ledger.read(List.of(JOB)).get(JOB).counts().skipped()).isEqualTo(10);
    List<ItemResult> results = new ArrayList<>();
    ledger.results(JOB, 0, results::add);
    assertThat(results.getFirst().index()).isEqualTo(3);
    assertThat(results.getFirst().failure().message()).isEqualTo("line 4: no JSON");
    assertThat(results.getFirst().failure().code()).isEqualTo("Malformed");
  }

  @Test
  void endsTheJobWhenTheSourceIsAnotherThanBefore() {
    given(Jobs.spec().build());
    ItemSource changed = from -> {
      throw new SourceException(SourceException.Reason.CHANGED, "its size is 5, it was 4");
    };
    assertThat(run(changed, () -> false)).isEqualTo(End.OVER);
    assertThat(ledger.read(List.of(JOB)).get(JOB).failure().reason()).isEqualTo("SourceChanged");
  }

  @Test
  void goesOnWhereTheSourceBrokeOff() {
    given(Jobs.spec().build());
    AtomicInteger opened = new AtomicInteger();
    ItemSource flaky = from -> {
      opened.incrementAndGet();
      return breakingOff(Numbers.upTo(1_000).open(from), from.map(SourcePosition::index).orElse(0L) + 400);
    };
    assertThat(run(flaky, () -> false)).isEqualTo(End.OVER);
    assertThat(opened).hasValue(3);
    assertThat(published()).containsExactly(new IndexSet.Range(0, 999));
  }

  @Test
  void comesBackLaterWhenTheSourceStaysAway() {
    given(Jobs.spec().build());
    ItemSource away = from -> {
      throw new SourceException(SourceException.Reason.UNAVAILABLE, "connection refused");
    };
    AtomicInteger asked = new AtomicInteger();
    assertThat(run(away, () -> asked.incrementAndGet() > 2)).isEqualTo(End.HAND_ON);
  }

  @Test
  void stopsWhenAnotherFeedHasTakenOver() {
    given(Jobs.spec().build());
    ledger.restartIntake(JOB);
    assertThat(run(Numbers.upTo(10), () -> false)).isEqualTo(End.OVER);
    assertThat(chunks()).isEmpty();
    assertThat(complete()).isFalse();
  }

  @Test
  void comesBackLaterWhenTheBrokerDoesNotTakeItsChunks() {
    given(Jobs.spec().build());
    queues.goAway();
    assertThat(run(Numbers.upTo(10), () -> false)).isEqualTo(End.SOON);
    queues.comeBack();
    assertThat(run(Numbers.upTo(10), () -> false)).isEqualTo(End.OVER);
    assertThat(published()).containsExactly(new IndexSet.Range(0, 9));
  }

  @Test
  void keepsLargeRecordsWithinTheBytesOfAChunk() {
    given(Jobs.spec().build());
    ItemSource large = from -> records(300, index -> new byte[index % 3 == 0 ? 200_000 : 20_000]);
    run(large, () -> false);
    assertThat(published()).containsExactly(new IndexSet.Range(0, 299));
    assertThat(chunks()).allSatisfy(work -> {
      int bytes = work.chunk().items().stream().mapToInt(item -> item.length + 1).sum();
      assertThat(bytes).isLessThanOrEqualTo(256 << 10);
    });
  }

  @Test
  void whatWasReadGoesOnItsWayWhileTheSourceSaysNothing() throws Exception {
    given(Jobs.spec().build());
    CountDownLatch goesOn = new CountDownLatch(1);
    CompletableFuture<End> end = CompletableFuture.supplyAsync(() -> run(from -> silentBehind(Numbers.upTo(10).open(from), 5, goesOn), () -> false));
    Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
      assertThat(published()).as("published, though the sixth record is not there yet").containsExactly(new IndexSet.Range(0, 4));
      assertThat(ledger.position(JOB)).as("the position behind them").hasValueSatisfying(position -> assertThat(position).contains("5"));
    });
    assertThat(end).isNotDone();
    goesOn.countDown();
    assertThat(end.get(30, TimeUnit.SECONDS)).isEqualTo(End.OVER);
    assertThat(published()).containsExactly(new IndexSet.Range(0, 9));
    assertThat(chunks().stream().mapToLong(work -> work.indexes().size()).sum()).as("nothing is published twice").isEqualTo(10);
    assertThat(complete()).isTrue();
  }

  /** Not ready behind so many records: the next one comes once {@code goesOn}. */
  private static ItemReader silentBehind(ItemReader reader, long records, CountDownLatch goesOn) {
    return new ItemReader() {
      @Override
      public SourceRecord next() throws SourceException {
        try {
          if (!ready()) {
            goesOn.await();
          }
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
        return reader.next();
      }

      @Override
      public boolean ready() {
        return reader.position().index() != records;
      }

      @Override
      public SourcePosition position() {
        return reader.position();
      }

      @Override
      public void close() {
        reader.close();
      }
    };
  }

  private static ItemReader records(int count, java.util.function.IntFunction<byte[]> record) {
    return new ItemReader() {
      private int next;

      @Override
      public SourceRecord next() {
        return next == count ? null : new SourceRecord.Value(record.apply(next++));
      }

      @Override
      public SourcePosition position() {
        return new SourcePosition(next, "pin", "");
      }

      @Override
      public void close() {}
    };
  }

  private static ItemReader breakingOff(ItemReader reader, long before) {
    return new ItemReader() {
      @Override
      public SourceRecord next() throws SourceException {
        if (reader.position().index() == before) {
          throw new SourceException(SourceException.Reason.UNAVAILABLE, "connection reset");
        }
        return reader.next();
      }

      @Override
      public SourcePosition position() {
        return reader.position();
      }

      @Override
      public void close() {
        reader.close();
      }
    };
  }

  private static Numbers every7th(long count) {
    return new Numbers(count, index -> index % 7 == 0);
  }

  /** Stands before {@code real} and crashes the caller before the call that makes {@code left} zero, which is not made. */
  private static <T> T crashing(Class<T> port, T real, int[] left) {
    return port.cast(Proxy.newProxyInstance(port.getClassLoader(), new Class<?>[] {port}, (proxy, method, args) -> {
      if (--left[0] == 0) {
        throw new IllegalStateException("crash");
      }
      try {
        return method.invoke(real, args);
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    }));
  }

  private End run(ItemSource source, BooleanSupplier stop) {
    JobSpec spec = ledger.spec(JOB).orElseThrow();
    JobAccess access = new JobAccess(JOB, "a", ledger, queues.port(), outage, meters());
    return new IntakeRun(access, (s, inline) -> source, spec, 1, FEED, new ParkedSource(), stop).run();
  }

  private static End run(Ledger ledger, WorkQueues queues, ItemSource source) {
    JobAccess access = new JobAccess(JOB, "a", ledger, queues, new Outage(), meters());
    JobSpec spec = Jobs.spec().chunkItems(10).skipMalformed().build();
    return new IntakeRun(access, (s, inline) -> source, spec, 1, FEED, new ParkedSource(), () -> false).run();
  }

  private List<Message.Work> chunks() {
    return queues.ready(JOB, Kind.WORK).stream().map(Message.Work.class::cast).toList();
  }

  private List<IndexSet.Range> published() {
    return indexes(queues).ranges();
  }

  private static IndexSet indexes(LocalQueues queues) {
    return queues.ready(JOB, Kind.WORK).stream().map(message -> ((Message.Work) message).indexes())
        .reduce(IndexSet.empty(), IndexSet::plus);
  }

  private long known() {
    return ledger.read(List.of(JOB)).get(JOB).counts().known();
  }

  private boolean complete() {
    return ledger.read(List.of(JOB)).get(JOB).counts().intakeComplete();
  }

  private static JobMeters meters() {
    return new JobMeters(new SimpleMeterRegistry(), new PoolRef("ns", "pool"), JOB, "noop");
  }
}
