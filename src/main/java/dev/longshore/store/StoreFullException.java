package dev.longshore.store;

/** The store answers but takes no more data: its memory is used up. */
public final class StoreFullException extends RuntimeException {
  public StoreFullException(String message) {
    super(message);
  }
}
