package dev.longshore.source.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.JobSpec.Format;
import dev.longshore.job.Limits;
import dev.longshore.source.SourceRecord;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LineFormatsTest {
  private static final byte[] LATIN_1 = {'o', 'k', '\n', (byte) 0xc3, (byte) 0xa9, (byte) 0xe9, '!', '\n', 'x'};

  @Test
  void eachLineIsAStringAndTheLastNeedsNoEnd() throws Exception {
    assertThat(Reading.all(Format.LINES, "a\nb c\r\nd")).containsExactly("\"a\"", "\"b c\"", "\"d\"");
    assertThat(Reading.all(Format.LINES, "a\n")).containsExactly("\"a\"");
    assertThat(Reading.all(Format.LINES, "")).isEmpty();
  }

  @Test
  void anEmptyLineIsAnItemUnlessItIsTheLast() throws Exception {
    assertThat(Reading.all(Format.LINES, "\n\na\n\r\n")).containsExactly("\"\"", "\"\"", "\"a\"", "\"\"");
  }

  @Test
  void aByteOrderMarkIsNoText() throws Exception {
    assertThat(Reading.all(Format.LINES, "\ufeffa\nb")).containsExactly("\"a\"", "\"b\"");
    assertThat(Reading.all(Format.NDJSON, "\ufeff1\n2")).containsExactly("1", "2");
  }

  @Test
  void textIsEscapedAsJsonNeedsIt() throws Exception {
    assertThat(Reading.all(Format.LINES, "say \"hi\" \\ \t\u0001 \u00e9\u20ac\ud83d\ude00"))
        .containsExactly("\"say \\\"hi\\\" \\\\ \\t\\u0001 \u00e9\u20ac\ud83d\ude00\"");
  }

  @Test
  void bytesThatAreNoUtf8AreNamedWithTheirPlaceAndTheNextLineIsRead() throws Exception {
    assertThat(Reading.all(Format.LINES, LATIN_1)).containsExactly("\"ok\"", "!line 2, column 2: invalid UTF-8 (byte 0xe9)", "\"x\"");
  }

  @Test
  void theBeginningOfAMalformedRecordIsKeptAsAJsonString() throws Exception {
    try (RecordReader reader = Reading.open(Format.LINES, new ByteArrayInputStream(LATIN_1), false, Optional.empty())) {
      reader.next();
      SourceRecord.Malformed malformed = (SourceRecord.Malformed) reader.next();
      assertThat(new String(malformed.raw(), StandardCharsets.UTF_8)).isEqualTo("\"\u00e9\ufffd!\"");
    }
  }

  @Test
  void jsonLinesAreKeptByteForByteAndBlankOnesAreNoItems() throws Exception {
    assertThat(Reading.all(Format.NDJSON, "{\"a\": 1.00, \"b\":\"\\u00e9\"}\r\n\n  \n 12345678901234567890.10 \n\"x\"\nnull"))
        .containsExactly("{\"a\": 1.00, \"b\":\"\\u00e9\"}", "12345678901234567890.10", "\"x\"", "null");
  }

  @Test
  void aBareCarriageReturnInsideJsonBecomesASpace() throws Exception {
    assertThat(Reading.all(Format.NDJSON, "[1,\r2]\n")).containsExactly("[1, 2]");
  }

  @Test
  void jsonThatIsWrongIsNamedWithLineAndColumn() throws Exception {
    assertThat(Reading.all(Format.NDJSON, "{\"a\":1}\n\n{\"\u00e9\":tru}\n{} x\n[1,]\n{\"a\" 1}\n\"a"))
        .containsExactly("{\"a\":1}", "!line 3, column 6: expected a value", "!line 4, column 4: more text behind the value",
            "!line 5, column 4: expected a value", "!line 6, column 6: expected ':'", "!line 7, column 3: the string does not end");
  }

  @Test
  void anItemAboveTheLimitIsMalformedAndTheNextIsRead() throws Exception {
    String most = "\"" + "x".repeat(Limits.ITEM_BYTES - 2) + "\"";
    String tooLong = "\"" + "x".repeat(5 * Limits.ITEM_BYTES) + "\"";
    assertThat(Reading.all(Format.NDJSON, most + "\n" + most.replaceFirst("x", "xx") + "\r\n" + tooLong + "\n1\n" + tooLong))
        .containsExactly(most, "!line 2, column 1: above the limit of 1048576 bytes for an item",
            "!line 3, column 1: above the limit of 1048576 bytes for an item", "1",
            "!line 5, column 1: above the limit of 1048576 bytes for an item");
    assertThat(Reading.all(Format.LINES, "\t".repeat(600_000) + "\na"))
        .containsExactly("!line 1, column 1: above the limit of 1048576 bytes for an item", "\"a\"");
  }

  @Test
  void theBeginningKeptOfALongRecordIsAtMostOneKibibyte() throws Exception {
    byte[] line = "\u20ac".repeat(Limits.ITEM_BYTES).getBytes(StandardCharsets.UTF_8);
    try (RecordReader reader = Reading.open(Format.LINES, new ByteArrayInputStream(line), false, Optional.empty())) {
      assertThat(((SourceRecord.Malformed) reader.next()).raw()).hasSizeBetween(900, 1024);
    }
  }
}
