package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.operator.progress.ActiveJob;
import dev.longshore.queue.WorkQueues;
import org.jboss.logging.Logger;

/** Declares the job's queues again when one is gone, or when nothing moves, as when somebody took away what leads to them. */
final class HealQueues implements Step {
  private static final Logger LOG = Logger.getLogger(HealQueues.class);

  private final WorkQueues queues;
  private final JobEvents events;

  HealQueues(WorkQueues queues, JobEvents events) {
    this.queues = queues;
    this.events = events;
  }

  @Override
  public Progress take(JobPass pass) {
    ActiveJob active = pass.active.orElseThrow();
    boolean lost = active.queuesAreLost();
    if (lost || active.standsStill()) {
      queues.declare(pass.ref());
      active.queuesDeclared(lost);
    }
    if (lost) {
      LOG.warnf("job=%s: a queue was gone and is declared again", pass.ref());
      events.queueLost(pass.job(), pass.status, pass.now().getEpochSecond());
    }
    return Progress.NEXT;
  }
}
