package dev.longshore.runtime.local.services;

/** A private service did not come up; the message has the end of what it logged. */
public final class ServiceStartException extends RuntimeException {
  public ServiceStartException(String message) {
    super(message);
  }

  public ServiceStartException(String message, Throwable cause) {
    super(message, cause);
  }
}
