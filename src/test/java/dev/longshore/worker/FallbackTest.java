package dev.longshore.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.longshore.job.Chunk;
import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemCounts;
import dev.longshore.job.ItemResult;
import dev.longshore.job.ItemResult.Status;
import dev.longshore.job.JobSpec;
import dev.longshore.job.JobSpec.RetryAction;
import dev.longshore.job.JobSpec.RetryRule;
import dev.longshore.job.JobSpec.When;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.worker.execute.BatchProcessor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Items that fail for good with the processor, from there to their result. */
class FallbackTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Failure NO = new Failure("No", "not today");
  private static final Failure NEITHER = new Failure("Neither", "not by the fallback");

  private final List<WorkItem> fellBack = new CopyOnWriteArrayList<>();
  private Scene scene;

  private record Both(BatchProcessor processor, BatchProcessor fallback) implements BatchProcessor {
    @Override
    public List<Outcome> call(List<WorkItem> batch) throws InterruptedException {
      return processor.call(batch);
    }

    @Override
    public int batchSize() {
      return processor.batchSize();
    }

    @Override
    public void close() {
      processor.close();
    }
  }

  @AfterEach
  void close() {
    scene.close();
  }

  private void given(JobSpec spec, long items) {
    scene = new Scene(spec, Numbers.upTo(items));
  }

  private Worker worker(String pod, Function<WorkItem, Outcome> processor, Function<WorkItem, Outcome> fallback) {
    return scene.worker(pod, new Both(scene.processor(10, batch -> batch.stream().map(processor).toList()), scene.processor(3, batch -> {
      fellBack.addAll(batch);
      return batch.stream().map(fallback).toList();
    })));
  }

  private static RetryRule rule(RetryAction action, String... codes) {
    return new RetryRule(new When(Set.of(), Set.of(), Set.of(), Set.of(codes), Set.of(), null), action, null, null);
  }

  @Test
  void theFallbackGetsWhatFailedForGoodOnceAndItsOutcomeIsTheItems() {
    given(Jobs.spec().withFallback().maxAttempts(3).build(), 200);
    worker("a", item -> switch ((int) (item.index() % 10)) {
      case 1 -> new Outcome.Fail(NO);
      case 2, 3 -> Outcome.retry(new Failure("No", "not at attempt " + item.attempt()));
      case 4 -> item.attempt() < 3 ? Outcome.retry(NO) : Outcome.DONE;
      case 5 -> new Outcome.Skip("odd");
      default -> Outcome.DONE;
    }, item -> item.index() % 10 == 3 ? Outcome.retry(NEITHER) : Outcome.success("\"mended\"".getBytes()));
    ItemCounts counts = scene.awaitEnd();
    assertThat(List.of(counts.succeeded(), counts.failed(), counts.skipped())).containsExactly(160L, 20L, 20L);
    assertThat(fellBack).extracting(WorkItem::index).doesNotHaveDuplicates()
        .containsExactlyInAnyOrderElementsOf(LongStream.range(0, 200).filter(i -> i % 10 >= 1 && i % 10 <= 3).boxed().toList());
    assertThat(fellBack).allSatisfy(item -> assertThat(item.attempt()).isEqualTo(item.index() % 10 == 1 ? 1 : 3));
    List<ItemResult> results = scene.results();
    assertThat(results.get(1)).satisfies(result -> {
      assertThat(result.status()).isEqualTo(Status.SUCCEEDED);
      assertThat(result.attempts()).isEqualTo(1);
      assertThat(new String(result.result())).isEqualTo("\"mended\"");
    });
    assertThat(results.get(2).attempts()).as("the fallback is no attempt").isEqualTo(3);
    assertThat(results.get(3).failure()).isEqualTo(NEITHER);
    assertThat(letters()).hasSize(20).allSatisfy(letter -> {
      assertThat(letter.path("attempts").asInt()).isEqualTo(3);
      assertThat(letter.path("code").asText()).isEqualTo("Neither");
      assertThat(letter.path("errors")).extracting(e -> e.path("attempt").asText() + " " + e.path("message").asText() + " "
          + e.path("fallback").asBoolean()).containsExactly("1 not at attempt 1 false", "2 not at attempt 2 false",
          "3 not at attempt 3 false", "3 not by the fallback true");
    });
  }

  @Test
  void rulesSayWhatFallsBackAndNothingAboutTheFallback() {
    given(Jobs.spec().withFallback().maxAttempts(2).rules(rule(RetryAction.FAIL, "Fail"), rule(RetryAction.SKIP, "Skip", "Neither"),
        rule(RetryAction.IGNORE, "Ignore")).build(), 40);
    Set<Long> ignored = ConcurrentHashMap.newKeySet();
    worker("a", item -> switch ((int) (item.index() % 4)) {
      case 0 -> Outcome.retry(new Failure("Fail", "by a rule"));
      case 1 -> new Outcome.Fail(new Failure("Skip", "by a rule"));
      case 2 -> ignored.add(item.index()) ? Outcome.retry(new Failure("Ignore", "once")) : Outcome.DONE;
      default -> Outcome.DONE;
    }, item -> new Outcome.Fail(NEITHER));
    ItemCounts counts = scene.awaitEnd();
    assertThat(List.of(counts.succeeded(), counts.failed(), counts.skipped())).containsExactly(20L, 10L, 10L);
    assertThat(fellBack).extracting(item -> item.index() % 4).hasSize(10).containsOnly(0L);
  }

  @Test
  void anItemThatFailsTheJobDoesNotFallBack() {
    given(Jobs.spec().withFallback().rules(rule(RetryAction.FAIL_JOB, "No")).build(), 1);
    worker("a", item -> new Outcome.Fail(NO), item -> Outcome.DONE);
    await().until(() -> scene.reading().failure() != null);
    assertThat(scene.reading().failure().reason()).isEqualTo("ItemFailedJob");
    assertThat(fellBack).isEmpty();
  }

  @Test
  void whatAFallbackDoesNotBlameComesAgainWithItsLastAttempt() {
    given(Jobs.spec().withFallback().maxAttempts(1).build(), 20);
    Set<Long> seen = ConcurrentHashMap.newKeySet();
    worker("a", item -> new Outcome.Fail(NO),
        item -> seen.add(item.index()) ? new Outcome.Retry(NEITHER, Duration.ofMillis(1), false) : Outcome.DONE);
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(20);
    assertThat(fellBack).hasSize(40).allSatisfy(item -> assertThat(item.attempt()).isEqualTo(1));
    assertThat(letters()).isEmpty();
  }

  @Test
  void aDrainFinishesTheFallbackThatRunsAndLeavesTheRestToOthers() {
    given(Jobs.spec().withFallback().concurrency(1).build(), 0);
    Chunk chunk = new Chunk(IndexSet.range(0, 9), 1, IntStream.range(0, 10).mapToObj(i -> ("" + i).getBytes()).toList());
    scene.queues.truth().publish(Scene.JOB, Kind.WORK, Message.Work.of(1, chunk)).join();
    Semaphore pass = new Semaphore(0);
    Worker first = worker("a", item -> new Outcome.Fail(NO), item -> {
      pass.acquireUninterruptibly();
      return Outcome.DONE;
    });
    await().until(() -> fellBack.size() == 3);
    CompletableFuture<Void> drained = first.drain();
    pass.release(100);
    drained.orTimeout(10, TimeUnit.SECONDS).join();
    assertThat(scene.counts().succeeded()).isEqualTo(3);
    worker("b", item -> new Outcome.Fail(NO), item -> Outcome.DONE);
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(10);
    assertThat(fellBack).hasSize(10);
  }

  @Test
  void anItemWhoseFallbackKillsItsWorkerIsFoundAndCharged() {
    given(Jobs.spec().withFallback().concurrency(2).batching(10, Duration.ZERO).build(), 100);
    int charged = 0;
    int crashes = 0;
    for (; !scene.counts().allFinal() && crashes < 50; crashes++) {
      Semaphore dying = new Semaphore(0);
      String pod = "w" + crashes;
      Worker worker = worker(pod, item -> item.index() % 2 == 0 ? new Outcome.Fail(NO) : Outcome.DONE, item -> {
        if (item.index() == 42) {
          dying.release();
          new Semaphore(0).acquireUninterruptibly();
        }
        return Outcome.DONE;
      });
      await().until(() -> dying.availablePermits() > 0 || scene.counts().allFinal());
      worker.close();
      charged += scene.crash(pod) ? 1 : 0;
    }
    ItemCounts counts = scene.awaitEnd();
    assertThat(List.of(counts.succeeded(), counts.failed())).containsExactly(99L, 1L);
    assertThat(scene.results().get(42).failure().code()).isEqualTo(Failure.WORKER_CRASHED);
    assertThat(charged).as("crashes charged, of " + crashes).isEqualTo(3);
  }

  private List<JsonNode> letters() {
    List<JsonNode> letters = new ArrayList<>();
    for (Message letter : scene.queues.ready(Scene.JOB, Kind.DEAD)) {
      try {
        letters.add(JSON.readTree(((Message.DeadLetter) letter).json()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return letters;
  }
}
