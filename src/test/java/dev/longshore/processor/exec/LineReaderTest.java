package dev.longshore.processor.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LineReaderTest {
  private static final int LIMIT = 300_000;

  /** Gives its bytes in pieces of any size. */
  private static InputStream pieces(byte[] bytes, Random random) {
    return new ByteArrayInputStream(bytes) {
      @Override
      public synchronized int read(byte[] into, int at, int length) {
        return super.read(into, at, Math.min(length, 1 + random.nextInt(90_000)));
      }
    };
  }

  @Test
  void linesOfAnyLengthInPiecesOfAnySizeComeOutAsTheyWere() throws IOException {
    Random random = new Random(7);
    for (int run = 0; run < 50; run++) {
      List<String> lines = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        lines.add("x".repeat(switch (random.nextInt(4)) {
          case 0 -> 0;
          case 1 -> random.nextInt(20);
          case 2 -> 65_530 + random.nextInt(12);
          default -> random.nextInt(LIMIT);
        }));
      }
      lines.set(29, "the last");
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      all.writeBytes(String.join("\n", lines).getBytes(StandardCharsets.US_ASCII));
      if (run % 2 == 0) {
        all.write('\n');
      }
      LineReader reader = new LineReader(pieces(all.toByteArray(), random), LIMIT);
      for (String line : lines) {
        assertThat(new String(reader.next(), StandardCharsets.US_ASCII)).hasSize(line.length());
      }
      assertThat(reader.next()).isNull();
    }
  }

  @Test
  void aLineAboveTheLimitIsRefused() throws IOException {
    byte[] bytes = ("x".repeat(LIMIT) + "\n" + "x".repeat(LIMIT + 1) + "\n").getBytes(StandardCharsets.US_ASCII);
    LineReader reader = new LineReader(new ByteArrayInputStream(bytes), LIMIT);
    assertThat(reader.next()).hasSize(LIMIT);
    assertThatThrownBy(reader::next).isInstanceOf(LineReader.LineTooLong.class);
  }
}
