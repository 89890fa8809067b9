package dev.longshore.tls;

/** A certificate or key of the configuration cannot be used; the message names the option and says what is wrong. */
public final class InvalidTlsException extends IllegalArgumentException {
  InvalidTlsException(String message, Throwable cause) {
    super(message, cause);
  }
}
