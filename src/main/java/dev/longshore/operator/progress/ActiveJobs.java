package dev.longshore.operator.progress;

import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The jobs that this operator follows. */
public final class ActiveJobs {
  private final Map<JobRef, ActiveJob> jobs = new ConcurrentHashMap<>();

  /** Follows a job that has all it needs; again is harmless. */
  public ActiveJob follow(JobRef job, PoolRef pool) {
    return jobs.computeIfAbsent(job, ref -> new ActiveJob(ref, pool));
  }

  public void forget(JobRef job) {
    jobs.remove(job);
  }

  public Optional<ActiveJob> find(JobRef job) {
    return Optional.ofNullable(jobs.get(job));
  }

  public List<ActiveJob> all() {
    return List.copyOf(jobs.values());
  }

  static List<JobRef> refs(Collection<ActiveJob> jobs) {
    return jobs.stream().map(ActiveJob::ref).toList();
  }
}
