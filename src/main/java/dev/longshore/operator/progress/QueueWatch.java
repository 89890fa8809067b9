package dev.longshore.operator.progress;

import dev.longshore.job.ItemCounts;
import dev.longshore.queue.WorkQueues.Depth;
import dev.longshore.store.JobReading;
import java.time.Duration;
import java.time.Instant;

/**
 * Says when a job's queues are to be declared again: three reads in a row find one of them missing, or nothing at all has moved for long,
 * which is all that is seen here of an exchange or a binding that somebody took away.
 */
final class QueueWatch {
  private static final int MISSING_READS = 3;
  private static final Duration STILL = Duration.ofSeconds(10);
  private static final Duration LONGEST = Duration.ofMinutes(10);

  private int missing;
  private ItemCounts counts;
  private Instant moved;
  private Instant last;
  private Duration wait = STILL;

  synchronized void seen(Observation observation) {
    JobReading reading = observation.reading();
    if (reading == null) {
      return;
    }
    last = observation.at();
    if (moved == null || !reading.counts().equals(counts) || reading.steering().suspended() || reading.counts().remaining() == 0) {
      counts = reading.counts();
      moved = last;
      wait = STILL;
    }
    if (observation.measured() && observation.work() != null) {
      missing = isMissing(observation.work()) || isMissing(observation.control()) ? missing + 1 : 0;
    }
  }

  private static boolean isMissing(Depth queue) {
    return queue != null && !queue.exists();
  }

  /** Whether the last read missed one of them. */
  synchronized boolean doubtful() {
    return missing > 0;
  }

  synchronized boolean lost() {
    return missing >= MISSING_READS;
  }

  synchronized boolean still() {
    return moved != null && Duration.between(moved, last).compareTo(wait) >= 0;
  }

  synchronized void declared() {
    missing = 0;
    moved = last;
    wait = wait.multipliedBy(2).compareTo(LONGEST) > 0 ? LONGEST : wait.multipliedBy(2);
  }
}
