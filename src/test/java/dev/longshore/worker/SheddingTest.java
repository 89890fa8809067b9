package dev.longshore.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.Chunk;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobSpec;
import dev.longshore.job.Outcome;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.store.Heartbeat;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a worker does with items that wait behind its running calls when the job's queue is empty. */
class SheddingTest {
  private static final int ITEMS = 50;

  private final Semaphore slow = new Semaphore(0);
  private final List<Long> begun = new CopyOnWriteArrayList<>();
  private Scene scene;

  @AfterEach
  void close() {
    scene.close();
  }

  /** A job of one chunk, which a worker with a call that lasts has taken. */
  private void givenALongChunkInOneHand(JobSpec spec) {
    scene = new Scene(spec, Numbers.upTo(0));
    scene.worker("slow", 1, item -> {
      begun.add(item.index());
      slow.acquire();
      return Outcome.DONE;
    });
    List<byte[]> items = IntStream.range(0, ITEMS).mapToObj(i -> ("" + i).getBytes()).toList();
    scene.queues.truth().publish(Scene.JOB, Kind.WORK, Message.Work.of(1, new Chunk(IndexSet.range(0, ITEMS - 1), 1, items))).join();
    await().until(() -> scene.inside.get() == spec.concurrency() && scene.counts().inFlight() == ITEMS);
  }

  @Test
  void anIdleWorkerGetsAllThatWaits() {
    givenALongChunkInOneHand(Jobs.spec().concurrency(2).build());
    scene.worker("idle", 1, item -> {
      begun.add(item.index());
      return Outcome.DONE;
    });
    await().until(() -> scene.counts().succeeded() == ITEMS - 2);
    assertThat(scene.inside).hasValue(2);
    slow.release(ITEMS);
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(ITEMS);
    assertThat(begun).as("each item began once").containsExactlyInAnyOrderElementsOf(LongStream.range(0, ITEMS).boxed().toList());
    assertThat(scene.results()).allSatisfy(result -> assertThat(result.attempts()).isEqualTo(1));
  }

  @Test
  void severalIdleWorkersShareIt() {
    givenALongChunkInOneHand(Jobs.spec().concurrency(1).build());
    Semaphore never = new Semaphore(0);
    for (String pod : List.of("b", "c", "d")) {
      scene.worker(pod, 1, item -> {
        never.acquire();
        return Outcome.DONE;
      });
    }
    await().until(() -> scene.inside.get() == 4);
    slow.release(ITEMS);
    never.release(ITEMS);
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(ITEMS);
  }

  @Test
  void manyCallSlotsAreFilledThoughMessagesAreSmallNow() {
    givenALongChunkInOneHand(Jobs.spec().concurrency(12).build());
    scene.worker("idle", 1, item -> {
      slow.acquire();
      return Outcome.DONE;
    });
    await().until(() -> scene.inside.get() == 24);
    slow.release(ITEMS);
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(ITEMS);
  }

  @Test
  void aWorkerThatIsAloneKeepsWhatItHasAndSaysHowLongItTakes() {
    givenALongChunkInOneHand(Jobs.spec().concurrency(1).build());
    await().during(Duration.ofSeconds(2)).atMost(Duration.ofSeconds(6)).until(() -> scene.counts().inFlight() == ITEMS);
    assertThat(beat().remaining()).as("nothing is measured").isNull();
    slow.release(10);
    await().until(() -> scene.counts().succeeded() == 10);
    await().until(() -> beat().remaining() != null && beat().remaining().compareTo(Duration.ofSeconds(1)) > 0);
    slow.release(ITEMS);
    assertThat(scene.awaitEnd().succeeded()).isEqualTo(ITEMS);
    await().until(() -> beat().remaining().isZero());
  }

  private Heartbeat beat() {
    return scene.pools.heartbeats(Scene.POOL).get("slow").heartbeat();
  }
}
