package dev.longshore.operator.progress;

import dev.longshore.queue.WorkQueues.Depth;
import dev.longshore.store.JobReading;
import java.time.Duration;
import java.time.Instant;

/**
 * Says when a job's ledger is to be audited: no message waits though items are not final, in at least three reads and for long. Each audit
 * doubles the time until the next, because long calls look the same; an item that becomes final sets it back.
 */
final class AuditWatch {
  private static final int EMPTY_READS = 3;
  private static final Duration LONGEST = Duration.ofHours(1);

  private final Duration quiet;
  private Duration wait;
  private Instant since;
  private Instant last;
  private int reads;
  private long finished = -1;
  private boolean soon;

  /** @param quiet how long nothing must have waited before the first audit */
  AuditWatch(Duration quiet) {
    this.quiet = quiet;
    this.wait = quiet;
  }

  /** Queues that were not measured say nothing: nothing has changed since they were. */
  synchronized void seen(Observation observation) {
    if (!observation.measured()) {
      return;
    }
    JobReading reading = observation.reading();
    if (reading != null && reading.counts().finished() != finished) {
      finished = reading.counts().finished();
      wait = quiet;
    }
    last = observation.at();
    if (reading == null || !open(reading) || !empty(observation.work()) || !empty(observation.control())) {
      since = null;
      reads = 0;
      return;
    }
    since = since == null ? last : since;
    reads++;
  }

  /** Also while intake goes on: one that waits for its backlog to shrink would wait for ever for items whose messages are gone. */
  private boolean open(JobReading reading) {
    return reading.ended() == null && reading.failure() == null && !reading.steering().suspended() && !reading.steering().cancelled()
        && !reading.counts().allFinal() && reading.gaps().items() == 0;
  }

  private static boolean empty(Depth queue) {
    return queue != null && queue.exists() && queue.ready() == 0;
  }

  /** The messages are known to be gone: the next read that finds none is enough. */
  synchronized void queueLost() {
    soon = true;
  }

  /** Whether a queue is known to be lost, and its items wait for nothing but the audit. */
  synchronized boolean urgent() {
    return soon;
  }

  synchronized boolean due() {
    return reads > 0 && soon || reads >= EMPTY_READS && Duration.between(since, last).compareTo(wait) >= 0;
  }

  synchronized void audited() {
    soon = false;
    since = null;
    reads = 0;
    wait = wait.multipliedBy(2).compareTo(LONGEST) > 0 ? LONGEST : wait.multipliedBy(2);
  }
}
