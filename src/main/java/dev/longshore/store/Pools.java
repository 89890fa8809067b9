package dev.longshore.store;

import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What operator and workers tell each other about a pool. A store that is away throws {@link StoreUnavailableException}. */
public interface Pools extends AutoCloseable {

  /** The operator says what the pool works on. */
  void assign(PoolRef pool, Assignment assignment);

  /** What the pool works on; empty when the operator has said nothing yet. */
  Optional<Assignment> assignment(PoolRef pool);

  /**
   * What a pool works on.
   *
   * @param jobs those assigned to it
   * @param paused those of {@code jobs} of which no new item may start
   * @param ending those of {@code jobs} whose run is over before its time: running calls are told, nothing is handed on
   * @param draining names of pods that are to finish what they have and exit
   * @param overdue those of {@code draining} that had long enough: what runs is interrupted and handed on
   */
  record Assignment(List<JobRef> jobs, Set<JobRef> paused, Set<JobRef> ending, Set<String> draining, Set<String> overdue) {
    public Assignment {
      jobs = List.copyOf(jobs);
      paused = paused == null ? Set.of() : Set.copyOf(paused);
      ending = ending == null ? Set.of() : Set.copyOf(ending);
      draining = Set.copyOf(draining);
      overdue = overdue == null ? Set.of() : Set.copyOf(overdue);
    }

    /** Nobody drains for too long. */
    public Assignment(List<JobRef> jobs, Set<JobRef> paused, Set<JobRef> ending, Set<String> draining) {
      this(jobs, paused, ending, draining, Set.of());
    }

    /** Work as usual. */
    public Assignment(List<JobRef> jobs, Set<String> draining) {
      this(jobs, Set.of(), Set.of(), draining);
    }
  }

  /** Has the pool's workers look at their assignment and at their jobs' specs now. */
  void nudge(PoolRef pool);

  /** A worker says that it lives, each second. */
  void beat(PoolRef pool, Heartbeat heartbeat);

  /** Each worker's last word, by pod name, with its age. */
  default Map<String, Seen> heartbeats(PoolRef pool) {
    return heartbeats(List.of(pool)).get(pool);
  }

  /** One read for all: the last words of the workers of each of these pools; a pool that nobody has spoken in has none. */
  Map<PoolRef, Map<String, Seen>> heartbeats(Collection<PoolRef> pools);

  /** A heartbeat and how long ago it came, by the store's clock. */
  record Seen(Heartbeat heartbeat, Duration age) {
    /** How long after its last heartbeat, one a second, a worker still counts as there: no pause of a garbage collector is as long. */
    public static final Duration FRESH = Duration.ofSeconds(10);

    public boolean fresh() {
      return age.compareTo(FRESH) <= 0;
    }
  }

  /** Forgets a worker that is gone. */
  void forget(PoolRef pool, String pod);

  /** Decisions of a pool that are kept at most. */
  int DECISIONS = 1_000;

  /** Keeps a decision of the autoscaler, a line of JSON; beyond {@link #DECISIONS} the oldest goes. */
  void record(PoolRef pool, String decision);

  /** The decisions kept, oldest first. */
  List<String> decisions(PoolRef pool);

  /** Removes all of the pool's keys. */
  void delete(PoolRef pool);

  /** What the operator's pass needs of a pool. */
  record Reading(Map<String, Seen> heartbeats, Optional<Assignment> assignment) {}

  /** {@link #heartbeats} and {@link #assignment}, in one round. */
  Reading read(PoolRef pool);

  /** Calls {@code changed} soon after the assignment changed. A hint: it may be lost or doubled. */
  AutoCloseable listen(PoolRef pool, Runnable changed);

  @Override
  void close();
}
