package dev.longshore.source.format;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** Unpacks gzip, told by its first two bytes; anything else passes as it is. */
public final class Gunzip {
  private static final int BUFFER = 64 << 10;

  private Gunzip() {}

  /** The content of {@code in}, unpacked where it is gzip; several gzip files one behind the other are one. */
  public static InputStream of(InputStream in) throws IOException {
    PushbackInputStream start = new PushbackInputStream(in, 2);
    byte[] magic = start.readNBytes(2);
    start.unread(magic);
    if (magic.length < 2 || (magic[0] & 0xff) != 0x1f || (magic[1] & 0xff) != 0x8b) {
      return start;
    }
    Packed packed = new Packed(start);
    try {
      return new Unpacked(new GZIPInputStream(packed, BUFFER), packed);
    } catch (ZipException | EOFException e) {
      throw broken(e, packed);
    }
  }

  private static IOException broken(IOException e, Packed packed) {
    return packed.failure != null ? packed.failure : new BrokenFormatException("the gzip data is broken or cut off: " + e.getMessage(), e);
  }

  /**
   * The JDK's reader asks {@code available()} whether another gzip file follows and takes any exception there for the end. So this one never
   * says 0 before the end, and remembers what went wrong: a broken connection must not look like the end of the data.
   */
  private static final class Packed extends FilterInputStream {
    private IOException failure;

    Packed(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      try {
        return super.read();
      } catch (IOException e) {
        failure = e;
        throw e;
      }
    }

    @Override
    public int read(byte[] b, int off, int len) throws IOException {
      try {
        return super.read(b, off, len);
      } catch (IOException e) {
        failure = e;
        throw e;
      }
    }

    @Override
    public int available() {
      return 1;
    }
  }

  private static final class Unpacked extends FilterInputStream {
    private final Packed packed;

    Unpacked(GZIPInputStream in, Packed packed) {
      super(in);
      this.packed = packed;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] b, int off, int len) throws IOException {
      int count;
      try {
        count = super.read(b, off, len);
      } catch (ZipException | EOFException e) {
        throw broken(e, packed);
      }
      if (count < 0 && packed.failure != null) {
        throw packed.failure;
      }
      return count;
    }

    @Override
    public long skip(long n) throws IOException {
      byte[] sink = new byte[(int) Math.min(BUFFER, Math.max(0, n))];
      int count = read(sink, 0, sink.length);
      return Math.max(0, count);
    }
  }
}
