package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.job.JobPhase;
import dev.longshore.operator.status.JobStates;
import dev.longshore.queue.WorkQueues;
import dev.longshore.store.Ledger;
import dev.longshore.store.Pools;

/** Makes the job's queues and its account, and brings a changed spec to its workers. */
final class OpenAccount implements Step {
  private final WorkQueues queues;
  private final Ledger ledger;
  private final Pools pools;
  private final JobEvents events;

  OpenAccount(WorkQueues queues, Ledger ledger, Pools pools, JobEvents events) {
    this.pools = pools;
    this.queues = queues;
    this.ledger = ledger;
    this.events = events;
  }

  @Override
  public Progress take(JobPass pass) {
    queues.declare(pass.ref());
    pass.opened = ledger.open(pass.ref(), pass.mapped.spec(), pass.inline);
    if (!pass.opened) {
      ledger.changeSpec(pass.ref(), pass.mapped.spec());
      pools.nudge(pass.pool());
    } else if (JobStates.phase(pass.status) != JobPhase.PENDING) {
      events.ledgerLost(pass.job(), pass.status, pass.now().getEpochSecond());
    }
    return Progress.NEXT;
  }
}
