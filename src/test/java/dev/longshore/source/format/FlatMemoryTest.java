package dev.longshore.source.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.JobSpec.Format;
import dev.longshore.job.Limits;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FlatMemoryTest {
  private static final long SIZE = 200_000_000;
  private static final String ITEM = "{\"id\":1234567,\"name\":\"" + "x".repeat(96) + "\"}";

  @ParameterizedTest
  @EnumSource(value = Format.class, names = {"LINES", "NDJSON"})
  void theWindowDoesNotGrowWithTheInput(Format format) throws Exception {
    try (RecordReader reader = Reading.open(format, new Repeated("", ITEM + "\n", SIZE, ""), false, Optional.empty())) {
      long count = 0;
      while (reader.next() != null) {
        count++;
      }
      assertThat(count).isEqualTo(SIZE / (ITEM.length() + 1));
      assertThat(reader.windowBytes()).isLessThanOrEqualTo(256 << 10);
    }
  }

  @Test
  void neitherDoesTheWindowOfAnArrayOrATable() throws Exception {
    Repeated array = new Repeated("[0", ",\n" + ITEM, SIZE / 4, "]");
    Repeated table = new Repeated("a,b\n", "1,\"two\nlines\"\n", SIZE / 4, "");
    for (RecordReader reader : new RecordReader[] {Reading.open(Format.JSON, array, true, Optional.empty()),
      Reading.open(Format.CSV, table, true, Optional.empty())}) {
      while (reader.next() != null) {
        assertThat(reader.windowBytes()).isLessThanOrEqualTo(256 << 10);
      }
      assertThat(reader.position().index()).isGreaterThan(SIZE / 4 / (ITEM.length() + 2));
      reader.close();
    }
  }

  @ParameterizedTest
  @EnumSource(value = Format.class, names = "FILES", mode = EnumSource.Mode.EXCLUDE)
  void oneRecordOfAnyLengthIsNotHeld(Format format) throws Exception {
    String start = format == Format.CSV ? "a\n\"" : format == Format.JSON ? "[\"" : "\"";
    String end = format == Format.CSV ? "\"\n2\n" : format == Format.JSON ? "\",2]" : "\"\n2\n";
    try (RecordReader reader = Reading.open(format, new Repeated(start, "xxxxxxxx", SIZE, end), false, Optional.empty())) {
      assertThat(Reading.show(reader.next())).contains("above the limit");
      assertThat(reader.next()).isNotNull();
      assertThat(reader.next()).isNull();
      assertThat(reader.windowBytes()).isLessThanOrEqualTo(16 * Limits.ITEM_BYTES);
    }
  }

  /** A beginning, the same piece again and again up to a size, and an end, none of it held. */
  static final class Repeated extends InputStream {
    private final byte[] start;
    private final byte[] piece;
    private final byte[] end;
    private final long middle;
    private long at;

    Repeated(String start, String piece, long size, String end) {
      this.start = start.getBytes(StandardCharsets.UTF_8);
      this.piece = piece.getBytes(StandardCharsets.UTF_8);
      this.end = end.getBytes(StandardCharsets.UTF_8);
      this.middle = size / this.piece.length * this.piece.length;
    }

    @Override
    public int read() {
      throw new UnsupportedOperationException("one byte at a time is too slow to be meant");
    }

    @Override
    public int read(byte[] b, int off, int len) {
      int done = 0;
      while (done < len) {
        long inMiddle = at - start.length;
        byte[] from = inMiddle < 0 ? start : inMiddle < middle ? piece : end;
        int place = (int) (inMiddle < 0 ? at : inMiddle < middle ? inMiddle % piece.length : inMiddle - middle);
        int count = Math.min(len - done, from.length - place);
        if (count == 0) {
          break;
        }
        System.arraycopy(from, place, b, off + done, count);
        done += count;
        at += count;
      }
      return done == 0 ? -1 : done;
    }
  }
}
