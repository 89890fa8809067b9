package dev.longshore.processor.exec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.longshore.job.Failure;
import dev.longshore.job.Outcome;
import dev.longshore.processor.CompactJson;
import java.io.IOException;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the lines that a program answers with: {@code {"index":7,"result":…}}, {@code
 * {"index":7,"error":{"code":…,"message":…},"retry":true, "retryAfter":"30s"}} or {@code {"index":7,"skip":"why"}}. An error without
 * {@code retry} is retried as the job says; unknown fields are passed over.
 */
final class AnswerParser {
  private static final JsonFactory JSON = new JsonFactory();
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,15})(ms|s|m|h)");
  /** Possessive, since what may be given back is kept on the stack, and a long text would use that up. */
  private static final Pattern DURATIONS = Pattern.compile("(?:[0-9]{1,15}+(?:ms|s|m|h))++");

  private AnswerParser() {}

  /** An answer and the item that it is for. */
  record Answer(long index, Outcome outcome) {}

  /** The line is not an answer. The message says why, and quotes its beginning. */
  static final class NotAnAnswer extends Exception {
    NotAnAnswer(String why, byte[] line) {
      super(why + ": " + ExecFailures.quoted(line), null, false, false);
    }
  }

  static Answer parse(byte[] line) throws NotAnAnswer {
    try (JsonParser parser = JSON.createParser(line)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new NotAnAnswer("a line of output is no JSON object", line);
      }
      Fields fields = new Fields();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        fields.read(name, parser, line);
      }
      if (parser.nextToken() != null) {
        throw new NotAnAnswer("a line of output is more than one JSON object", line);
      }
      if (fields.index < 0) {
        throw new NotAnAnswer("a line of output has no \"index\"", line);
      }
      return new Answer(fields.index, fields.outcome());
    } catch (IOException e) {
      throw new NotAnAnswer("a line of output is no JSON", line);
    }
  }

  /** Null when the text is no duration such as {@code 30s} or {@code 1m30s}, or longer than can be counted. */
  static Duration duration(String text) {
    if (text == null || !DURATIONS.matcher(text).matches()) {
      return null;
    }
    Duration sum = Duration.ZERO;
    Matcher part = DURATION.matcher(text);
    try {
      while (part.find()) {
        long amount = Long.parseLong(part.group(1));
        sum = sum.plus(switch (part.group(2)) {
          case "ms" -> Duration.ofMillis(amount);
          case "s" -> Duration.ofSeconds(amount);
          case "m" -> Duration.ofMinutes(amount);
          default -> Duration.ofHours(amount);
        });
      }
    } catch (ArithmeticException e) {
      return null;
    }
    return sum;
  }

  private static final class Fields {
    private long index = -1;
    private byte[] result;
    private boolean failed;
    private String code;
    private String message;
    private boolean retry = true;
    private Duration retryAfter;
    private String skip;
    private String wrong;

    void read(String name, JsonParser parser, byte[] line) throws IOException {
      switch (name) {
        case "index" -> index = parser.currentToken() == JsonToken.VALUE_NUMBER_INT ? parser.getLongValue() : -1;
        case "result" -> result = CompactJson.current(parser, line);
        case "error" -> readError(parser);
        case "retry" -> {
          retry = parser.currentToken() != JsonToken.VALUE_FALSE;
          wrong = parser.currentToken().isBoolean() ? wrong : "\"retry\" is neither true nor false";
        }
        case "retryAfter" -> {
          retryAfter = duration(parser.getValueAsString());
          wrong = retryAfter == null ? "\"retryAfter\" is no duration such as 30s" : wrong;
          parser.skipChildren();
        }
        case "skip" -> {
          skip = parser.currentToken() == JsonToken.VALUE_NULL ? null : parser.getValueAsString("");
          parser.skipChildren();
        }
        default -> parser.skipChildren();
      }
    }

    /** An error is an object with code and message; a plain text is taken as its message. */
    private void readError(JsonParser parser) throws IOException {
      if (parser.currentToken() == JsonToken.VALUE_NULL) {
        return;
      }
      failed = true;
      if (parser.currentToken() != JsonToken.START_OBJECT) {
        message = parser.getValueAsString();
        parser.skipChildren();
        return;
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        switch (name) {
          case "code" -> code = parser.getValueAsString();
          case "message" -> message = parser.getValueAsString();
          default -> { }
        }
        parser.skipChildren();
      }
    }

    Outcome outcome() {
      if (wrong != null) {
        return Outcome.retry(new Failure("WrongAnswer", "the answer for index " + index + " is wrong: " + wrong));
      }
      if (failed) {
        Failure failure = new Failure(code == null || code.isBlank() ? "Error" : code, message);
        return retry ? new Outcome.Retry(failure, retryAfter, true) : new Outcome.Fail(failure);
      }
      return skip != null ? new Outcome.Skip(skip) : Outcome.success(result);
    }
  }
}
