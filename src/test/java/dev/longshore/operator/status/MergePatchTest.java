package dev.longshore.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MergePatchTest {
  private final ObjectMapper json = new ObjectMapper();

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
      "{}|{}|{}",
      "{\"a\":1}|{\"a\":1}|{}",
      "{\"a\":1}|{}|{\"a\":null}",
      "{\"a\":1}|{\"a\":2,\"b\":[1]}|{\"a\":2,\"b\":[1]}",
      "{\"a\":{\"b\":1,\"c\":2}}|{\"a\":{\"b\":1,\"c\":3}}|{\"a\":{\"c\":3}}",
      "{\"a\":{\"b\":1,\"c\":2}}|{\"a\":{\"c\":2}}|{\"a\":{\"b\":null}}",
      "{\"a\":[1,2]}|{\"a\":[1]}|{\"a\":[1]}"})
  void thePatchHoldsTheDifferenceOnly(String before, String after, String patch) throws Exception {
    assertThat(MergePatch.between(json.readTree(before), json.readTree(after))).isEqualTo(json.readTree(patch));
  }
}
