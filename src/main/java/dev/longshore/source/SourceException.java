package dev.longshore.source;

/** Why a source cannot be read. */
public final class SourceException extends Exception {
  /** What it means for the job. */
  public enum Reason {
    /** Wrong or not allowed: the job fails with reason {@code InvalidSource}. */
    INVALID("InvalidSource"),
    /** Not what was read before: the job fails with reason {@code SourceChanged}. */
    CHANGED("SourceChanged"),
    /** Away: intake tries again. */
    UNAVAILABLE("SourceUnavailable");

    private final String word;

    Reason(String word) {
      this.word = word;
    }

    /** Its name in conditions. */
    public String word() {
      return word;
    }
  }

  private final Reason reason;

  public SourceException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public SourceException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
