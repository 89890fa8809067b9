package dev.longshore.processor;

/** The job's processor cannot work as it is written: the job ends as {@code InvalidProcessor}. The message begins with the field. */
public final class InvalidProcessorException extends RuntimeException {
  private final String field;

  public InvalidProcessorException(String field, String message) {
    super(field + ": " + message);
    this.field = field;
  }

  /** The path of the field that is wrong, such as {@code spec.processor.exec.command}. */
  public String field() {
    return field;
  }
}
