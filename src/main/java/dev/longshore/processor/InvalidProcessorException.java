package dev.longshore.processor;

/** The job's processor cannot work as it is written: the job ends as {@code InvalidProcessor}. The message begins with the field. */
public final class InvalidProcessorException extends RuntimeException {
  private final String field;
  private final String problem;

  public InvalidProcessorException(String field, String message) {
    super(field + ": " + message);
    this.field = field;
    this.problem = message;
  }

  /** The path of the field that is wrong, such as {@code spec.processor.exec.command}. */
  public String field() {
    return field;
  }

  /** The same of the job's fallback, whose fields have the names of a processor's. */
  InvalidProcessorException ofFallback() {
    return new InvalidProcessorException(field.replaceFirst("^spec\\.processor\\b", "spec.fallback"), problem);
  }
}
