package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.operator.progress.ActiveJob;
import dev.longshore.operator.progress.Observation;
import dev.longshore.operator.progress.ProgressLoop;
import dev.longshore.operator.reconciler.Wake;
import dev.longshore.store.JobReading;
import dev.longshore.store.Ledger;
import java.util.Optional;

/** Suspends and resumes: the pool tells its workers, the ledger stops the clock. */
final class Steer implements Step {
  private final Ledger ledger;
  private final ProgressLoop progress;
  private final Wake wake;

  Steer(Ledger ledger, ProgressLoop progress, Wake wake) {
    this.ledger = ledger;
    this.progress = progress;
    this.wake = wake;
  }

  @Override
  public Progress take(JobPass pass) {
    ActiveJob active = pass.active.orElseThrow();
    Optional<JobReading> reading = active.last().map(Observation::reading);
    boolean is = reading.map(found -> found.steering().suspended()).orElse(false);
    if (is != pass.suspended() && reading.map(found -> found.ended() == null).orElse(true)) {
      wake.poolChanged(pass.pool());
      ledger.suspend(pass.ref(), pass.suspended());
      active.outdated();
      progress.readSoon(pass.ref());
    }
    if (pass.suspended()) {
      pass.status = pass.states().suspended(pass.status);
    }
    return Progress.NEXT;
  }
}
