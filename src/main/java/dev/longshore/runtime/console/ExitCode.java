package dev.longshore.runtime.console;

/** Exit codes of the command line; of several jobs the worst counts. */
public enum ExitCode {
  /** Complete. */
  OK(0),
  /** A job failed or was cancelled. */
  FAILED(1),
  /** The manifest or the command's words are wrong. */
  USAGE(2),
  /** Something around it is missing or broken: a program, a server, a file. */
  ENVIRONMENT(3),
  INTERRUPTED(130);

  private final int code;

  ExitCode(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }
}
