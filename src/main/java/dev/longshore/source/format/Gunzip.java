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

  /**
   * What came of it.
   *
   * @param packed whether it was gzip
   */
  public record Content(InputStream stream, boolean packed) {}

  /** The content of {@code in}, unpacked where it is gzip; several gzip files one behind the other are one. */
  public static Content of(InputStream in) throws IOException {
    PushbackInputStream start = new PushbackInputStream(in, 2);
    byte[] magic = start.readNBytes(2);
    start.unread(magic);
    boolean gzip = magic.length == 2 && (magic[0] & 0xff) == 0x1f && (magic[1] & 0xff) == 0x8b;
    return new Content(gzip ? new Unpacked(new Packed(start)) : start, gzip);
  }

  private static IOException broken(IOException e, Packed packed) {
    return packed.failure != null ? packed.failure : new BrokenFormatException("the gzip data is broken or cut off: " + e.getMessage(), e);
  }

  /**
   * The JDK's reader asks {@code available()} whether another gzip file follows and takes any exception there for the end. So this one
   * never says 0 before the end, and remembers what went wrong: a broken connection must not look like the end of the data.
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

  private static final class Unpacked extends InputStream {
    private final Packed packed;
    private GZIPInputStream in;

    Unpacked(Packed packed) {
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
        if (in == null) {
          in = new GZIPInputStream(packed, BUFFER);
        }
        count = in.read(b, off, len);
      } catch (ZipException | EOFException e) {
        throw broken(e, packed);
      }
      if (count < 0 && packed.failure != null) {
        throw packed.failure;
      }
      return count;
    }

    @Override
    public void close() throws IOException {
      if (in != null) {
        in.close();
      } else {
        packed.close();
      }
    }
  }
}
