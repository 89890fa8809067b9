package dev.longshore.source.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longshore.job.JobSpec.Format;
import dev.longshore.source.ItemReader;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourcePosition;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ResumeTest {
  private static final int ROUNDS = 25;

  @ParameterizedTest
  @EnumSource(value = Format.class, names = "FILES", mode = EnumSource.Mode.EXCLUDE)
  void readingFromAnyPositionGivesWhatReadingThroughGave(Format format) throws Exception {
    for (int seed = 0; seed < ROUNDS; seed++) {
      Random random = new Random(seed);
      byte[] data = random(format, random);
      byte[] stored = random.nextInt(3) == 0 ? gzip(data, random) : data;
      boolean hashed = random.nextBoolean();

      List<String> through = new ArrayList<>();
      List<SourcePosition> positions = new ArrayList<>();
      try (ItemReader reader = open(format, stored, random, hashed, Optional.empty())) {
        positions.add(reader.position());
        for (var record = reader.next(); record != null; record = reader.next()) {
          through.add(Reading.show(record));
          positions.add(reader.position());
        }
        assertThat(reader.position()).isEqualTo(positions.getLast());
      }
      assertThat(through).isNotEmpty();

      for (int i = 0; i < positions.size(); i++) {
        assertThat(positions.get(i).index()).isEqualTo(i);
        try (ItemReader reader = open(format, stored, random, hashed, Optional.of(positions.get(i)))) {
          assertThat(reader.position()).isEqualTo(positions.get(i));
          assertThat(Reading.all(reader)).as("seed %d from %s", seed, positions.get(i)).isEqualTo(through.subList(i, through.size()));
          assertThat(reader.position()).isEqualTo(positions.getLast());
        }
      }
    }
  }

  @Test
  void aReaderThatCanBeginInTheMiddleNeedsNothingOfWhatIsBefore() throws Exception {
    byte[] data = "[1,\n22 , 333]".getBytes(StandardCharsets.UTF_8);
    try (ItemReader reader = Reading.open(Format.JSON, new ByteArrayInputStream(data), false, Optional.empty())) {
      reader.next();
      reader.next();
      SourcePosition position = reader.position();
      int offset = (int) RecordReader.offset(position, "f");
      InputStream rest = new ByteArrayInputStream(data, offset, data.length - offset);
      var input = new RecordReader.Input(rest, offset, "pin", false, "f");
      try (ItemReader later = RecordReader.open(Format.JSON, input, Optional.of(position))) {
        assertThat(Reading.all(later)).containsExactly("333");
        assertThat(later.position().index()).isEqualTo(3);
      }
    }
  }

  @Test
  void bytesBeforeThePositionThatChangedAreFoundByTheirHash() throws Exception {
    SourcePosition position = after(2, "1\n2\n3\n", true);
    assertThatThrownBy(() -> open("1\n7\n3\n", position)).isInstanceOfSatisfying(SourceException.class,
        e -> assertThat(e.reason()).isEqualTo(SourceException.Reason.CHANGED));
  }

  @Test
  void aSourceThatBecameShorterChanged() throws Exception {
    for (boolean hashed : new boolean[] {true, false}) {
      SourcePosition position = after(3, "1\n2\n3\n", hashed);
      assertThatThrownBy(() -> Reading.open(Format.NDJSON, new ByteArrayInputStream(new byte[] {'1', '\n'}), hashed, Optional.of(position)))
          .isInstanceOfSatisfying(SourceException.class, e -> assertThat(e.reason()).isEqualTo(SourceException.Reason.CHANGED));
    }
  }

  @Test
  void aPositionOfSomethingElseIsRefused() {
    assertThatThrownBy(() -> open("1\n", new SourcePosition(3, "pin", "nonsense"))).isInstanceOf(SourceException.class)
        .hasMessageContaining("'nonsense'");
  }

  @Test
  void gzipThatIsCutOffIsInvalidAfterWhatCouldBeRead() throws Exception {
    byte[] packed = gzip("1\n2\n".repeat(100_000).getBytes(StandardCharsets.UTF_8), new Random(1));
    byte[] cut = Arrays.copyOf(packed, packed.length - 20);
    try (ItemReader reader = Reading.open(Format.NDJSON, Gunzip.of(new ByteArrayInputStream(cut)).stream(), false, Optional.empty())) {
      assertThatThrownBy(() -> Reading.all(reader)).isInstanceOf(SourceException.class)
          .hasMessageContaining("gzip data is broken or cut off");
      assertThat(reader.position().index()).isPositive();
    }
  }

  @Test
  void aConnectionThatBreaksBetweenTwoGzipFilesIsNotTheirEnd() throws Exception {
    byte[] packed = gzip("1\n".getBytes(StandardCharsets.UTF_8), new Random(1));
    InputStream broken = new FilterInputStream(new ByteArrayInputStream(packed)) {
      @Override
      public int read(byte[] b, int off, int len) throws IOException {
        int count = super.read(b, off, len);
        if (count < 0) {
          throw new IOException("connection reset");
        }
        return count;
      }

      @Override
      public int read() throws IOException {
        int one = super.read();
        if (one < 0) {
          throw new IOException("connection reset");
        }
        return one;
      }
    };
    InputStream unpacked = Gunzip.of(broken).stream();
    assertThatThrownBy(() -> Reading.all(Reading.open(Format.NDJSON, unpacked, false, Optional.empty())))
        .isInstanceOfSatisfying(SourceException.class, e -> assertThat(e.reason()).isEqualTo(SourceException.Reason.UNAVAILABLE))
        .hasMessageContaining("connection reset");
  }

  private static SourcePosition after(int records, String text, boolean hashed) throws SourceException {
    byte[] data = text.getBytes(StandardCharsets.UTF_8);
    try (ItemReader reader = Reading.open(Format.NDJSON, new ByteArrayInputStream(data), hashed, Optional.empty())) {
      for (int i = 0; i < records; i++) {
        reader.next();
      }
      return reader.position();
    }
  }

  private static ItemReader open(String text, SourcePosition position) throws SourceException {
    return Reading.open(Format.NDJSON, new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), true, Optional.of(position));
  }

  private static ItemReader open(Format format, byte[] stored, Random random, boolean hashed,
      Optional<SourcePosition> from) throws Exception {
    InputStream pieces = new Pieces(new ByteArrayInputStream(stored), random);
    return Reading.open(format, Gunzip.of(pieces).stream(), hashed, from);
  }

  private static byte[] random(Format format, Random random) {
    StringBuilder text = new StringBuilder(random.nextInt(4) == 0 ? "\ufeff" : "");
    int count = 1 + random.nextInt(40);
    String feed = random.nextBoolean() ? "\n" : "\r\n";
    if (format == Format.CSV) {
      text.append("a,\"b \"\"x\"\"\"").append(feed);
    } else if (format == Format.JSON) {
      text.append(" [");
    }
    for (int i = 0; i < count; i++) {
      String value = JsonCheckTest.value(random, 3);
      switch (format) {
        case LINES -> text.append(random.nextInt(5) == 0 ? "" : value).append(feed);
        case NDJSON -> text.append(random.nextInt(5) == 0 ? " " + feed : "").append(random.nextInt(6) == 0 ? value
            + "}" : value).append(feed);
        case JSON -> text.append(i > 0 ? "\n ," : "").append(feed).append(value);
        case CSV -> text.append(random.nextInt(6) == 0 ? "short" : i + ",\"" + value.replace("\"", "\"\"").replace(" ", "\n")
            + "\"").append(feed);
        default -> throw new IllegalArgumentException(format.name());
      }
      if (random.nextInt(60) == 0 && format != Format.JSON) {
        text.append(format == Format.CSV ? "1,\"" : "").append("x".repeat(2_200_000)).append(format == Format.CSV ? "\"" : "").append(feed);
      }
    }
    return text.append(format == Format.JSON ? " ]\n" : "").toString().getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] gzip(byte[] data, Random random) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int half = random.nextInt(data.length + 1);
    for (byte[] part : new byte[][] {Arrays.copyOf(data, half), Arrays.copyOfRange(data, half, data.length)}) {
      try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
        gzip.write(part);
      }
    }
    return out.toByteArray();
  }

  /** Gives a stream in pieces of random size, so that records are split everywhere. */
  private static final class Pieces extends FilterInputStream {
    private final Random random;

    Pieces(InputStream in, Random random) {
      super(in);
      this.random = random;
    }

    @Override
    public int read(byte[] b, int off, int len) throws IOException {
      return super.read(b, off, Math.min(len, 1 + random.nextInt(random.nextInt(4) == 0 ? 7 : 100_000)));
    }
  }
}
