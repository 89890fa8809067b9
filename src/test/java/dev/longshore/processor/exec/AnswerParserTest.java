package dev.longshore.processor.exec;

import static dev.longshore.processor.OutcomeAsserts.fail;
import static dev.longshore.processor.OutcomeAsserts.result;
import static dev.longshore.processor.OutcomeAsserts.spent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longshore.job.Outcome;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AnswerParserTest {
  private static AnswerParser.Answer parse(String line) throws AnswerParser.NotAnAnswer {
    return AnswerParser.parse(line.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '\0', value = {
      "{\"index\":7,\"result\":{\"a\": [1, 2.50, 1e5], \"b\": \"x y\"}} | {\"a\":[1,2.50,1e5],\"b\":\"x y\"}",
      "{\"result\": \"a \\\" b\\\\\", \"index\": 7} | \"a \\\" b\\\\\"",
      "{\"index\":7,\"result\":12345678901234567890.10} | 12345678901234567890.10",
      "{\"index\":7,\"result\":true } | true",
      "{\"index\":7,\"result\":-0.0,\"other\":{\"x\":[1]}} | -0.0",
      "{\"index\":7,\"result\":\"grüße 漢字 \uD83D\uDEA2\"} | \"grüße 漢字 \uD83D\uDEA2\"",
      "{\"index\":7,\"result\":[]} | []",
      "{\"index\":7,\"result\":\"\"} | \"\"",
      "{\"index\":7,\"note\":\"ü\",\"result\":[ \"ü\" , null ]} | [\"ü\",null]"})
  void resultsKeepTheirBytesWithoutWhiteSpace(String line, String expected) throws Exception {
    AnswerParser.Answer answer = parse(line);
    assertThat(answer.index()).isEqualTo(7);
    assertThat(result(answer.outcome())).isEqualTo(expected);
  }

  @Test
  void noResultIsASuccessToo() throws Exception {
    assertThat(parse("{\"index\":0}").outcome()).isEqualTo(Outcome.DONE);
    assertThat(parse("{\"index\":0,\"result\":null}").outcome()).isEqualTo(Outcome.DONE);
  }

  @Test
  void errorsAreRetriedUnlessTheySayNo() throws Exception {
    Outcome.Retry retry = spent(parse(
        "{\"index\":7,\"error\":{\"code\":\"Busy\",\"message\":\"later\",\"more\":{}},\"retry\":true,\"retryAfter\":\"1m30s\"}")
            .outcome(), "Busy");
    assertThat(retry.failure().message()).isEqualTo("later");
    assertThat(retry.after()).isEqualTo(Duration.ofSeconds(90));
    assertThat(spent(parse("{\"index\":7,\"error\":{\"code\":\"Busy\"}}").outcome(), "Busy").after()).isNull();
    fail(parse("{\"index\":7,\"error\":{\"code\":\"Gone\",\"message\":\"x\"},\"retry\":false}").outcome(), "Gone");
    fail(parse("{\"index\":7,\"error\":\"just words\",\"retry\":false}").outcome(), "Error");
    assertThat(parse("{\"index\":7,\"skip\":\"too old\"}").outcome()).isEqualTo(new Outcome.Skip("too old"));
  }

  @Test
  void aWrongFieldIsItsItemsFailure() throws Exception {
    spent(parse("{\"index\":7,\"error\":{},\"retryAfter\":\"soon\"}").outcome(), "WrongAnswer");
    spent(parse("{\"index\":7,\"error\":{},\"retry\":\"yes\"}").outcome(), "WrongAnswer");
  }

  @ParameterizedTest
  @ValueSource(strings = {"hello", "[1]", "7", "{\"index\":7", "{\"index\":7}{\"index\":8}", "{}", "{\"index\":\"7\"}", "{\"index\":-1}",
      "{\"index\":1.5}",
      "{\"index\":99999999999999999999}", "{\"index\":7,\"result\":}", "\u0000"})
  void allElseIsNoAnswer(String line) {
    assertThatThrownBy(() -> parse(line)).isInstanceOf(AnswerParser.NotAnAnswer.class);
  }

  @Test
  void durationsAddUp() {
    assertThat(AnswerParser.duration("1h1m1s1ms")).isEqualTo(Duration.ofMillis(3_661_001));
    assertThat(AnswerParser.duration("30")).isNull();
    assertThat(AnswerParser.duration("")).isNull();
  }
}
