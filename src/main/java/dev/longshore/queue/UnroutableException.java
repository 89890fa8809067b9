package dev.longshore.queue;

/** No queue took the message: the job's queue is gone. The message is not handed on. */
public final class UnroutableException extends RuntimeException {
  public UnroutableException(String message) {
    super(message);
  }
}
