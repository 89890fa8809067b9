package dev.longshore.processor.exec;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** Cuts a stream into lines of bytes, none longer than a limit. */
final class LineReader {
  private final InputStream in;
  private final int limit;
  private final byte[] buffer = new byte[64 << 10];
  private int at;
  private int filled;

  LineReader(InputStream in, int limit) {
    this.in = in;
    this.limit = limit;
  }

  /** A line is longer than the limit; nothing more can be read. */
  static final class LineTooLong extends IOException {
    LineTooLong(int limit) {
      super("a line of output is longer than " + limit + " bytes");
    }
  }

  /** The next line without its end, or null at the end of the stream. */
  byte[] next() throws IOException {
    ByteArrayOutputStream begun = null;
    while (true) {
      if (at == filled) {
        at = 0;
        filled = Math.max(0, in.read(buffer, 0, buffer.length));
        if (filled == 0) {
          return begun == null ? null : begun.toByteArray();
        }
      }
      int end = at;
      while (end < filled && buffer[end] != '\n') {
        end++;
      }
      if ((begun == null ? 0 : begun.size()) + end - at > limit) {
        throw new LineTooLong(limit);
      }
      boolean whole = end < filled;
      if (whole && begun == null) {
        byte[] line = Arrays.copyOfRange(buffer, at, end);
        at = end + 1;
        return line;
      }
      begun = begun == null ? new ByteArrayOutputStream(2 * buffer.length) : begun;
      begun.write(buffer, at, end - at);
      at = whole ? end + 1 : end;
      if (whole) {
        return begun.toByteArray();
      }
    }
  }
}
