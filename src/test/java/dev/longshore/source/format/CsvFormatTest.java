package dev.longshore.source.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longshore.job.JobSpec.Format;
import dev.longshore.job.Limits;
import dev.longshore.source.SourceException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CsvFormatTest {
  @Test
  void recordsAreObjectsOfStrings() throws Exception {
    assertThat(Reading.all(Format.CSV, "\ufeffid,name\r\n1,\"a \"\"b\"\", c\"\r\n2,\n\"3\",\"two\nlines\"\n4,\u20ac"))
        .containsExactly("{\"id\":\"1\",\"name\":\"a \\\"b\\\", c\"}", "{\"id\":\"2\",\"name\":\"\"}",
            "{\"id\":\"3\",\"name\":\"two\\nlines\"}",
            "{\"id\":\"4\",\"name\":\"\u20ac\"}");
  }

  @Test
  void blankLinesAreNoRecordsAndAnEmptyFieldCanBeWritten() throws Exception {
    assertThat(Reading.all(Format.CSV, "\nid\n\n1\n\"\"\n\r\n")).containsExactly("{\"id\":\"1\"}", "{\"id\":\"\"}");
    assertThat(Reading.all(Format.CSV, "id,name")).isEmpty();
  }

  @Test
  void recordsThatDoNotFitAreNamedWithTheirPlaceAndTheNextIsRead() throws Exception {
    assertThat(Reading.all(Format.CSV, "a,b\n1\n1,2,3\nx\"y,1\n\"x\"y,1\n\"two\nlines\",3\n\"1\n2\",3,4\n5,6\n7,\"open\nto the end"))
        .containsExactly("!line 2, column 2: 1 fields where the header row has 2",
            "!line 3, column 5: more fields than the 2 of the header row",
            "!line 4, column 2: a quote inside a field that is not quoted", "!line 5, column 4: text behind a quoted field",
            "{\"a\":\"two\\nlines\",\"b\":\"3\"}", "!line 9, column 6: more fields than the 2 of the header row",
                "{\"a\":\"5\",\"b\":\"6\"}",
            "!line 11, column 3: the quoted field that begins here does not end");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', ignoreLeadingAndTrailingWhitespace = false, quoteCharacter = '`', value = {
    "``|line 1, column 1: expected a header row",
    "a,,b|line 1, column 3: column 2 of the header row has no name",
    "a,b,|line 1, column 5: column 3 of the header row has no name",
    "a,\"a\"|line 1, column 3: the header row has the name \"a\" twice",
    "a,\"b|line 1, column 3: the quoted field that begins here does not end"})
  void aHeaderThatDoesNotNameTheColumnsIsRefused(String text, String message) {
    assertThatThrownBy(() -> Reading.all(Format.CSV, text)).isInstanceOf(SourceException.class)
        .hasMessageStartingWith("spec.source.file: " + message);
  }

  @Test
  void invalidUtf8AndRecordsAboveTheLimitAreMalformed() throws Exception {
    byte[] latin1 = "a,b\n1,caf\u00e9\n2,x".getBytes(StandardCharsets.ISO_8859_1);
    assertThat(Reading.all(Format.CSV, latin1)).containsExactly("!line 2, column 6: invalid UTF-8 (byte 0xe9)",
        "{\"a\":\"2\",\"b\":\"x\"}");
    String large = "x".repeat(Limits.ITEM_BYTES);
    String huge = "\"" + "x\n".repeat(3 * Limits.ITEM_BYTES) + "\"";
    assertThat(Reading.all(Format.CSV, "a,b\n1," + large + "\n2," + huge + "\n3,y\n4")).containsExactly(
        "!line 2, column 1: above the limit of 1048576 bytes for an item",
            "!line 3, column 1: above the limit of 1048576 bytes for an item",
        "{\"a\":\"3\",\"b\":\"y\"}", "!line " + (5 + 3 * Limits.ITEM_BYTES) + ", column 2: 1 fields where the header row has 2");
  }
}
