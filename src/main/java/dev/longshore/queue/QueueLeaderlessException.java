package dev.longshore.queue;

/** One queue has no leader; the broker and its other queues serve. Trying again later helps, or {@link WorkQueues#declare}. */
public final class QueueLeaderlessException extends QueueUnavailableException {
  public QueueLeaderlessException(String message) {
    super(message, null);
  }
}
