package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.job.JobPhase;
import dev.longshore.operator.reconciler.Events;
import dev.longshore.operator.status.JobStates;
import dev.longshore.queue.WorkQueues;
import dev.longshore.store.Ledger;

/** Makes the job's queues and its account, and brings a changed spec to its workers. */
final class OpenAccount implements Step {
  private final WorkQueues queues;
  private final Ledger ledger;
  private final Events events;

  OpenAccount(WorkQueues queues, Ledger ledger, Events events) {
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
    } else if (JobStates.phase(pass.status) != JobPhase.PENDING) {
      events.warning(pass.job(), "LedgerLost",
          "the store has lost the job's account; all items are read from the source and worked on again");
    }
    return Progress.NEXT;
  }
}
