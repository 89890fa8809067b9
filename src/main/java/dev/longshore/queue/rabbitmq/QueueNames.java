package dev.longshore.queue.rabbitmq;

import dev.longshore.job.JobRef;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.WorkQueues.Kind;

/**
 * How everything of Longshore's is named in RabbitMQ. A routing key ends at 255 bytes: the longest is the ladder's, see {@link
 * DelayLadder}.
 */
final class QueueNames {
  /** What the names of the delay ladder begin with, see {@link DelayLadder}. */
  static final String LADDER = "longshore.delay.v1.";

  private QueueNames() {}

  /** A job's queue. Work: {@code longshore.<namespace>.<name>.<uid8>}. */
  static String queue(JobRef job, Kind kind) {
    return WorkQueues.name(job, kind);
  }

  /**
   * The exchange to which a namespace's jobs are published. Not the default exchange: who may write to that one may write to the queues of
   * every namespace.
   */
  static String exchange(String namespace) {
    return "longshore." + namespace;
  }
}
