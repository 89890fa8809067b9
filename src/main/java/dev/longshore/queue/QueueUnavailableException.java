package dev.longshore.queue;

/** The broker cannot be reached, or went away; trying again later helps. */
public final class QueueUnavailableException extends RuntimeException {
  public QueueUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
