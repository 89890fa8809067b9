package dev.longshore.queue;

import dev.longshore.job.JobRef;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * The broker, as Longshore needs it. Each job has three queues; one delay ladder serves all. Calls that find the broker away throw or complete
 * with {@link QueueUnavailableException}; consumers come back by themselves.
 */
public interface WorkQueues extends AutoCloseable {

  /** A job's queues. */
  enum Kind {
    /** Chunks for workers. */
    WORK,
    /** Feeds; one consumer at a time. */
    CONTROL,
    /** Items that failed for good. */
    DEAD
  }

  /** A queue's name, also for people to find it in the broker: {@code longshore.<namespace>.<name>.<uid8>}, then {@code .control}, {@code .dead}. */
  static String name(JobRef job, Kind kind) {
    String work = "longshore." + job.namespace() + "." + job.name() + "." + job.shortUid();
    return switch (kind) {
      case WORK -> work;
      case CONTROL -> work + ".control";
      case DEAD -> work + ".dead";
    };
  }

  /**
   * Makes a job's queues, and the ladder when it is missing. Only the operator does this. Again is harmless and repairs: a queue, an
   * exchange or a binding of the job or of the ladder that somebody deleted is there again, and a queue that does not get a leader any more
   * is made anew, empty.
   * Throws {@link QueueLeaderlessException} while a queue has no leader and may get one.
   */
  void declare(JobRef job);

  /** Removes a job's queues with all they hold. Again is harmless. */
  void delete(JobRef job);

  /** Empties a job's work and control queue, except what consumers have in hand. Harmless when they are not there; dead letters stay. */
  void purge(JobRef job);

  /** What one queue holds. Throws {@link QueueLeaderlessException} while the queue has no leader. */
  Depth depth(JobRef job, Kind kind);

  /**
   * A queue's size.
   *
   * @param exists false when there is no such queue, or one that is dead and that {@link #declare} makes anew; the counts are then 0
   * @param ready messages that wait; a single 0 may be a lie (a quorum queue that changes its leader)
   * @param consumers how many consume it
   */
  record Depth(boolean exists, long ready, int consumers) {}

  /** What the delay ladder holds, of all jobs of the virtual host. One question for each of its queues. */
  Delayed delayed();

  /**
   * The size of the delay ladder.
   *
   * @param waiting messages that are on their way to their queues
   * @param lost messages that came off it and found no queue: their job is gone, or {@link #returnLost} brings them there
   */
  record Delayed(long waiting, long lost) {}

  /**
   * Brings messages to their queues that came off the ladder and found none, once they have waited long enough. A broker that starts may
   * let go of some before it knows again where they go, as does a ladder that somebody took a part of. Those whose job is gone stay where
   * they are. Only the operator does this.
   *
   * @return how many it brought
   */
  int returnLost(Instant now);

  /**
   * Publishes persistent and mandatory.
   *
   * @return completes when the broker has confirmed and not returned it: only then is the message handed on. Completes with
   *     {@link UnroutableException} when no queue took it, {@link QueueUnavailableException} when the broker went away before it confirmed
   *     or has not confirmed for 30 s (it may or may not have the message). Blocks while too many are under way, and while the broker
   *     takes no messages (an alarm), as long as whoever made these queues wants to wait; then with {@link BrokerBlockedException}.
   */
  CompletableFuture<Void> publish(JobRef job, Kind kind, Message message);

  /** As {@link #publish}, but the message reaches its queue after {@code delay} (rounded up to 250 ms, at most 7 days). */
  CompletableFuture<Void> publishLater(JobRef job, Kind kind, Message message, Duration delay);

  /**
   * Delivers messages until it is closed. The handler is called on the consumer's thread and must not block.
   *
   * @param prefetch how many may be in hand at once, 1 to 65,535
   */
  Consumption consume(JobRef job, Kind kind, int prefetch, Consumer<Delivery> handler);

  /** A running consumer. */
  interface Consumption extends AutoCloseable {
    /** Changes how many may be in hand at once; what is in hand stays in hand. */
    void prefetch(int messages);

    /** Whether it is subscribed right now. */
    boolean active();

    /** Stops new deliveries. What is in hand can still be acked until {@link #close}. */
    void cancel();

    /** Ends it; what is in hand goes back to the queue. */
    @Override
    void close();
  }

  /** Whether the broker can be reached; with why not. */
  Health health();

  /** Whether a service answers, and what it says when it does not. */
  record Health(boolean up, String message) {}

  @Override
  void close();
}
