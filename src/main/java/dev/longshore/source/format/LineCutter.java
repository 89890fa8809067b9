package dev.longshore.source.format;

import dev.longshore.job.Limits;
import dev.longshore.source.SourceRecord;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A record a line. Lines end in LF or CRLF, the last one also without. An empty line is a record like any other where lines are text, and
 * none where they are JSON; what follows the last line end is a line only when there is something.
 */
final class LineCutter implements Cutter {
  private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH = 0x8080808080808080L;
  private static final int NONE = -1;
  private static final int TOO_LONG = -2;
  private static final long LINE_FEEDS = ONES * '\n';

  /** What a line is made into. */
  interface LineForm {
    /** The record of a line; null when it is none. */
    SourceRecord record(byte[] b, int from, int to, long line);
  }

  private final ByteWindow window;
  private final LineForm form;
  private long line;

  LineCutter(ByteWindow window, LineForm form, Place from) {
    this.window = window;
    this.form = form;
    this.line = from.line();
  }

  @Override
  public SourceRecord next() throws IOException {
    while (true) {
      int end = lineEnd();
      if (end == TOO_LONG) {
        return skipLongLine();
      }
      int length = end == NONE ? window.available() : end;
      if (end == NONE && length == 0) {
        return null;
      }
      int from = window.at;
      int to = from + length;
      int bare = to > from && window.bytes[to - 1] == '\r' ? to - 1 : to;
      SourceRecord record = form.record(window.bytes, from, bare, line);
      leave(end == NONE ? length : length + 1);
      if (record != null) {
        window.mark(line, 1);
        return record;
      }
    }
  }

  /** How far the next line feed is; {@link #NONE} when the stream ends before, {@link #TOO_LONG} when no item is that long. */
  private int lineEnd() throws IOException {
    int scanned = 0;
    while (true) {
      int feed = lineFeed(window.bytes, window.at + scanned, window.limit);
      if (feed >= 0) {
        return feed - window.at > Limits.ITEM_BYTES + 1 ? TOO_LONG : feed - window.at;
      }
      scanned = window.available();
      if (scanned > Limits.ITEM_BYTES + 1) {
        return TOO_LONG;
      }
      if (!window.fill()) {
        return NONE;
      }
    }
  }

  private SourceRecord skipLongLine() throws IOException {
    byte[] raw = JsonText.excerpt(window.bytes, window.at, window.limit);
    while (true) {
      int feed = lineFeed(window.bytes, window.at, window.limit);
      if (feed >= 0) {
        window.consume(feed - window.at);
        break;
      }
      window.consume(window.available());
      if (!window.have(1)) {
        break;
      }
    }
    SourceRecord record = new SourceRecord.Malformed(BrokenFormatException.place(line, 1), tooLarge(), raw);
    leave(Math.min(1, window.available()));
    window.mark(line, 1);
    return record;
  }

  static String tooLarge() {
    return "above the limit of " + Limits.ITEM_BYTES + " bytes for an item";
  }

  private void leave(int count) {
    window.consume(count);
    line++;
  }

  /** Eight bytes at a time, by the usual test for a zero byte in a word. */
  private static int lineFeed(byte[] b, int from, int to) {
    int i = from;
    for (; i <= to - 8; i += 8) {
      long word = (long) LONGS.get(b, i) ^ LINE_FEEDS;
      long found = (word - ONES) & ~word & HIGH;
      if (found != 0) {
        return i + (Long.numberOfTrailingZeros(found) >> 3);
      }
    }
    for (; i < to; i++) {
      if (b[i] == '\n') {
        return i;
      }
    }
    return -1;
  }
}
