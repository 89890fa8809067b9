package dev.longshore.operator.progress;

import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The jobs that this operator follows. */
public final class ActiveJobs {
  private final Map<JobRef, ActiveJob> jobs = new ConcurrentHashMap<>();
  /** The same, for the passes of pools: each would look through all jobs. */
  private final Map<PoolRef, Map<JobRef, ActiveJob>> byPool = new ConcurrentHashMap<>();
  private final Set<JobRef> ending = ConcurrentHashMap.newKeySet();
  private final Set<JobRef> ended = ConcurrentHashMap.newKeySet();

  private final Duration auditQuiet;

  /** @param auditQuiet how long a job's queues must have been empty before its ledger is audited */
  public ActiveJobs(Duration auditQuiet) {
    this.auditQuiet = auditQuiet;
  }

  /** Follows a job that has all it needs. What is known of it stays when only its generation is new. */
  public ActiveJob follow(JobRef job, PoolRef pool, long generation) {
    Optional<ActiveJob> earlier = find(job);
    ActiveJob now = jobs.compute(job, (ref, before) -> {
      if (before == null || !before.pool().equals(pool)) {
        leavePool(before);
        ActiveJob followed = new ActiveJob(ref, pool, generation, auditQuiet);
        byPool.compute(pool, (of, others) -> {
          Map<JobRef, ActiveJob> all = others == null ? new ConcurrentHashMap<>() : others;
          all.put(ref, followed);
          return all;
        });
        return followed;
      }
      if (before.generation() != generation) {
        before.prepared(generation);
      }
      return before;
    });
    earlier.filter(other -> other != now).ifPresent(other -> other.repair().close());
    return now;
  }

  /** It has to be prepared again, or waits for something. Nothing that goes on beside its passes does so afterwards. */
  public void unfollow(JobRef job) {
    find(job).ifPresent(left -> {
      jobs.computeIfPresent(job, (ref, before) -> leavePool(before));
      left.repair().close();
    });
  }

  /** Returns null: it is followed no more. */
  private ActiveJob leavePool(ActiveJob job) {
    if (job != null) {
      byPool.computeIfPresent(job.pool(), (of, others) -> {
        others.remove(job.ref(), job);
        return others.isEmpty() ? null : others;
      });
    }
    return null;
  }

  /** Its run is over before its time: the workers are to leave it. */
  public void leave(JobRef job) {
    ending.add(job);
  }

  public boolean isEnding(JobRef job) {
    return ending.contains(job);
  }

  /** Its run is over: no pool works on it any more, even where a cached resource still says otherwise. */
  public void end(JobRef job) {
    ended.add(job);
    ending.remove(job);
    unfollow(job);
  }

  public boolean hasEnded(JobRef job) {
    return ended.contains(job);
  }

  /** Its next run begins. */
  public void reopen(JobRef job) {
    forget(job);
  }

  /** Its resource is gone. */
  public void forget(JobRef job) {
    unfollow(job);
    ending.remove(job);
    ended.remove(job);
  }

  public Optional<ActiveJob> find(JobRef job) {
    return Optional.ofNullable(jobs.get(job));
  }

  public List<ActiveJob> all() {
    return List.copyOf(jobs.values());
  }

  /** Those that a pool works on. */
  public List<ActiveJob> of(PoolRef pool) {
    return List.copyOf(byPool.getOrDefault(pool, Map.of()).values());
  }

  static List<JobRef> refs(Collection<ActiveJob> jobs) {
    return jobs.stream().map(ActiveJob::ref).toList();
  }
}
