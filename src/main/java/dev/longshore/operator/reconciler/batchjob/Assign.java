package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.operator.progress.ActiveJobs;
import dev.longshore.operator.progress.ProgressLoop;
import dev.longshore.operator.reconciler.Wake;
import java.util.Optional;

/** Hands the job to its pool, which tells its workers and makes them, and begins to read its progress. */
final class Assign implements Step {
  private final ActiveJobs active;
  private final ProgressLoop progress;
  private final Wake wake;

  Assign(ActiveJobs active, ProgressLoop progress, Wake wake) {
    this.active = active;
    this.progress = progress;
    this.wake = wake;
  }

  @Override
  public Progress take(JobPass pass) {
    pass.active = Optional.of(active.follow(pass.ref(), pass.pool(), pass.job().getMetadata().getGeneration()));
    pass.active.get().policy(pass.mapped.spec().failurePolicy());
    pass.active.get().goal(pass.mapped.goal());
    wake.poolChanged(pass.pool());
    progress.readSoon(pass.ref());
    return Progress.NEXT;
  }
}
