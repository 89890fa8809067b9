package dev.longshore.source.format;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes JSON strings from UTF-8, into a buffer that is used again and again. */
final class JsonText {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] REPLACEMENT = "\ufffd".getBytes(StandardCharsets.UTF_8);
  private static final int EXCERPT = 1_000;

  private byte[] out = new byte[256];
  private int length;

  void clear() {
    length = 0;
  }

  int length() {
    return length;
  }

  byte[] bytes() {
    return Arrays.copyOf(out, length);
  }

  void add(char ascii) {
    room(1);
    out[length++] = (byte) ascii;
  }

  void add(byte[] bytes, int from, int to) {
    room(to - from);
    System.arraycopy(bytes, from, out, length, to - from);
    length += to - from;
  }

  /**
   * Adds text as a JSON string.
   *
   * @param doubled whether each quote stands twice in the text, as in a quoted CSV field
   * @return -1, or where the text is not UTF-8
   */
  int addString(byte[] b, int from, int to, boolean doubled) {
    add('"');
    int i = from;
    while (i < to) {
      int clean = clean(b, i, to);
      add(b, i, clean);
      i = clean;
      if (i < to) {
        if (b[i] < 0) {
          return i;
        }
        escape(b[i]);
        i += doubled && b[i] == '"' ? 2 : 1;
      }
    }
    add('"');
    return -1;
  }

  /** Where the run of valid UTF-8 that needs no escape ends. */
  static int clean(byte[] b, int from, int to) {
    int i = from;
    while (i < to) {
      byte c = b[i];
      if (c >= 0x20 && c != '"' && c != '\\') {
        i++;
      } else if (c < 0) {
        int sequence = Utf8.sequence(b, i, to);
        if (sequence == 0) {
          return i;
        }
        i += sequence;
      } else {
        return i;
      }
    }
    return i;
  }

  /** The beginning of what could not be read, as a JSON string of at most 1 KiB; what is no UTF-8 becomes the replacement character. */
  static byte[] excerpt(byte[] b, int from, int to) {
    JsonText text = new JsonText();
    text.add('"');
    int i = from;
    while (i < to && text.length < EXCERPT) {
      int sequence = b[i] >= 0 ? 1 : Utf8.sequence(b, i, to);
      if (sequence == 0) {
        text.add(REPLACEMENT, 0, REPLACEMENT.length);
        i++;
      } else if (clean(b, i, i + sequence) == i) {
        text.escape(b[i]);
        i++;
      } else {
        text.add(b, i, i + sequence);
        i += sequence;
      }
    }
    text.add('"');
    return text.bytes();
  }

  private void escape(byte c) {
    room(6);
    out[length++] = '\\';
    switch (c) {
      case '"', '\\' -> out[length++] = c;
      case '\n' -> out[length++] = 'n';
      case '\r' -> out[length++] = 'r';
      case '\t' -> out[length++] = 't';
      default -> {
        out[length++] = 'u';
        out[length++] = '0';
        out[length++] = '0';
        out[length++] = HEX[c >> 4];
        out[length++] = HEX[c & 0xf];
      }
    }
  }

  private void room(int more) {
    if (out.length - length < more) {
      out = Arrays.copyOf(out, Math.max(out.length * 2, length + more));
    }
  }
}
