package dev.longshore.source.format;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonCheckTest {
  private static final String[] PARTS = {"{", "}", "[", "]", ",", ":", "\"a\"", "\"\\u00e9\\n\"", "\"\u20ac\"", "1", "-0", "0.5e-3", "01",
      "1.", "1e", "-",
    "true", "false", "null", "nul", " ", "\t", "\"", "\\", "\u0001", "+1", ".5", "\"\\x\"", "\"\\u12\"", "NaN", "'a'", "/*c*/"};

  private final JsonCheck check = new JsonCheck();

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1.5E+10", "\"\"", "{}", "[]", "[[],{}]", " {\"a\":[1,{\"b\":null}],\"a\":true} ",
      "\"\\ud83d\\ude00\\/\"", "[1\n,\r2]"})
  void whatIsJsonIsTaken(String text) {
    assertThat(valid(text)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "01", "1.", ".1", "+1", "1e", "--1", "tru", "truex", "nullnull", "{", "[", "[1", "{\"a\"}", "{\"a\":}",
      "{a:1}", "[1 2]",
    "1 2", "\"", "\"\\\"", "\"\n\"", "{\"a\":1,}", "[,]", "]", "[}", "{]", "{\"a\":1]"})
  void whatIsNoJsonIsRefused(String text) {
    assertThat(valid(text)).isFalse();
    assertThat(check.structural()).isTrue();
    assertThat(check.problem()).isNotBlank();
  }

  @Test
  void whatParsersBehindItWouldRefuseIsRefusedWithoutBeingCalledBroken() {
    for (String text : new String[] {"[".repeat(501) + "]".repeat(501), "9".repeat(1_001), "{\"" + "n".repeat(50_001) + "\":1}"}) {
      assertThat(valid(text)).isFalse();
      assertThat(check.structural()).isFalse();
    }
    assertThat(valid("[".repeat(500) + "]".repeat(500))).isTrue();
    assertThat(valid("9".repeat(1_000))).isTrue();
  }

  @Test
  void utf8ThatIsNotWellFormedIsRefused() {
    int[][] wrong = {{0x80}, {0xc0, 0x80}, {0xc1, 0xbf}, {0xe0, 0x80, 0x80}, {0xed, 0xa0, 0x80}, {0xf0, 0x80, 0x80, 0x80}, {0xf4, 0x90,
        0x80, 0x80},
      {0xf5, 0x80, 0x80, 0x80}, {0xe2, 0x82}, {0xff}};
    for (int[] bytes : wrong) {
      byte[] text = new byte[bytes.length + 2];
      text[0] = '"';
      for (int i = 0; i < bytes.length; i++) {
        text[i + 1] = (byte) bytes[i];
      }
      text[text.length - 1] = '"';
      assertThat(check.valid(text, 0, text.length)).isFalse();
    }
  }

  @Test
  void everyCharacterOfUnicodeIsTaken() {
    for (int c = 0x80; c <= Character.MAX_CODE_POINT; c++) {
      if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) {
        byte[] one = Character.toString(c).getBytes(StandardCharsets.UTF_8);
        assertThat(Utf8.sequence(one, 0, one.length)).as("U+%x", c).isEqualTo(one.length);
      }
    }
  }

  @Test
  void agreesWithJacksonOnRandomTexts() {
    Random random = new Random(42);
    int good = 0;
    for (int n = 0; n < 200_000; n++) {
      String text = n % 2 == 0 ? parts(random) : mutated(value(random, 4), random);
      boolean jackson = jacksonTakes(text);
      assertThat(valid(text)).as(text).isEqualTo(jackson);
      good += jackson ? 1 : 0;
    }
    assertThat(good).isBetween(40_000, 160_000);
  }

  private static String parts(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = 1 + random.nextInt(6); i > 0; i--) {
      text.append(PARTS[random.nextInt(PARTS.length)]);
    }
    return text.toString();
  }

  static String value(Random random, int depth) {
    return switch (random.nextInt(depth == 0 ? 4 : 7)) {
      case 0 -> Integer.toString(random.nextInt());
      case 1 -> "\"" + "ab \u00e9\u20ac\ud83d\ude00".substring(0, random.nextInt(6)) + "\\n\\\"" + "\"";
      case 2 -> random.nextBoolean() ? "true" : "null";
      case 3 -> random.nextInt(1000) + "." + random.nextInt(1000) + "e-" + random.nextInt(9);
      case 4 -> "[" + value(random, depth - 1) + ", " + value(random, depth - 1) + "]";
      case 5 -> "{\"k\" :" + value(random, depth - 1) + ",\"[,}\":" + value(random, depth - 1) + "}";
      default -> random.nextBoolean() ? "[ ]" : "{}";
    };
  }

  private static String mutated(String text, Random random) {
    if (random.nextInt(3) > 0) {
      return text;
    }
    int at = random.nextInt(text.length());
    return switch (random.nextInt(3)) {
      case 0 -> text.substring(0, at) + text.substring(at + 1);
      case 1 -> text.substring(0, at) + PARTS[random.nextInt(PARTS.length)] + text.substring(at);
      default -> text.substring(0, at);
    };
  }

  private static boolean jacksonTakes(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try (JsonParser parser = new JsonFactory().createParser(bytes)) {
      if (parser.nextToken() == null) {
        return false;
      }
      int depth = 0;
      JsonToken token = parser.currentToken();
      while (true) {
        depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
        parser.finishToken();
        if (depth == 0) {
          return parser.nextToken() == null;
        }
        token = parser.nextToken();
        if (token == null) {
          return false;
        }
      }
    } catch (IOException e) {
      return false;
    }
  }

  private boolean valid(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return check.valid(bytes, 0, bytes.length);
  }
}
