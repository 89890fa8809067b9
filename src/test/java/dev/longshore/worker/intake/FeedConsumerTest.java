package dev.longshore.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.Chunk;
import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobSpec;
import dev.longshore.job.PoolRef;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.source.ItemReader;
import dev.longshore.source.ItemSource;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourcePosition;
import dev.longshore.source.SourceRecord;
import dev.longshore.store.Accounts;
import dev.longshore.store.Ledger.Selection;
import dev.longshore.worker.Jobs;
import dev.longshore.worker.Numbers;
import dev.longshore.worker.access.JobAccess;
import dev.longshore.worker.access.Outage;
import dev.longshore.worker.consume.DeadLetters;
import dev.longshore.worker.execute.WorkerGate;
import dev.longshore.worker.meters.JobMeters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FeedConsumerTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  private FeedScene scene;
  private FeedConsumer feeds;
  private final WorkerGate gate = new WorkerGate();

  @AfterEach
  void close() {
    feeds.close();
    scene.close();
  }

  private void given(JobSpec spec, ItemSource source) {
    scene = new FeedScene(spec);
    JobAccess access = new JobAccess(FeedScene.JOB, "a", scene.ledger, scene.broker(), new Outage(),
        new JobMeters(new SimpleMeterRegistry(), new PoolRef("ns", "pool"), FeedScene.JOB, "noop"));
    feeds = new FeedConsumer(access, scene.broker(), (s, inline) -> source, scene::spec, () -> 1,
        new DeadLetters("a", InstantSource.system()), gate, () -> { });
  }

  private void publish(Message message) {
    scene.queues.truth().publish(FeedScene.JOB, Kind.CONTROL, message).join();
  }

  private long ready(Kind kind) {
    return scene.queues.truth().depth(FeedScene.JOB, kind).ready();
  }

  private boolean intakeComplete() {
    return scene.reading().counts().intakeComplete();
  }

  @Test
  void aChunkThatTheBrokerGaveUpGoesBackToTheWorkQueue() {
    given(Jobs.spec().build(), Numbers.upTo(0));
    publish(Message.Work.of(1, new Chunk(IndexSet.range(3, 4), 2, List.of("3".getBytes(), "4".getBytes()))));
    feeds.start();
    await().atMost(SOON).until(() -> ready(Kind.WORK) == 1);
    Message.Work back = scene.chunks().getFirst();
    assertThat(back.indexes()).isEqualTo(IndexSet.range(3, 4));
    assertThat(back.attempt()).isEqualTo(2);
    assertThat(ready(Kind.CONTROL)).isZero();
    assertThat(ready(Kind.DEAD)).isZero();
  }

  @Test
  void aPausedJobsFeedStopsAndGoesOnWhenItIsResumed() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(200);
    CountDownLatch more = new CountDownLatch(1);
    given(Jobs.spec().build(), held(5_000, begun, more));
    publish(new Message.Feed(1, 1, Message.Target.SOURCE));
    feeds.start();
    assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
    feeds.pause(true);
    more.countDown();
    await().atMost(SOON).until(() -> ready(Kind.CONTROL) == 1);
    long published = scene.published().size();
    assertThat(published).isBetween(1L, 4_999L);
    assertThat(scene.reading().counts().known()).as("what was announced is published").isEqualTo(published);
    feeds.start();
    publish(new Message.Feed(1, 99, Message.Target.GAPS));
    assertThat(ready(Kind.CONTROL)).as("nothing is consumed while the job is paused").isEqualTo(2);
    feeds.pause(false);
    await().atMost(SOON).until(this::intakeComplete);
    assertThat(scene.published()).isEqualTo(IndexSet.range(0, 4_999));
  }

  /** Else the death of this worker could be the source's or the item's. */
  @Test
  void noSourceIsReadWhileSomethingRunsAlone() throws Exception {
    CountDownLatch begun = new CountDownLatch(200);
    CountDownLatch more = new CountDownLatch(1);
    given(Jobs.spec().build(), held(5_000, begun, more));
    publish(new Message.Feed(1, 1, Message.Target.SOURCE));
    feeds.start();
    assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
    CountDownLatch over = new CountDownLatch(1);
    CountDownLatch alone = new CountDownLatch(1);
    Thread suspect = Thread.ofVirtual().start(() -> {
      try {
        gate.enterAlone();
        alone.countDown();
        over.await();
        gate.leaveAlone();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
    await().atMost(SOON).until(gate::aloneIsWanted);
    assertThat(alone.getCount()).as("it waits for the source to be left").isEqualTo(1);
    more.countDown();
    assertThat(alone.await(10, TimeUnit.SECONDS)).isTrue();
    long read = scene.published().size();
    assertThat(read).isLessThan(5_000);
    assertThat(scene.ledger.crashed(FeedScene.JOB, "a", true).charged().isEmpty()).isTrue();
    assertThat(scene.reading().failure()).as("a crash now is not the source's").isNull();
    over.countDown();
    suspect.join();
    await().atMost(SOON).until(this::intakeComplete);
    assertThat(scene.published()).isEqualTo(IndexSet.range(0, 4_999));
  }

  @Test
  void aFeedWhoseSourceSaysNothingIsHandedOnWhenTheWorkerLeaves() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(301);
    given(Jobs.spec().build(), held(5_000, begun, new CountDownLatch(1)));
    publish(new Message.Feed(1, 1, Message.Target.SOURCE));
    feeds.start();
    assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();

    CompletableFuture<Void> drained = feeds.drain();

    await().atMost(SOON).until(() -> {
      feeds.start();
      return drained.isDone();
    });
    assertThat(ready(Kind.CONTROL)).isEqualTo(1);
    assertThat(scene.published()).as("what was read is published").isEqualTo(IndexSet.range(0, 299));
  }

  /** The source holds after 300 records until it may go on. */
  private static ItemSource held(long count, CountDownLatch begun, CountDownLatch more) {
    return from -> {
      ItemReader numbers = Numbers.upTo(count).open(from);
      return new ItemReader() {
        @Override
        public SourceRecord next() throws SourceException {
          begun.countDown();
          try {
            if (numbers.position().index() == 300 && !more.await(20, TimeUnit.SECONDS)) {
              throw new SourceException(SourceException.Reason.INVALID, "nobody let the source go on");
            }
          } catch (InterruptedException e) {
            throw new SourceException(SourceException.Reason.UNAVAILABLE, "broken off", e);
          }
          return numbers.next();
        }

        @Override
        public SourcePosition position() {
          return numbers.position();
        }

        @Override
        public void close() {
          numbers.close();
        }
      };
    };
  }

  @Test
  void marksAreFedWhileIntakeReadsOn() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(300);
    CountDownLatch more = new CountDownLatch(1);
    given(Jobs.spec().build(), held(5_000, begun, more));
    publish(new Message.Feed(1, 1, Message.Target.SOURCE));
    feeds.start();
    assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
    await().atMost(SOON).until(() -> scene.published().size() > 30);
    scene.purgeWork();
    IndexSet lost = IndexSet.range(0, 29);
    scene.ledger.take(FeedScene.JOB, lost, 1, "w");
    scene.ledger.settle(FeedScene.JOB, Accounts.failure(lost, 1, "w", new Failure("No", "not today")));
    long epoch = scene.ledger.redrive(FeedScene.JOB, "again", new Selection.All()).gaps().epoch();
    publish(new Message.Feed(1, epoch, Message.Target.GAPS));
    await().atMost(SOON).until(() -> scene.reading().gaps().items() == 0);
    assertThat(scene.published().filter(lost::contains)).isEqualTo(lost);
    assertThat(intakeComplete()).isFalse();
    more.countDown();
    await().atMost(SOON).until(this::intakeComplete);
  }

  @Test
  void aFullBacklogKeepsTheFeedOnTheLadderUntilThereIsRoom() {
    given(Jobs.spec().maxBacklog(100).build(), Numbers.upTo(1_000));
    publish(new Message.Feed(1, 1, Message.Target.SOURCE));
    feeds.start();
    for (long done = 0; done < 1_000; done += 100) {
      long first = done;
      await().atMost(SOON).until(() -> scene.reading().counts().pending() == 100);
      assertThat(scene.published().last()).isEqualTo(first + 99);
      IndexSet some = IndexSet.range(first, first + 99);
      scene.ledger.take(FeedScene.JOB, some, 1, "w");
      scene.ledger.settle(FeedScene.JOB, Accounts.success(some, 1, "w", null));
    }
    await().atMost(SOON).until(this::intakeComplete);
    assertThat(scene.published()).isEqualTo(IndexSet.range(0, 999));
  }

  @Test
  void aDeletedQueueThatIsHealedIsFilledAgainWithinMoments() {
    given(Jobs.spec().build(), Numbers.upTo(1_000));
    publish(new Message.Feed(1, 1, Message.Target.SOURCE));
    scene.refuseWork = true;
    feeds.start();
    // longer than a turn tries by itself
    await().atMost(SOON).until(() -> scene.refused.get() > 8);
    scene.refuseWork = false;
    long healed = System.nanoTime();
    await().atMost(SOON).until(this::intakeComplete);
    assertThat(Duration.ofNanos(System.nanoTime() - healed)).isLessThan(Duration.ofSeconds(5));
    assertThat(scene.published()).isEqualTo(IndexSet.range(0, 999));
  }

  @Test
  void drainsWhilePaused() {
    given(Jobs.spec().build(), Numbers.upTo(10));
    feeds.start();
    feeds.pause(true);
    assertThat(feeds.drain()).succeedsWithin(SOON);
  }
}
