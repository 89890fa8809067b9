package dev.longshore.runtime;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.logmanager.ExtFormatter;
import org.jboss.logmanager.ExtLogRecord;

/**
 * Log lines as JSON objects, one a line: {@code time, level, logger, message}, what of the message is {@code key=value} under those keys as well,
 * and {@code error} with the stack of a throwable.
 */
final class JsonLines extends ExtFormatter {
  private static final JsonFactory JSON = new JsonFactory();
  /** A pair, whose value ends with a space or stands in double quotes; or the end of a word with a colon, behind which words follow. */
  private static final Pattern PAIR = Pattern.compile("(?:^|\\s)([a-zA-Z]+)=(?:\"([^\"]*)\"(:(?=\\s))?|([^\\s\"]+))|:(?=\\s)");
  /** The keys that lines of Longshore's may have: what else looks like one is part of somebody's words. */
  static final Set<String> KEYS = Set.of("job", "pool", "worker", "chunk", "item", "items", "state", "phase", "run", "reason", "heals", "epoch",
      "feed", "queue", "service", "operator", "processor", "circuit", "part", "version", "attempt", "succeeded", "failed", "skipped", "retried",
      "cancelled", "concurrency", "batch", "prefetch", "was", "pid", "program", "broker", "link", "channel", "namespace", "configmap", "key",
      "field", "file", "method", "path", "server", "startMillis", "binaries");

  @Override
  public String format(ExtLogRecord line) {
    StringWriter text = new StringWriter(256);
    try (JsonGenerator json = JSON.createGenerator(text)) {
      String message = formatMessage(line);
      json.writeStartObject();
      json.writeStringField("time", line.getInstant().toString());
      json.writeStringField("level", line.getLevel().getName());
      json.writeStringField("logger", line.getLoggerName());
      json.writeStringField("message", message);
      for (Map.Entry<String, String> pair : pairs(message).entrySet()) {
        json.writeStringField(pair.getKey(), pair.getValue());
      }
      if (line.getThrown() != null) {
        StringWriter stack = new StringWriter();
        line.getThrown().printStackTrace(new PrintWriter(stack));
        json.writeStringField("error", stack.toString());
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing a line to memory failed", e);
    }
    return text.append('\n').toString();
  }

  private static Map<String, String> pairs(String message) {
    Map<String, String> pairs = new LinkedHashMap<>();
    Matcher pair = PAIR.matcher(message);
    // what is behind a colon are words, of users' programs too, and nobody's words make keys
    for (boolean words = false; !words && pair.find(); ) {
      String plain = pair.group(4);
      words = pair.group(1) == null || pair.group(3) != null || plain != null && plain.endsWith(":");
      if (pair.group(1) != null && KEYS.contains(pair.group(1))) {
        pairs.putIfAbsent(pair.group(1), plain == null ? pair.group(2) : withoutColon(plain));
      }
    }
    return pairs;
  }

  private static String withoutColon(String value) {
    return value.endsWith(":") || value.endsWith(";") || value.endsWith(",") ? value.substring(0, value.length() - 1) : value;
  }
}
