package dev.longshore.queue;

/** The broker has no memory or disk left and takes no messages; all else goes on, and messages do when it has room. */
public final class BrokerBlockedException extends QueueUnavailableException {
  public BrokerBlockedException(String message) {
    super(message, null);
  }
}
