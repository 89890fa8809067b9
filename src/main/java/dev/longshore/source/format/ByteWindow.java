package dev.longshore.source.format;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;

/** The part of a stream that is being looked at: from the first byte that no record has taken yet to the last that was read. */
final class ByteWindow {
  private static final int INITIAL = 256 << 10;
  private static final int SKIP_STEP = 64 << 10;

  private final InputStream in;
  /** Hashes all that is left behind; null when nobody wants to know. */
  private final MessageDigest digest;
  /** Public to the cutters, whose inner loops run over it: valid from {@link #at} to {@link #limit}, until the next {@link #fill}. */
  byte[] bytes = new byte[INITIAL];
  int at;
  int limit;
  private int hashed;
  private long base;
  /** The last record's end in the window; -1 when it was left behind, and then {@link #markedHash} is the hash up to there. */
  private int marked;
  private String markedHash;
  private long markedOffset;
  private long markedLine = 1;
  private long markedColumn = 1;

  ByteWindow(InputStream in, long offset, MessageDigest digest) {
    this.in = in;
    this.base = offset;
    this.markedOffset = offset;
    this.digest = digest;
  }

  /** Notes that a record ended here: what {@link #place} gives from now on, however far the cutter looks ahead. */
  void mark(long line, long column) {
    marked = at;
    markedOffset = base + at;
    markedLine = line;
    markedColumn = column;
  }

  /** Where the last record ended. */
  Place place() {
    return new Place(markedOffset, markedLine, markedColumn, markedHash());
  }

  /** Offset of the byte at {@link #at} in the whole stream. */
  long offset() {
    return base + at;
  }

  int capacity() {
    return bytes.length;
  }

  int available() {
    return limit - at;
  }

  void consume(int count) {
    at += count;
  }

  /** Reads more behind what is there, which moves to the front. False at the end of the stream. */
  boolean fill() throws IOException {
    leaveBehind();
    if (limit == bytes.length) {
      bytes = Arrays.copyOf(bytes, bytes.length * 2);
    }
    int count;
    do {
      count = in.read(bytes, limit, bytes.length - limit);
    } while (count == 0);
    if (count < 0) {
      return false;
    }
    limit += count;
    return true;
  }

  /** Makes sure that {@code count} bytes are there. False when the stream ends before. */
  boolean have(int count) throws IOException {
    while (available() < count) {
      if (!fill()) {
        return false;
      }
    }
    return true;
  }

  /** Goes on to {@code offset}, ahead of here. Throws {@link EOFException} when the stream is shorter. */
  void skipTo(long offset) throws IOException {
    int inside = (int) Math.min(available(), offset - offset());
    consume(inside);
    while (offset() < offset) {
      if (digest == null) {
        long rest = offset - offset();
        in.skipNBytes(rest);
        base += at + rest;
        at = 0;
        limit = 0;
      } else if (!have(1)) {
        throw new EOFException();
      } else {
        consume((int) Math.min(Math.min(available(), SKIP_STEP), offset - offset()));
      }
    }
  }

  private String markedHash() {
    if (digest == null) {
      return "";
    }
    if (marked >= 0) {
      hashTo(marked);
      return soFar();
    }
    return markedHash;
  }

  private void hashTo(int end) {
    digest.update(bytes, hashed, end - hashed);
    hashed = end;
  }

  private String soFar() {
    try {
      return HexFormat.of().formatHex(((MessageDigest) digest.clone()).digest());
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("this JDK cannot copy a running SHA-256", e);
    }
  }

  private void leaveBehind() {
    if (at == 0) {
      return;
    }
    if (digest != null) {
      if (marked >= 0 && marked < at) {
        hashTo(marked);
        markedHash = soFar();
        marked = -1;
      }
      hashTo(at);
      hashed = 0;
    }
    marked = marked == at ? 0 : -1;
    System.arraycopy(bytes, at, bytes, 0, limit - at);
    base += at;
    limit -= at;
    at = 0;
  }
}
