package dev.longshore.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What every {@link Pools} does. */
public abstract class PoolsContract {
  private final PoolRef pool = new PoolRef("tests", "pool-" + UUID.randomUUID());

  protected abstract Pools pools();

  private static Heartbeat beat(String pod, Heartbeat.State state) {
    return new Heartbeat(pod, state, 2, 1_500, Duration.ofMillis(1_234), Set.of("a-job's-uid"), 80, 1_000_000, 42, "waits for \"broker\"");
  }

  @Test
  public void anAssignmentIsWhatTheOperatorLastSaid() {
    assertThat(pools().assignment(pool)).isEmpty();
    JobRef first = new JobRef("tests", "a", "uid-a");
    JobRef second = new JobRef("tests", "b", "uid-b");

    pools().assign(pool, new Pools.Assignment(List.of(first, second), Set.of("pod-1")));
    assertThat(pools().assignment(pool)).contains(new Pools.Assignment(List.of(first, second), Set.of("pod-1")));
    Pools.Assignment all = new Pools.Assignment(List.of(first, second), Set.of(first), Set.of(second), Set.of("a", "b"), Set.of("b"));
    pools().assign(pool, all);
    assertThat(pools().assignment(pool)).contains(all);
    pools().assign(pool, new Pools.Assignment(List.of(), Set.of()));
    assertThat(pools().assignment(pool)).contains(new Pools.Assignment(List.of(), Set.of()));
    assertThat(pools().assignment(new PoolRef("elsewhere", pool.name()))).isEmpty();
  }

  @Test
  public void heartbeatsAreTheLastOfEachWorker() {
    pools().beat(pool, beat("pod-1", Heartbeat.State.STARTING));
    pools().beat(pool, beat("pod-2", Heartbeat.State.READY));
    pools().beat(pool, beat("pod-1", Heartbeat.State.DRAINING));

    var seen = pools().heartbeats(pool);
    assertThat(seen).containsOnlyKeys("pod-1", "pod-2");
    assertThat(seen.get("pod-1").heartbeat()).isEqualTo(beat("pod-1", Heartbeat.State.DRAINING));
    assertThat(seen.get("pod-1").age()).isBetween(Duration.ZERO, Duration.ofSeconds(5));

    pools().forget(pool, "pod-1");
    assertThat(pools().heartbeats(pool)).containsOnlyKeys("pod-2");
  }

  @Test
  public void aPassReadsHeartbeatsAndAssignmentInOneRound() {
    assertThat(pools().read(pool)).isEqualTo(new Pools.Reading(Map.of(), Optional.empty()));
    Pools.Assignment assignment = new Pools.Assignment(List.of(new JobRef("tests", "a", "uid-a")), Set.of("pod-1"));
    pools().assign(pool, assignment);
    pools().beat(pool, beat("pod-1", Heartbeat.State.READY));

    Pools.Reading read = pools().read(pool);
    assertThat(read.assignment()).contains(assignment);
    assertThat(read.heartbeats()).containsOnlyKeys("pod-1");
    assertThat(read.heartbeats().get("pod-1").heartbeat()).isEqualTo(beat("pod-1", Heartbeat.State.READY));
    assertThat(read.heartbeats().get("pod-1").age()).isBetween(Duration.ZERO, Duration.ofSeconds(5));
  }

  @Test
  public void theHeartbeatsOfManyPoolsAreOneRead() {
    PoolRef other = new PoolRef("tests", pool.name() + "-other");
    PoolRef silent = new PoolRef("tests", pool.name() + "-silent");
    pools().beat(pool, beat("pod-1", Heartbeat.State.READY));
    pools().beat(other, beat("pod-2", Heartbeat.State.DRAINED));

    var seen = pools().heartbeats(List.of(silent, pool, other));

    assertThat(seen).containsOnlyKeys(silent, pool, other);
    assertThat(seen.get(silent)).isEmpty();
    assertThat(seen.get(pool)).containsOnlyKeys("pod-1");
    assertThat(seen.get(other).get("pod-2").heartbeat().state()).isEqualTo(Heartbeat.State.DRAINED);
    assertThat(pools().heartbeats(List.of())).isEmpty();
    pools().delete(other);
  }

  @Test
  public void theLastThousandDecisionsAreKept() {
    assertThat(pools().decisions(pool)).isEmpty();
    for (int i = 0; i < Pools.DECISIONS + 500; i++) {
      pools().record(pool, "{\"n\":" + i + "}");
    }

    assertThat(pools().decisions(pool)).hasSize(Pools.DECISIONS).startsWith("{\"n\":500}").endsWith("{\"n\":1499}");
  }

  @Test
  public void aDeletedPoolIsGone() {
    pools().assign(pool, new Pools.Assignment(List.of(), Set.of()));
    pools().beat(pool, beat("pod-1", Heartbeat.State.READY));
    pools().record(pool, "{}");

    pools().delete(pool);

    assertThat(pools().decisions(pool)).isEmpty();

    assertThat(pools().assignment(pool)).isEmpty();
    assertThat(pools().heartbeats(pool)).isEmpty();
  }

  @Test
  public void tellsOfNewAssignmentsOfItsPoolOnly() throws Exception {
    AtomicInteger heard = new AtomicInteger();
    AtomicInteger other = new AtomicInteger();
    try (AutoCloseable mine = pools().listen(pool, heard::incrementAndGet);
        AutoCloseable others = pools().listen(new PoolRef("tests", "other"), other::incrementAndGet)) {
      await().atMost(Duration.ofSeconds(10)).until(() -> {
        // repeated, because a subscription takes a moment
        pools().assign(pool, new Pools.Assignment(List.of(), Set.of()));
        return heard.get() > 0;
      });
    }
    assertThat(other).hasValue(0);
  }
}
