package dev.longshore.store;

/** The store cannot be reached; trying again later helps. */
public sealed class StoreUnavailableException extends RuntimeException permits StoreRefusedException {
  public StoreUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
