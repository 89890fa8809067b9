package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.job.JobRef;
import dev.longshore.queue.Message;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.UnroutableException;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.WorkQueues.Kind;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Publishes feeds, and makes the queue that they go to when somebody took it away. */
final class Feeds {
  private static final long CONFIRM_SECONDS = 10;

  private final WorkQueues queues;

  Feeds(WorkQueues queues) {
    this.queues = queues;
  }

  /** Returns when the broker has it. */
  void publish(JobRef job, Message.Feed feed) {
    try {
      confirmed(job, feed);
    } catch (UnroutableException e) {
      queues.declare(job);
      try {
        confirmed(job, feed);
      } catch (UnroutableException again) {
        throw new QueueUnavailableException("no queue takes a feed of " + job + " though it was just declared: " + again.getMessage(),
            again);
      }
    }
  }

  private void confirmed(JobRef job, Message.Feed feed) {
    try {
      queues.publish(job, Kind.CONTROL, feed).get(CONFIRM_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case QueueUnavailableException away -> throw away;
        case UnroutableException unroutable -> throw unroutable;
        default -> throw new QueueUnavailableException("the feed was not taken: " + e.getCause().getMessage(), e.getCause());
      }
    } catch (TimeoutException e) {
      throw new QueueUnavailableException("the broker has not confirmed the feed within " + CONFIRM_SECONDS + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new QueueUnavailableException("interrupted while a feed was published", e);
    }
  }
}
