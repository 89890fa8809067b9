package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.job.JobRef;
import dev.longshore.operator.progress.ActiveJob;
import dev.longshore.operator.reconciler.Parts;
import dev.longshore.operator.reconciler.Wake;
import dev.longshore.queue.WorkQueues;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/**
 * Declares the job's queues again: when one is gone before anything else, and beside the job's passes when nothing moves, as when somebody
 * took away what leads to them. Most jobs that stand still have a long call, and should cost the others nothing.
 */
final class HealQueues implements Step {
  private static final Logger LOG = Logger.getLogger(HealQueues.class);

  private final WorkQueues queues;
  private final Wake wake;
  private final Executor background;
  private final JobEvents events;
  /** So that one pass never waits for the broker behind all jobs that stand still. */
  private final ReentrantLock oneAtATime = new ReentrantLock(true);

  HealQueues(Parts parts, JobEvents events) {
    this.queues = parts.queues();
    this.wake = parts.wake();
    this.background = parts.background();
    this.events = events;
  }

  @Override
  public Progress take(JobPass pass) {
    ActiveJob active = pass.active.orElseThrow();
    boolean lost = active.queuesAreLost();
    if (lost) {
      declare(pass.ref(), active, true);
    } else if (!active.standsStill()) {
      active.repair().forget();
    } else if (active.repair().begin()) {
      background.execute(() -> lookBeside(pass.ref(), active));
    }
    active.repair().failure().ifPresent(failure -> {
      throw failure;
    });
    if (lost) {
      LOG.warnf("job=%s: a queue was gone and is declared again", pass.ref());
      events.queueLost(pass.job(), pass.status, pass.now().getEpochSecond());
    }
    return Progress.NEXT;
  }

  private void lookBeside(JobRef job, ActiveJob active) {
    oneAtATime.lock();
    try {
      if (declare(job, active, false)) {
        wake.jobChanged(job);
      }
    } finally {
      oneAtATime.unlock();
    }
  }

  private boolean declare(JobRef job, ActiveJob active, boolean lost) {
    return active.repair().run(() -> {
      queues.declare(job);
      active.queuesDeclared(lost);
    });
  }
}
