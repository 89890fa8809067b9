package dev.longshore.operator.progress;

import dev.longshore.queue.QueueLeaderlessException;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.WorkQueues.Depth;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.store.JobReading;
import java.time.Instant;
import java.util.Optional;

/** Measures the queues of jobs where that is due, one after the other. Used by one thread. */
final class QueueDepths {
  private final WorkQueues queues;
  private final Outage<QueueUnavailableException> broker = new Outage<>("broker");
  private boolean inVain;

  QueueDepths(WorkQueues queues) {
    this.queues = queues;
  }

  /** Why the broker does not answer; empty when it does. */
  Optional<QueueUnavailableException> problem() {
    return broker.problem();
  }

  /** A broker that did not answer before is asked again. */
  void nextRound() {
    inVain = false;
  }

  /** What is seen of a job with this reading. */
  Observation observe(ActiveJob job, JobReading reading, Instant now) {
    if (!job.isToBeMeasured(reading, now)) {
      return Observation.unmeasured(reading, job.last().orElse(null), now);
    }
    Depth work = depth(job, Kind.WORK);
    return new Observation(reading, work, feeds(reading, work) ? depth(job, Kind.CONTROL) : null, now);
  }

  /** Whether feeds are of interest: something is to be fed, or it may turn out that something is missing. */
  private static boolean feeds(JobReading reading, Depth work) {
    return reading != null && (!reading.intake().complete() || reading.gaps().items() > 0 || work != null && work.ready() == 0);
  }

  /** A queue that cannot be measured is no news of the broker's; one that is away is not asked for each job. */
  private Depth depth(ActiveJob job, Kind kind) {
    if (inVain) {
      return null;
    }
    try {
      Depth depth = queues.depth(job.ref(), kind);
      broker.ended();
      job.queue(kind).ended();
      return depth;
    } catch (QueueLeaderlessException e) {
      broker.ended();
      job.queue(kind).began(e);
      return null;
    } catch (QueueUnavailableException e) {
      inVain = true;
      broker.began(e);
      return null;
    }
  }
}
