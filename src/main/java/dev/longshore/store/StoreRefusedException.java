package dev.longshore.store;

/** The store answers but is set up so that it may lose what it is told: nothing new is begun until somebody has set it right. */
public final class StoreRefusedException extends StoreUnavailableException {
  public StoreRefusedException(String message) {
    super(message, null);
  }
}
