package dev.longshore.expression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An item's identity is the text of what the expression gives for it. */
class IdentityExpressionTest {

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
    "item.id                          | {\"id\": \"a-1\"}                    | a-1",
    "item                             | \"the line itself\"                  | the line itself",
    "item.id                          | {\"id\": 7}                          | 7",
    "item.id                          | {\"id\": 7.0}                        | 7",
    "item.id                          | {\"id\": 7.50}                       | 7.5",
    "item.id                          | {\"id\": 1e3}                        | 1000",
    "item.id                          | {\"id\": 9007199254740993}           | 9007199254740993",
    "item.id                          | {\"id\": 123456789012345678901}      | 123456789012345678901",
    "item.id                          | {\"id\": 0.12345678901234567890123}  | 0.12345678901234567890123",
    "item.ok                          | {\"ok\": true}                       | true",
    "item.country + '/' + item.id     | {\"country\": \"DE\", \"id\": \"x\"} | DE/x",
    "item.country + string(item.id)   | {\"country\": \"DE\", \"id\": 4}     | DE4",
    "item.tags[1]                     | {\"tags\": [\"a\", \"b\"]}           | b",
    "has(item.id) ? item.id : item.nr | {\"nr\": 3}                          | 3",
    "item['odd name']                 | {\"odd name\": \"x\"}                | x",
    "size(item.name)                  | {\"name\": \"four\"}                 | 4",
  })
  void itIsTheTextOfTheValue(String expression, String item, String identity) throws InvalidExpressionException {
    assertThat(IdentityExpression.compile(expression).of(bytes(item))).contains(identity);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"id\": null}", "{\"id\": \"\"}", "{\"id\": [1]}", "{\"id\": {\"a\": 1}}", "null", "\"text\"", "3", "[1]"})
  void withoutAValueThatNamesItThereIsNone(String item) throws InvalidExpressionException {
    assertThat(IdentityExpression.compile("item.id").of(bytes(item))).isEmpty();
  }

  @Test
  void neighbouringNumbersThatADoubleCannotTellApartAreTwoItems() throws InvalidExpressionException {
    IdentityExpression id = IdentityExpression.compile("item.id");
    assertThat(id.of(bytes("{\"id\": 100000000000000000000001}"))).isNotEqualTo(id.of(bytes("{\"id\": 100000000000000000000002}")));
  }

  @Test
  void whatGoesWrongIsToldOnce() throws InvalidExpressionException {
    List<String> problems = new ArrayList<>();
    IdentityExpression id = IdentityExpression.compile("item.id", problems::add);

    assertThat(id.of(bytes("{\"id\": 1}"))).contains("1");
    assertThat(problems).isEmpty();
    id.of(bytes("{}"));
    id.of(bytes("[]"));

    assertThat(problems).singleElement().asString().contains("item.id").contains("id");
  }

  @Test
  void anEndlessLoopThroughAnItemEnds() throws InvalidExpressionException {
    String list = IntStream.range(0, 1000).mapToObj(Integer::toString).collect(Collectors.joining(",", "[", "]"));
    List<String> problems = new ArrayList<>();
    IdentityExpression cubic = IdentityExpression.compile("item.all(a, item.all(b, item.all(c, a + b + c >= 0)))", problems::add);

    assertThat(cubic.of(bytes(list))).isEqualTo(Optional.empty());
    assertThat(problems).singleElement().asString().containsIgnoringCase("iteration");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
    "item.        | character 6",
    "record.id    | undeclared reference to 'record'",
    "item.id ==   | is no CEL expression",
    "[item.id]    | names no item",
    "{'a': item}  | names no item",
    "item.foo()   | undeclared reference to 'foo'",
    "1 + 'a'      | no matching overload",
  })
  void aTextThatIsNoExpressionIsRefusedWithItsPlace(String expression, String said) {
    assertThatThrownBy(() -> IdentityExpression.compile(expression)).isInstanceOf(InvalidExpressionException.class)
        .hasMessageContaining(expression.strip()).hasMessageContaining(said);
  }

  @Test
  void aTextThatIsTooLongIsRefused() {
    assertThatThrownBy(() -> IdentityExpression.compile("item.id" + " ".repeat(2000))).isInstanceOf(InvalidExpressionException.class);
  }

  private static byte[] bytes(String json) {
    return json.getBytes(StandardCharsets.UTF_8);
  }
}
