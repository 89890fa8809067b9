package dev.longshore.operator.mapping;

/** A job that no schema refuses and that yet cannot be done: it fails with this reason, and the message names the field. */
public final class InvalidJobException extends Exception {
  /** Which part is wrong. */
  public enum Reason {
    SOURCE("InvalidSource"),
    PROCESSOR("InvalidProcessor"),
    /** Any other field. */
    SPEC("InvalidSpec");

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
  private final String field;

  InvalidJobException(Reason reason, String field, String message) {
    super(field + ": " + message);
    this.reason = reason;
    this.field = field;
  }

  public Reason reason() {
    return reason;
  }

  /** The field's path. */
  public String field() {
    return field;
  }
}
