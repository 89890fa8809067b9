package dev.longshore.operator.progress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import dev.longshore.operator.testing.Switch;
import dev.longshore.store.Heartbeat;
import dev.longshore.store.Heartbeat.State;
import dev.longshore.store.Pools;
import dev.longshore.store.memory.MemoryPools;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Of which heartbeats a pool hears. */
class WorkerWatchTest {
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final Instant START = Instant.parse("2026-11-22T06:00:00Z");

  private final PoolRef pool = new PoolRef("music", "tracks");
  private final PoolRef other = new PoolRef("music", "albums");
  private final AtomicReference<Instant> now = new AtomicReference<>(START);
  private final Pools pools = new MemoryPools(now::get);
  private final Switch store = new Switch();
  private final BlockingQueue<PoolRef> woken = new LinkedBlockingQueue<>();
  private final WorkerWatch watch = new WorkerWatch(store.guard(Pools.class, pools), new ProgressLoop.Listener() {
    @Override
    public void jobChanged(JobRef job) {}

    @Override
    public void poolChanged(PoolRef changed) {
      woken.add(changed);
    }
  });

  @BeforeEach
  void follow() {
    beat(pool, State.READY, 1, 100);
    beat(other, State.READY, 1, 100);
    watch.follow(pool, pools.heartbeats(pool));
    watch.follow(other, pools.heartbeats(other));
    watch.start();
  }

  @AfterEach
  void close() {
    watch.close();
  }

  @Test
  void aWorkerThatGoesOnAsBeforeIsNoNewsAndOneThatDrainsIs() {
    beat(other, State.READY, 1, 900);
    beat(pool, State.DRAINED, 0, 200);
    await().atMost(LIMIT).until(() -> !woken.isEmpty());
    assertThat(woken).containsExactly(pool);
  }

  @Test
  void aWorkerThatIsNotHeardOfAnyMoreIsNews() {
    now.set(START.plus(Pools.Seen.FRESH).plusSeconds(1));
    beat(other, State.READY, 1, 900);
    await().atMost(LIMIT).until(() -> woken.contains(pool));
    assertThat(woken).doesNotContain(other);
  }

  @Test
  void aPoolWithoutWorkersIsNotRead() {
    watch.unfollow(pool);
    beat(pool, State.DRAINED, 0, 200);
    beat(other, State.DRAINED, 0, 200);
    await().atMost(LIMIT).until(() -> !woken.isEmpty());
    assertThat(woken).containsExactly(other);
  }

  @Test
  void allHearThatTheStoreIsAwayAndThatItIsBack() {
    store.away(true);
    await().atMost(LIMIT).until(() -> woken.size() == 2);
    assertThat(woken).containsExactlyInAnyOrder(pool, other);
    woken.clear();
    store.away(false);
    await().atMost(LIMIT).until(() -> woken.size() == 2);
  }

  private void beat(PoolRef of, State state, int chunks, long done) {
    pools.beat(of, new Heartbeat("pod-of-" + of.name(), state, chunks, chunks * 10L, Set.of(), chunks * 50, done, 10, ""));
  }
}
