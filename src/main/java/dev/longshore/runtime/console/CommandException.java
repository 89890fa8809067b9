package dev.longshore.runtime.console;

/** A command ends here; its message is for the user. */
public final class CommandException extends RuntimeException {
  private final ExitCode code;

  public CommandException(ExitCode code, String message) {
    super(message);
    this.code = code;
  }

  public CommandException(ExitCode code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  public ExitCode code() {
    return code;
  }
}
