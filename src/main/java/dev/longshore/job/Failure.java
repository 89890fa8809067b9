package dev.longshore.job;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * Why an item failed.
 *
 * @param code a short, stable word for the kind of failure: {@code Timeout}, {@code HttpStatus404}, {@code ExitCode}
 * @param message for people; at most {@link Limits#ERROR_BYTES}, longer ones are cut and end in {@code … (cut)}
 */
public record Failure(String code, String message) {
  private static final String CUT = "… (cut)";

  public Failure {
    Objects.requireNonNull(code, "code");
    message = bounded(message == null ? "" : message);
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
