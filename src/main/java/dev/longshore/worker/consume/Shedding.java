package dev.longshore.worker.consume;

import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.WorkQueues.Depth;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.worker.access.JobAccess;
import dev.longshore.worker.execute.JobExecutor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * Gives up what waits behind this worker's running calls once the job's queue is empty, because then other workers have nothing to do, or
 * soon will have: near the end of a job, while its source is slow, when workers were added after all had been taken. It goes back to the
 * queue in small pieces, of which everybody takes, this worker too.
 */
final class Shedding {
  private static final Logger LOG = Logger.getLogger(Shedding.class);
  /** A shorter wait is not worth a question to the broker. */
  private static final long FIRST_NANOS = 500_000_000;
  /**
   * Behind a long call, or where other jobs have the slots, an item waits for up to this part of the time that the call has lasted, or the
   * job has had no turn. So it is late by that part at most, and comes and goes ever less often where all workers are held up.
   */
  private static final int PART_OF_HOLD = 8;

  private final JobAccess access;
  private final WorkQueues queues;
  private final JobExecutor executor;
  private final Pieces pieces;
  private final AtomicBoolean looking = new AtomicBoolean();

  Shedding(JobAccess access, WorkQueues queues, JobExecutor executor, Pieces pieces) {
    this.access = access;
    this.queues = queues;
    this.executor = executor;
    this.pieces = pieces;
  }

  /** Call twice a second; returns at once. */
  void look() {
    JobExecutor.Reading calls = executor.read();
    long patience = Math.max(FIRST_NANOS, calls.heldNanos() / PART_OF_HOLD);
    if (calls.waitedNanos() > patience && looking.compareAndSet(false, true)) {
      Thread.ofVirtual().name("shed-" + access.job().name()).start(() -> {
        try {
          if (othersStarve()) {
            pieces.makeSmall(calls);
            int items = executor.shed(System.nanoTime() - patience);
            LOG.debugf("job=%s state=shed items=%d", access.job(), items);
          }
        } finally {
          looking.set(false);
        }
      });
    }
  }

  /** A single zero of a quorum queue may be wrong; then items have gone round in vain, and nothing else. */
  private boolean othersStarve() {
    try {
      Depth depth = queues.depth(access.job(), Kind.WORK);
      return depth.exists() && depth.ready() == 0 && depth.consumers() > 1;
    } catch (QueueUnavailableException e) {
      // whoever publishes finds the same, and says so
      return false;
    }
  }
}
