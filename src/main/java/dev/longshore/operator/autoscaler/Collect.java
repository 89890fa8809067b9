package dev.longshore.operator.autoscaler;

import dev.longshore.job.JobRef;
import dev.longshore.operator.progress.ActiveJob;
import dev.longshore.operator.progress.ActiveJobs;
import dev.longshore.operator.progress.Observation;
import dev.longshore.store.JobReading;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/** Brings together what {@link Evaluate} looks at. */
public final class Collect {
  private final ActiveJobs active;

  public Collect(ActiveJobs active) {
    this.active = active;
  }

  /**
   * What a pool's owner asked for.
   *
   * @param pinned null is automatic
   */
  public record Wishes(ScaleInput.Bounds bounds, Integer pinned, ScalePolicy policy, Duration drainTimeout) {}

  /**
   * A pool's jobs.
   *
   * @param all that it is to work on, those that are not being followed yet included
   * @param paused those of which no new item may start: they need nobody
   * @param ending those whose run is over before its time: likewise
   */
  public record Jobs(List<JobRef> all, Set<JobRef> paused, Set<JobRef> ending) {
    private boolean resting(JobRef job) {
      return paused.contains(job) || ending.contains(job);
    }
  }

  /** @param ceilings what keeps the pool from having more workers than its maximum */
  public ScaleInput collect(Wishes wishes, PoolMemory memory, List<Worker> workers, Jobs jobs, List<Ceiling> ceilings,
      Instant now) {
    Set<String> told = memory.draining();
    int ready = 0;
    int draining = 0;
    int starting = 0;
    for (Worker worker : workers) {
      if (worker.gone()) {
        continue;
      }
      if (told.contains(worker.name()) || worker.leaving()) {
        draining++;
      } else if (worker.ready()) {
        ready++;
      } else {
        starting++;
      }
    }
    List<JobLoad> loads = jobs.all().stream().map(job -> jobs.resting(job) ? new JobLoad(job, 0, false) : load(job, now)).toList();
    return new ScaleInput(wishes.bounds(), wishes.pinned(), wishes.policy(), memory.previous(), ready, starting, draining, loads,
        memory.past(now), ceilings);
  }

  private JobLoad load(JobRef ref, Instant now) {
    ActiveJob job = active.find(ref).orElse(null);
    Observation last = job == null ? null : job.last().orElse(null);
    if (last == null) {
      return new JobLoad(ref, job == null ? 0 : 1, true);
    }
    JobReading reading = last.reading();
    if (reading == null) {
      return new JobLoad(ref, last.backlog(), true);
    }
    return new JobLoad(ref, last.backlog(), last.stale(now), job.serviceTime(), job.goal().concurrency(),
        job.goal().timeLeft(reading.steering().active(), now),
        reading.counts().intakeComplete() ? 0 : job.arrivals(now));
  }
}
