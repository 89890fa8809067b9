package dev.longshore.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Takes an input apart: small numbers from its front, texts up to a separator. */
public final class Bytes {
  private static final byte SEPARATOR = 0;

  private final byte[] data;
  private int at;

  public Bytes(byte[] data) {
    this.data = data;
  }

  public boolean more() {
    return at < data.length;
  }

  /** The next byte, 0 to 255; 0 behind the end. */
  public int small() {
    return more() ? data[at++] & 0xff : 0;
  }

  /** Up to the next zero byte, or all that is left. */
  public String text() {
    int start = at;
    while (more() && data[at] != SEPARATOR) {
      at++;
    }
    String text = new String(data, start, at - start, StandardCharsets.UTF_8);
    at = Math.min(data.length, at + 1);
    return text;
  }

  public byte[] rest() {
    byte[] rest = Arrays.copyOfRange(data, at, data.length);
    at = data.length;
    return rest;
  }
}
