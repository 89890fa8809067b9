package dev.longshore.store;

/** The store cannot be reached; trying again later helps. */
public final class StoreUnavailableException extends RuntimeException {
  public StoreUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
