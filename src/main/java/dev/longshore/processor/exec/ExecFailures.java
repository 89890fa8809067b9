package dev.longshore.processor.exec;

import dev.longshore.job.Failure;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** The ways in which a program lets an item down, each with its own code. */
final class ExecFailures {
  static final String COULD_NOT_START = "CouldNotStart";
  static final String TIMEOUT = "Timeout";
  static final String NOT_JSON = "NotJson";
  static final String UNKNOWN_INDEX = "UnknownIndex";
  static final String DOUBLED_INDEX = "DoubledIndex";
  static final String MISSING_ANSWER = "MissingAnswer";
  private static final int QUOTED = 200;
  /** What a shell, setsid or env exit with when the program cannot be run. */
  private static final int CANNOT_EXECUTE = 126;
  private static final int NOT_FOUND = 127;
  private static final int SIGNALLED = 128;
  private static final int SIGNALS = 64;

  private ExecFailures() {}

  static Failure couldNotStart(String program, String why) {
    return new Failure(COULD_NOT_START, program + " could not be started: " + why);
  }

  static Failure timeout(Duration after) {
    return new Failure(TIMEOUT, "no answer within guard.timeout, the program was ended after " + after.toMillis() + " ms");
  }

  static Failure childEnded(Failure cause) {
    return new Failure("ChildEnded", "the program ended while it had several items in hand (" + cause.code() + ": " + cause.message()
        + ")", null, cause.exitCode(), null);
  }

  static Failure unknownIndex(long index) {
    return new Failure(UNKNOWN_INDEX, "the program answered index " + index + ", which it was not given");
  }

  static Failure doubledIndex(long index) {
    return new Failure(DOUBLED_INDEX, "the program answered index " + index + " twice");
  }

  /**
   * Why a program's own end leaves items without an answer.
   *
   * @param answered whether it had answered anything
   */
  static Failure ended(String program, int exit, boolean answered) {
    if (exit == 0) {
      return withExit(new Failure(MISSING_ANSWER, "the program ended without an answer"), exit);
    }
    if (!answered && (exit == CANNOT_EXECUTE || exit == NOT_FOUND)) {
      return withExit(couldNotStart(program, "exit code " + exit + ", its error output is in the worker's log"), exit);
    }
    if (exit > SIGNALLED && exit <= SIGNALLED + SIGNALS) {
      return withExit(new Failure("Signal", "the program was ended by signal " + (exit - SIGNALLED)), exit);
    }
    return withExit(new Failure("ExitCode", "the program ended with exit code " + exit), exit);
  }

  private static Failure withExit(Failure failure, int exit) {
    return new Failure(failure.code(), failure.message(), null, exit, null);
  }

  /** The beginning of a line of output, for people. */
  static String quoted(byte[] line) {
    int length = Math.min(QUOTED, line.length);
    return new String(line, 0, length, StandardCharsets.UTF_8) + (line.length > QUOTED ? "…" : "");
  }
}
