package dev.longshore.worker.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import dev.longshore.worker.trace.Traces;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;

/** One call of a processor with a fallback: items from 10 on fail for good with the processor. */
class FallbackCallTest {
  private static final Failure NO = new Failure("No", "not today");
  private static final Failure NEITHER = new Failure("Neither", "not by the fallback");

  private final List<List<Long>> given = new CopyOnWriteArrayList<>();
  private final List<IndexSet> inside = new CopyOnWriteArrayList<>();
  private final Calls calls = new Calls(new JobRef("ns", "job", "u1"), new WorkerGate(), new Entrance(inside::add),
      (item, outcome) -> outcome instanceof Outcome.Fail, Traces.NONE);

  /** What is done to a batch. */
  private interface Act {
    List<Outcome> on(List<WorkItem> batch) throws InterruptedException;
  }

  private record Acting(int batchSize, Act act, BatchProcessor fallback, Runnable onClose) implements BatchProcessor {
    @Override
    public List<Outcome> call(List<WorkItem> batch) throws InterruptedException {
      return act.on(batch);
    }

    @Override
    public void close() {
      onClose.run();
    }
  }

  private static List<Outcome> each(List<WorkItem> batch, LongFunction<Outcome> outcome) {
    return batch.stream().map(item -> outcome.apply(item.index())).toList();
  }

  private void use(int fallbackBatch, Act fallback) {
    BatchProcessor second = new Acting(fallbackBatch, batch -> {
      given.add(batch.stream().map(WorkItem::index).toList());
      return fallback.on(batch);
    }, null, () -> { });
    calls.use(new Acting(100, batch -> each(batch, index -> index < 10 ? Outcome.DONE : new Outcome.Fail(NO)), second, () -> { }));
  }

  private Calls.Answer call(long first, int count) {
    return calls.call(new Batch(List.of(new Batch.Segment(Items.taken(first, count), 0, count)), count));
  }

  @Test
  void asksTheFallbackAboutWhatFailedAndNothingElse() {
    use(100, batch -> each(batch, index -> Outcome.success(("\"" + index + "\"").getBytes())));
    Calls.Answer answer = call(8, 4);
    assertThat(given).containsExactly(List.of(10L, 11L));
    assertThat(answer.outcomes().subList(0, 2)).containsOnly(Outcome.DONE);
    assertThat(answer.outcomes().subList(2, 4)).extracting(outcome -> new String(((Outcome.Success) outcome).result()))
        .containsExactly("\"10\"", "\"11\"");
    assertThat(answer.fellBack()).isEmpty();
    assertThat(inside).as("told once, for both").containsExactly(IndexSet.range(8, 11));
    call(0, 5);
    assertThat(given).hasSize(1);
  }

  @Test
  void keepsToTheFallbacksOwnBatchSize() {
    use(2, batch -> each(batch, index -> Outcome.DONE));
    assertThat(call(9, 6).outcomes()).hasSize(6).containsOnly(Outcome.DONE);
    assertThat(given).containsExactly(List.of(10L, 11L), List.of(12L, 13L), List.of(14L));
  }

  @Test
  void takesWhatTheFallbackSaysAsFinal() {
    use(100, batch -> each(batch, index -> switch ((int) index) {
      case 10 -> Outcome.retry(NEITHER);
      case 11 -> new Outcome.Fail(NEITHER);
      case 12 -> new Outcome.Skip("why");
      default -> Outcome.DONE;
    }));
    Calls.Answer answer = call(10, 4);
    Outcome failed = new Outcome.Fail(NEITHER);
    assertThat(answer.outcomes()).containsExactly(failed, failed, new Outcome.Skip("why"), Outcome.DONE);
    assertThat(answer.fellBack()).isEqualTo(Map.of(10L, NO, 11L, NO));
  }

  @Test
  void failsWhatTheFallbackThrowsAtOrDoesNotAnswer() {
    use(1, batch -> {
      if (batch.getFirst().index() == 10) {
        throw new IllegalStateException("no");
      }
      return List.of();
    });
    Calls.Answer answer = call(10, 2);
    assertThat(answer.outcomes()).extracting(outcome -> ((Outcome.Fail) outcome).failure().code())
        .containsExactly("IllegalStateException", "WrongAnswer");
    assertThat(answer.fellBack()).containsOnlyKeys(10L, 11L);
  }

  @Test
  void givesBackWhatTheFallbackDoesNotBlame() {
    Outcome open = new Outcome.Retry(NEITHER, null, false);
    use(100, batch -> each(batch, index -> open));
    Calls.Answer answer = call(10, 1);
    assertThat(answer.outcomes()).containsExactly(open);
    assertThat(answer.fellBack()).isEmpty();
  }

  @Test
  void beginsNoFallbackWhileCallsAreHeld() {
    use(1, batch -> {
      calls.hold();
      return each(batch, index -> Outcome.DONE);
    });
    assertThat(call(9, 4).outcomes()).containsExactly(Outcome.DONE, Outcome.DONE, Taken.HANDED_BACK, Taken.HANDED_BACK);
    assertThat(given).containsExactly(List.of(10L));
  }

  @Test
  void aFallbackThatIsInterruptedChargesNobody() {
    Semaphore never = new Semaphore(0);
    use(1, batch -> {
      never.acquire();
      return List.of();
    });
    CompletableFuture<Calls.Answer> answer = new CompletableFuture<>();
    Thread.ofVirtual().start(() -> answer.complete(call(9, 3)));
    await().until(never::hasQueuedThreads);
    calls.hold();
    calls.interrupt();
    assertThat(answer.join().outcomes()).containsExactly(Outcome.DONE, Taken.HANDED_BACK, Taken.HANDED_BACK);
    assertThat(answer.join().fellBack()).isEmpty();
    assertThat(given).hasSize(1);
  }

  @Test
  void closesBehindTheFallback() {
    List<String> order = new ArrayList<>();
    BatchProcessor second = new Acting(1, batch -> {
      calls.use(new Acting(1, more -> List.of(), null, () -> { }));
      order.add("fallback");
      return List.of(Outcome.DONE);
    }, null, () -> { });
    calls.use(new Acting(1, batch -> List.of(new Outcome.Fail(NO)), second, () -> order.add("closed")));
    call(10, 1);
    assertThat(order).containsExactly("fallback", "closed");
  }

  @Test
  void aDeliveryTellsWhatFellBackInItsRounds() {
    Taken taken = Items.taken(10, 2);
    Map<Long, Failure> ofSeveral = Map.of(10L, NO, 99L, NO);
    taken.record(0, new Calls.Answer(List.of(new Outcome.Fail(NEITHER), Outcome.DONE), ofSeveral, 0), 0, 2, 0, 0);
    assertThat(taken.nextRound().fellBack()).isEqualTo(Map.of(10L, NO));
  }
}
