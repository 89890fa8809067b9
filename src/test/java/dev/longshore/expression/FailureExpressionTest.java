package dev.longshore.expression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longshore.expression.FailureExpression.Error;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A rule's expression over a failure, its item and the attempt. */
class FailureExpressionTest {
  private static final Error ANSWERED = new Error("HttpStatus503", "GET http://a answered 503: busy", "HttpStatus503: GET <url>", 503, null, null);
  private static final Error THROWN = new Error("IOException", "reset", "IOException: reset", null, null, "java.io.IOException");
  private static final byte[] ITEM = "{\"id\": 7, \"tags\": [\"eu\"]}".getBytes(StandardCharsets.UTF_8);

  @ParameterizedTest
  @ValueSource(strings = {"true", "error.code == 'HttpStatus503'", "error.httpStatus >= 500 && error.httpStatus < 600", "error.httpStatus in [429, 503]",
    "error.message.contains('busy')", "error.fingerprint.startsWith('HttpStatus')", "attempt < 3", "item.id == 7", "'eu' in item.tags",
    "!has(error.exitCode)", "error.exitCode == 1 || error.httpStatus == 503", "error['code'].matches('^Http')"})
  void itIsForWhatItSays(String expression) throws InvalidExpressionException {
    assertThat(FailureExpression.compile(expression).matches(ANSWERED, ITEM, 2)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"false", "error.exitCode == 1", "error.httpStatus == 404", "item.name == 'x'", "item.id.name == 'x'", "attempt > 2",
    "item.id", "error.code.size() > 3 && item.none", "error.code + 1 == 2"})
  void itIsNotForTheRestNorWhereItFails(String expression) throws InvalidExpressionException {
    assertThat(FailureExpression.compile(expression).matches(ANSWERED, ITEM, 2)).isFalse();
  }

  @Test
  void whatWasThrownHasItsClass() throws InvalidExpressionException {
    assertThat(FailureExpression.compile("error.exception.endsWith('IOException')").matches(THROWN, ITEM, 1)).isTrue();
  }

  @Test
  void theItemIsReadOnlyWhenItIsAskedFor() throws InvalidExpressionException {
    byte[] noJson = {'{'};
    assertThat(FailureExpression.compile("error.httpStatus == 503 || item.id == 7").matches(ANSWERED, noJson, 1)).isTrue();
    assertThat(FailureExpression.compile("item.id == 7").matches(ANSWERED, noJson, 1)).isFalse();
  }

  @Test
  void theFirstRunThatFailsIsToldAndNoFurtherOne() throws InvalidExpressionException {
    List<String> problems = new ArrayList<>();
    FailureExpression expression = FailureExpression.compile("error.exitCode == 1", problems::add);
    expression.matches(ANSWERED, ITEM, 1);
    expression.matches(ANSWERED, ITEM, 2);
    assertThat(problems).singleElement().asString().contains("error.exitCode == 1").contains("exitCode");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
    "error.status == 404        | error has no part status, but code, message",
    "has(error.http)            | error has no part http",
    "error.code                 | ",
    "error.httpStatus = 404     | is no CEL expression",
    "err.code == 'x'            | undeclared reference to 'err'",
    "'text'                     | let it give true or false",
    "size(error.code)           | let it give true or false",
  })
  void aWrongOneIsRefused(String expression, String said) throws InvalidExpressionException {
    if (said == null) {
      // whether a part is a truth cannot be known before it is there
      FailureExpression.compile(expression);
    } else {
      assertThatThrownBy(() -> FailureExpression.compile(expression)).isInstanceOf(InvalidExpressionException.class).hasMessageContaining(said);
    }
  }
}
