package dev.longshore.operator.autoscaler;

import dev.longshore.job.JobRef;
import dev.longshore.operator.progress.ActiveJob;
import dev.longshore.operator.progress.ActiveJobs;
import dev.longshore.operator.progress.Observation;
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
  public record Wishes(ScaleInput.Bounds bounds, Integer pinned, int backlogPerWorker, Duration window, Duration drainTimeout) {}

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

  public ScaleInput collect(Wishes wishes, PoolMemory memory, List<Worker> workers, Jobs jobs, Instant now) {
    Set<String> told = memory.draining();
    int ready = 0;
    int draining = 0;
    int starting = 0;
    String obstacle = "";
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
        obstacle = obstacle.isEmpty() ? worker.obstacle() : obstacle;
      }
    }
    List<JobLoad> loads = jobs.all().stream().map(job -> jobs.resting(job) ? new JobLoad(job, 0, false) : load(job, now)).toList();
    return new ScaleInput(wishes.bounds(), wishes.pinned(), wishes.backlogPerWorker(), wishes.window(), memory.previous(), ready, starting,
        draining, loads, memory.history(now), obstacle);
  }

  private JobLoad load(JobRef job, Instant now) {
    Observation last = active.find(job).flatMap(ActiveJob::last).orElse(null);
    if (last == null) {
      return new JobLoad(job, active.find(job).isPresent() ? 1 : 0, true);
    }
    return new JobLoad(job, last.backlog(), last.reading() == null || last.stale(now));
  }
}
