package dev.longshore.job;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** The body of a chunk's message: one line of JSON an item, gzip where that makes it smaller and it is above 8 KiB. */
public final class ChunkCodec {
  private static final int GZIP_ABOVE = 8 << 10;

  private ChunkCodec() {}

  /**
   * A body and its encoding.
   *
   * @param gzip whether {@code bytes} are gzip
   */
  public record Body(byte[] bytes, boolean gzip) {}

  /** Packs lines; each must be free of line breaks. */
  public static Body encode(List<byte[]> lines) {
    int size = 0;
    for (byte[] line : lines) {
      size += line.length + 1;
    }
    byte[] plain = new byte[size];
    int at = 0;
    for (byte[] line : lines) {
      System.arraycopy(line, 0, plain, at, line.length);
      at += line.length;
      plain[at++] = '\n';
    }
    if (size <= GZIP_ABOVE) {
      return new Body(plain, false);
    }
    byte[] packed = gzip(plain);
    // what barely shrinks is not worth unpacking, and what shrinks too well would be refused by the reader
    boolean worthIt = packed.length < size && (long) packed.length * Limits.GZIP_RATIO > size;
    return worthIt ? new Body(packed, true) : new Body(plain, false);
  }

  /** Unpacks what {@link #encode} packed. Throws {@link MalformedChunk} on anything else. */
  public static List<byte[]> decode(byte[] bytes, boolean gzip) {
    byte[] plain = gzip ? gunzip(bytes) : bytes;
    if (plain.length > Limits.CHUNK_BYTES) {
      throw new MalformedChunk("a chunk of " + plain.length + " bytes is above the limit of " + Limits.CHUNK_BYTES);
    }
    List<byte[]> lines = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < plain.length; i++) {
      if (plain[i] == '\n') {
        if (lines.size() == Limits.CHUNK_ITEMS) {
          throw new MalformedChunk("a chunk has more than " + Limits.CHUNK_ITEMS + " lines");
        }
        lines.add(java.util.Arrays.copyOfRange(plain, start, i));
        start = i + 1;
      }
    }
    if (start != plain.length) {
      throw new MalformedChunk("the last line of a chunk has no end");
    }
    return lines;
  }

  private static byte[] gzip(byte[] plain) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(plain.length / 3);
    // level 1: the broker's and the network's cost falls by most of what gzip can give, at a third of the default's time
    try (GZIPOutputStream gzip = new GZIPOutputStream(out, 8 << 10) {{ def.setLevel(Deflater.BEST_SPEED); }}) {
      gzip.write(plain);
    } catch (IOException e) {
      throw new IllegalStateException("gzip to memory failed", e);
    }
    return out.toByteArray();
  }

  private static byte[] gunzip(byte[] packed) {
    long most = Math.min(Limits.CHUNK_BYTES, (long) packed.length * Limits.GZIP_RATIO);
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(packed), 16 << 10)) {
      byte[] plain = in.readNBytes((int) most + 1);
      if (plain.length > most) {
        throw new MalformedChunk("a chunk of " + packed.length + " gzip bytes unpacks to more than " + most);
      }
      return plain;
    } catch (IOException e) {
      throw new MalformedChunk("a chunk's gzip is broken: " + e.getMessage());
    }
  }

  /** A message body that is not a chunk: it goes to the dead letters, with this text. */
  public static final class MalformedChunk extends RuntimeException {
    public MalformedChunk(String message) {
      super(message);
    }
  }
}
