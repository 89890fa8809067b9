package dev.longshore.operator.progress;

import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.WorkQueues;
import java.time.InstantSource;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Brings to its queue what came off the delay ladder and found none. Without this the audit would miss the items and have them fed again,
 * which takes longer, and needs a source that can be read again.
 */
public final class LadderKeeper implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(LadderKeeper.class);
  private static final int SECONDS_BETWEEN = 10;

  private final WorkQueues queues;
  private final InstantSource clock;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().name("ladder").daemon().factory());

  public LadderKeeper(WorkQueues queues, InstantSource clock) {
    this.queues = queues;
    this.clock = clock;
  }

  public void start() {
    thread.scheduleWithFixedDelay(this::round, 0, SECONDS_BETWEEN, TimeUnit.SECONDS);
  }

  private void round() {
    try {
      int returned = queues.returnLost(clock.instant());
      if (returned > 0) {
        LOG.infof("%d messages that came off the delay ladder and found no queue are brought there", returned);
      }
    } catch (QueueUnavailableException e) {
      LOG.debugf("what came off the delay ladder and found no queue waits reason=\"%s\"", e.getMessage());
    } catch (RuntimeException e) {
      // a scheduled task that throws is never run again
      LOG.error("bringing what came off the delay ladder to its queues failed; the next round tries again", e);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
