package dev.longshore.source.format;

import java.io.IOException;

/** Input that is not what its format says, in a way that the records behind it cannot be found. */
final class BrokenFormatException extends IOException {
  BrokenFormatException(String message) {
    super(message);
  }

  BrokenFormatException(String message, Throwable cause) {
    super(message, cause);
  }

  static BrokenFormatException at(long line, long column, String problem) {
    return new BrokenFormatException(place(line, column) + ": " + problem);
  }

  /** How a place is written for people, here and in malformed records. */
  static String place(long line, long column) {
    return "line " + line + ", column " + column;
  }
}
