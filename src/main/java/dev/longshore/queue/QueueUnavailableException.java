package dev.longshore.queue;

/** The broker cannot be reached, or went away; trying again later helps. */
public sealed class QueueUnavailableException extends RuntimeException permits BrokerBlockedException, QueueLeaderlessException {
  public QueueUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
