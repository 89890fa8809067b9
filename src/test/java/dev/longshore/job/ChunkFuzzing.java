package dev.longshore.job;

import dev.longshore.fuzz.Bytes;
import java.util.Arrays;
import java.util.List;

/** A first byte that says whether the rest is gzip. */
public final class ChunkFuzzing {
  private ChunkFuzzing() {}

  public static void run(byte[] data) {
    Bytes bytes = new Bytes(data);
    boolean gzip = (bytes.small() & 1) == 1;
    List<byte[]> lines;
    try {
      lines = ChunkCodec.decode(bytes.rest(), gzip);
    } catch (ChunkCodec.MalformedChunk refused) {
      return;
    }
    if (lines.size() > Limits.CHUNK_ITEMS || lines.stream().mapToLong(line -> line.length + 1L).sum() > Limits.CHUNK_BYTES) {
      throw new AssertionError("a chunk above the limits was read: " + lines.size() + " lines");
    }
    ChunkCodec.Body again = ChunkCodec.encode(lines);
    if (!Arrays.deepEquals(lines.toArray(), ChunkCodec.decode(again.bytes(), again.gzip()).toArray())) {
      throw new AssertionError("packed again it is another one");
    }
  }
}
