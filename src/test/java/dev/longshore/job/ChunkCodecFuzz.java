package dev.longshore.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Ten minutes of chunks with random damage: each is read, or refused as malformed, and nothing else ever happens. */
class ChunkCodecFuzz {
  private static final long NANOS = Long.getLong("fuzz.seconds", 600) * 1_000_000_000L;

  @Test
  void damagedChunksAreReadOrRefused() {
    long seed = Long.getLong("fuzz.seed", System.nanoTime());
    Random random = new Random(seed);
    long end = System.nanoTime() + NANOS;
    long refused = 0;
    for (long round = 0; System.nanoTime() < end; round++) {
      ChunkCodec.Body body = ChunkCodec.encode(lines(random));
      byte[] bytes = damaged(body.bytes().clone(), random);
      boolean gzip = random.nextInt(10) == 0 ? !body.gzip() : body.gzip();
      try {
        List<byte[]> lines = ChunkCodec.decode(bytes, gzip);
        assertThat(lines.stream().mapToLong(line -> line.length + 1L).sum()).isLessThanOrEqualTo(Limits.CHUNK_BYTES);
      } catch (ChunkCodec.MalformedChunk e) {
        refused++;
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed + ", round " + round, e);
      }
    }
    assertThat(refused).as("refused chunks").isPositive();
  }

  private static List<byte[]> lines(Random random) {
    List<byte[]> lines = new ArrayList<>();
    for (int i = random.nextInt(400); i >= 0; i--) {
      byte[] line = new byte[random.nextInt(100)];
      for (int at = 0; at < line.length; at++) {
        line[at] = (byte) (32 + random.nextInt(32));
      }
      lines.add(line);
    }
    return lines;
  }

  private static byte[] damaged(byte[] bytes, Random random) {
    for (int i = random.nextInt(4); i > 0 && bytes.length > 0; i--) {
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return random.nextInt(5) == 0 ? java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)) : bytes;
  }
}
