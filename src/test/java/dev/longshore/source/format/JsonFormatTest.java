package dev.longshore.source.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longshore.job.JobSpec.Format;
import dev.longshore.job.Limits;
import dev.longshore.source.SourceException;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonFormatTest {
  @Test
  void elementsAreWrittenCompactAndExact() throws Exception {
    assertThat(Reading.all(Format.JSON,
        "\ufeff [ {\"a\" : [ 1 , 2.50 ],\n \"b c\":\" \\\" , ] \"} ,\n 123456789012345678901234567890.00,\"\u20ac\", null ] \n"))
        .containsExactly("{\"a\":[1,2.50],\"b c\":\" \\\" , ] \"}", "123456789012345678901234567890.00", "\"\u20ac\"", "null");
  }

  @Test
  void anEmptyArrayHasNoItems() throws Exception {
    assertThat(Reading.all(Format.JSON, "[]")).isEmpty();
    assertThat(Reading.all(Format.JSON, " [ \n ] ")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', ignoreLeadingAndTrailingWhitespace = false, value = {
    "{}|line 1, column 1: expected '['",
    "''|line 1, column 1: expected '['",
    "1~2|line 1, column 1: expected '['",
    "[1,~ tru]|line 2, column 2: expected a value",
    "[1,2|line 1, column 4: the input ends inside the element that begins here",
    "[1, |line 1, column 5: the input ends inside the element that begins here",
    "[1,]|line 1, column 4: expected a value",
    "[1,,2]|line 1, column 4: expected a value",
    "[1 2]|line 1, column 4: more text behind the value",
    "[1}|line 1, column 3: expected ',' or ']'",
    "[{\"a\":1]|line 1, column 2: the input ends inside",
    "[{\"a\":1],2]|line 1, column 8: expected ',' or '}'",
    "[1]~x|line 2, column 1: more text behind the array",
    "[\"a,1]|line 1, column 2: the input ends inside"})
  void anArrayThatBreaksEndsTheReadingWithItsPlace(String text, String message) {
    assertThatThrownBy(() -> Reading.all(Format.JSON, text.replace('~', '\n')))
        .isInstanceOfSatisfying(SourceException.class, e -> assertThat(e.reason()).isEqualTo(SourceException.Reason.INVALID))
        .hasMessageStartingWith("spec.source.file: " + message);
  }

  @Test
  void whatCameBeforeTheBreakIsGiven() throws Exception {
    byte[] text = "[1,2,x]".getBytes(StandardCharsets.UTF_8);
    try (RecordReader reader = Reading.open(Format.JSON, new ByteArrayInputStream(text), false, Optional.empty())) {
      assertThat(Reading.show(reader.next())).isEqualTo("1");
      assertThat(Reading.show(reader.next())).isEqualTo("2");
      assertThatThrownBy(reader::next).hasMessageContaining("line 1, column 6");
      assertThat(reader.position().index()).isEqualTo(2);
    }
  }

  @Test
  void anElementThatIsJsonButNotTakenIsMalformedAndTheNextIsRead() throws Exception {
    byte[] text = "[1,\n \"a?b\", 3]".getBytes(StandardCharsets.UTF_8);
    text[7] = (byte) 0xff;
    assertThat(Reading.all(Format.JSON, text)).containsExactly("1", "!line 2, column 4: invalid UTF-8 (byte 0xff)", "3");
    assertThat(Reading.all(Format.JSON, "[1, " + "[".repeat(501) + "]".repeat(501) + ",\"]\"]")).hasSize(3).endsWith("\"]\"");
  }

  @Test
  void sizeCountsWithoutWhiteSpace() throws Exception {
    String spaced = "[1," + " ".repeat(3 * Limits.ITEM_BYTES) + "2]";
    String large = "\"" + "x".repeat(Limits.ITEM_BYTES) + "\"";
    String huge = "\"" + "x,]\\\"".repeat(4 * Limits.ITEM_BYTES) + "\"";
    assertThat(Reading.all(Format.JSON, "[" + spaced + "," + large + ",\n" + huge + ",5]")).containsExactly("[1,2]",
        "!line 1, column " + (spaced.length() + 3) + ": above the limit of 1048576 bytes for an item",
        "!line 2, column 1: above the limit of 1048576 bytes for an item", "5");
  }
}
