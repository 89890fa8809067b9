package dev.longshore.processor.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.longshore.job.Failure;
import dev.longshore.job.JobSpec.HttpBatch;
import dev.longshore.job.Outcome;
import dev.longshore.processor.CompactJson;
import dev.longshore.processor.http.HttpTransport.Answer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What an HTTP answer means for the items that it is for. */
final class HttpOutcomes {
  /** Numbers stay what they were: ids of 20 digits, prices of two decimals. */
  static final ObjectMapper JSON = JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
      .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES).build();
  private static final int QUOTED = 200;

  private HttpOutcomes() {}

  /** The outcome that a status other than success means; null for success. */
  static Outcome ofStatus(HttpCall call, String request, Answer answer) {
    int status = answer.status();
    if (call.isSuccess(status)) {
      return null;
    }
    String message = request + " answered " + status + quoted(answer.body());
    Failure failure = new Failure("HttpStatus" + status, message, status, null, null);
    return call.retry().contains(status) ? new Outcome.Retry(failure, retryAfter(answer), true) : new Outcome.Fail(failure);
  }

  private static String quoted(byte[] body) {
    if (body == null || body.length == 0) {
      return "";
    }
    String text = new String(body, 0, Math.min(QUOTED, body.length), StandardCharsets.UTF_8).strip();
    return ": " + text + (body.length > QUOTED ? "…" : "");
  }

  /**
   * Seconds, or a date (RFC 9110, 10.2.3). A date is measured from the answer's own Date, so that the two clocks need not agree; null when
   * it is neither, or the answer has no Date.
   */
  static Duration retryAfter(Answer answer) {
    String value = answer.headers().firstValue("Retry-After").orElse("").strip();
    if (value.matches("[0-9]{1,9}")) {
      return Duration.ofSeconds(Long.parseLong(value));
    }
    try {
      ZonedDateTime date = ZonedDateTime.parse(answer.headers().firstValue("Date").orElse(""), DateTimeFormatter.RFC_1123_DATE_TIME);
      Duration wait = Duration.between(date, ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME));
      return wait.isNegative() ? Duration.ZERO : wait;
    } catch (DateTimeException e) {
      return null;
    }
  }

  /** JSON as it came, other text as a JSON string, nothing for an empty body. */
  static Outcome ofBody(byte[] body) {
    if (body.length == 0) {
      return Outcome.DONE;
    }
    byte[] json = CompactJson.ofOneValue(body);
    if (json != null) {
      return Outcome.success(json);
    }
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
      return text.isBlank() ? Outcome.DONE : Outcome.success(JSON.writeValueAsBytes(text));
    } catch (CharacterCodingException e) {
      return new Outcome.Fail(new Failure("NotText", "the answer is neither JSON nor UTF-8 text and cannot be kept as a result"));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a text is always JSON", e);
    }
  }

  /**
   * The outcomes of a batch.
   *
   * @param values what each item is known by in the answer
   */
  static List<Outcome> ofBatch(HttpBatch batch, List<JsonNode> values, byte[] body) {
    JsonNode root;
    try {
      root = JSON.readTree(body);
    } catch (IOException e) {
      return Collections.nCopies(values.size(), Outcome.retry(new Failure("NotJson", "the answer for the batch is no JSON"
          + quoted(body))));
    }
    JsonNode results = Template.Path.of(batch.results()).in(root);
    if (results == null || !results.isContainerNode()) {
      String where = batch.results() == null || batch.results().isEmpty() ? "the answer" : "'" + batch.results() + "' of the answer";
      return Collections.nCopies(values.size(), Outcome.retry(new Failure("WrongAnswer", where + " is neither an array nor an object")));
    }
    boolean byPosition = results.isArray() && (batch.key() == null || batch.key().isEmpty());
    if (byPosition && results.size() != values.size()) {
      String message = "the answer has " + results.size() + " results for " + values.size() + " items, so that no position can be trusted";
      return Collections.nCopies(values.size(), Outcome.retry(new Failure("WrongAnswer", message)));
    }
    Map<String, JsonNode> byKey = byPosition ? Map.of() : byKey(results, batch.key());
    List<Outcome> outcomes = new ArrayList<>(values.size());
    for (int i = 0; i < values.size(); i++) {
      String value = Template.plain(values.get(i));
      outcomes.add(ofElement(byPosition ? results.get(i) : byKey.get(value), value));
    }
    return outcomes;
  }

  private static Map<String, JsonNode> byKey(JsonNode results, String key) {
    Map<String, JsonNode> found = new HashMap<>();
    if (results.isObject()) {
      results.properties().forEach(p -> found.put(p.getKey(), p.getValue()));
    } else {
      Template.Path path = Template.Path.of(key);
      for (JsonNode result : results) {
        JsonNode own = path.in(result);
        if (own != null) {
          found.put(Template.plain(own), result);
        }
      }
    }
    return found;
  }

  private static Outcome ofElement(JsonNode element, String value) {
    if (element == null) {
      return new Outcome.Fail(new Failure("NotInAnswer", "the answer has nothing for '" + value + "'"));
    }
    if (element.isNull()) {
      return new Outcome.Fail(new Failure("NotFound", "the answer is null for '" + value + "'"));
    }
    try {
      return Outcome.success(JSON.writeValueAsBytes(element));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("what was read as JSON is JSON", e);
    }
  }

  static JsonNode item(byte[] json) {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      // an item that is no JSON cannot come this far; as text it at least says what it is
      return TextNode.valueOf(new String(json, StandardCharsets.UTF_8));
    }
  }
}
