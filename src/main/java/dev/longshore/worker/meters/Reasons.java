package dev.longshore.worker.meters;

import dev.longshore.job.Failure;

/** The kinds of failures. Codes are words of the users' own programs as well: there is no end of them, and so they are no labels. */
final class Reasons {
  static final String[] ALL = {"http_1xx", "http_2xx", "http_3xx", "http_4xx", "http_5xx", "timeout", "unreachable", "exit", "exception",
      "worker_crashed", "answer"};

  private Reasons() {}

  static String of(Failure failure) {
    if (failure.httpStatus() != null) {
      return "http_" + Math.clamp(failure.httpStatus() / 100, 1, 5) + "xx";
    }
    if (failure.exitCode() != null) {
      return "exit";
    }
    return switch (failure.code()) {
      case "Timeout" -> "timeout";
      case "Unreachable" -> "unreachable";
      case "ChildEnded", "CouldNotStart", "Signal", "ExitCode" -> "exit";
      case Failure.WORKER_CRASHED -> "worker_crashed";
      // what a program or a service says of an item, and what is wrong with how it says it
      default -> failure.exception() != null ? "exception" : "answer";
    };
  }
}
