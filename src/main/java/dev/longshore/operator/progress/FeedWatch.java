package dev.longshore.operator.progress;

import dev.longshore.queue.WorkQueues.Depth;
import java.time.Duration;

/** Tells a feed that is lost from one that is slow: no sign of life for long, and three reads in a row that find none waiting. */
final class FeedWatch {
  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final int EMPTY_READS = 3;

  private int emptyReads;
  private boolean silent;
  private boolean wanted;
  private boolean lost;

  /**
   * Another read.
   *
   * @param open whether there is anything to feed, and no reason for the feed to stand still
   * @param idle how long since it last showed that it lives
   * @param control the queue that it waits in; null when it was not measured, or the broker did not answer
   */
  synchronized void seen(boolean open, Duration idle, Depth control) {
    wanted = open;
    if (!open) {
      emptyReads = 0;
      return;
    }
    silent = idle.compareTo(PATIENCE) > 0;
    if (control != null) {
      emptyReads = control.ready() == 0 ? emptyReads + 1 : 0;
    }
  }

  /** The queue is gone in which it may have waited. */
  synchronized void queueLost() {
    lost = true;
  }

  /** Whether it may be lost: the next reads tell. */
  synchronized boolean doubtful() {
    return wanted && silent && emptyReads > 0;
  }

  synchronized boolean dead() {
    return wanted && (lost || silent && emptyReads >= EMPTY_READS);
  }

  /** It was published again. */
  synchronized void restarted() {
    emptyReads = 0;
    silent = false;
    lost = false;
  }
}
