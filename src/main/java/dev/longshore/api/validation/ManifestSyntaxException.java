package dev.longshore.api.validation;

/** A file is no YAML; the message names line and column. */
public final class ManifestSyntaxException extends Exception {
  private final int line;

  ManifestSyntaxException(int line, String message, Throwable cause) {
    super(message, cause);
    this.line = line;
  }

  /** The line that is wrong, from 1; 0 when it is not known. */
  public int line() {
    return line;
  }
}
