package dev.longshore.job;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.UndeclaredThrowableException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/**
 * Why an item failed.
 *
 * @param code a short, stable word for the kind of failure: {@code Timeout}, {@code HttpStatus404}, {@code ExitCode}; at most {@link
 *     Limits#ERROR_CODE} characters, longer ones are cut and end in {@code …}
 * @param message for people; at most {@link Limits#ERROR_BYTES}, longer ones are cut and end in {@code … (cut)}
 * @param httpStatus of the answer that was the reason, and like the further ones for retry rules only: it is not kept with results; null when
 *     there was none
 * @param exitCode of the program whose end was the reason, 128 + n when signal n ended it; null when there was none
 * @param exception full class name of what was thrown; null when nothing was
 */
public record Failure(String code, String message, Integer httpStatus, Integer exitCode, String exception) {
  /** The code of an item that killed as many workers as {@code failurePolicy.maxCrashes} allows. */
  public static final String WORKER_CRASHED = "WorkerCrashed";
  private static final String CUT = "… (cut)";

  public Failure {
    code = code.length() <= Limits.ERROR_CODE ? code : code.substring(0, Limits.ERROR_CODE - 1) + "…";
    message = bounded(message == null ? "" : message);
  }

  public Failure(String code, String message) {
    this(code, message, null, null, null);
  }

  /** What was thrown is the reason; what only wraps another throwable, because it crossed a thread or a proxy, stands for that one. */
  public static Failure thrown(Throwable thrown) {
    Throwable reason = thrown;
    while (reason.getCause() != null && (reason instanceof CompletionException || reason instanceof ExecutionException
        || reason instanceof InvocationTargetException || reason instanceof UndeclaredThrowableException)) {
      reason = reason.getCause();
    }
    String name = reason.getClass().getName();
    return new Failure(simple(name), reason.getMessage() == null ? name : reason.getMessage(), null, null, name);
  }

  /** The name of a class without those of its package and of the classes around it. */
  public static String simple(String className) {
    return className.substring(Math.max(className.lastIndexOf('.'), className.lastIndexOf('$')) + 1);
  }

  private static String bounded(String text) {
    if (text.length() * 3L <= Limits.ERROR_BYTES || text.getBytes(StandardCharsets.UTF_8).length <= Limits.ERROR_BYTES) {
      return text;
    }
    ByteBuffer room = ByteBuffer.allocate(Limits.ERROR_BYTES - CUT.getBytes(StandardCharsets.UTF_8).length);
    CharBuffer rest = CharBuffer.wrap(text);
    StandardCharsets.UTF_8.newEncoder().encode(rest, room, true);
    return text.substring(0, rest.position()) + CUT;
  }

  /**
   * Groups failures that differ only in their particulars: code and message with numbers, quoted words, hexadecimal ids, addresses and
   * paths taken out, at most 160 characters.
   */
  public String fingerprint() {
    return Fingerprint.of(code, message);
  }
}
