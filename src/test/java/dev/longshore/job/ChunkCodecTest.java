package dev.longshore.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class ChunkCodecTest {

  @Test
  void givesBackWhatWasPackedWhateverItsSize() {
    Random random = new Random(7);
    for (int items : new int[] {1, 2, 50, 1_000}) {
      List<byte[]> lines = new ArrayList<>();
      for (int i = 0; i < items; i++) {
        lines.add(("{\"id\":" + random.nextInt() + ",\"t\":\"é\"}").getBytes(StandardCharsets.UTF_8));
      }
      ChunkCodec.Body body = ChunkCodec.encode(lines);
      assertThat(ChunkCodec.decode(body.bytes(), body.gzip())).as("%d items", items).containsExactlyElementsOf(lines);
    }
  }

  @Test
  void packsOnlyLargeBodies() {
    assertThat(ChunkCodec.encode(List.of(new byte[100])).gzip()).isFalse();
    assertThat(ChunkCodec.encode(lines(1_000, 100)).gzip()).isTrue();
  }

  @Test
  void leavesABodyPlainThatItsReaderWouldRefuseAsABomb() {
    byte[] spaces = " ".repeat(1 << 20).getBytes(StandardCharsets.US_ASCII);
    ChunkCodec.Body body = ChunkCodec.encode(List.of(spaces));
    assertThat(body.gzip()).isFalse();
    assertThat(ChunkCodec.decode(body.bytes(), false)).hasSize(1);
  }

  @Test
  void refusesAGzipBomb() throws IOException {
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bomb)) {
      gzip.write(new byte[3 << 20]);
    }
    assertThatThrownBy(() -> ChunkCodec.decode(bomb.toByteArray(), true)).isInstanceOf(ChunkCodec.MalformedChunk.class)
        .hasMessageContaining("unpacks to more than");
  }

  @Test
  void refusesWhatIsNoChunk() {
    assertThatThrownBy(() -> ChunkCodec.decode(new byte[] {1, 2, 3}, true)).isInstanceOf(ChunkCodec.MalformedChunk.class);
    assertThatThrownBy(() -> ChunkCodec.decode("1\n2".getBytes(StandardCharsets.US_ASCII), false)).isInstanceOf(ChunkCodec.MalformedChunk.class);
    assertThatThrownBy(() -> ChunkCodec.decode(new byte[Limits.CHUNK_BYTES + 1], false)).isInstanceOf(ChunkCodec.MalformedChunk.class)
        .hasMessageContaining(String.valueOf(Limits.CHUNK_BYTES));
  }

  private static List<byte[]> lines(int count, int length) {
    Random random = new Random(1);
    List<byte[]> lines = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      StringBuilder line = new StringBuilder("\"");
      while (line.length() < length) {
        line.append((char) ('a' + random.nextInt(26)));
      }
      lines.add(line.append('"').toString().getBytes(StandardCharsets.US_ASCII));
    }
    return lines;
  }
}
