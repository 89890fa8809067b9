package dev.longshore.processor.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A text with placeholders: {@code {item}}, {@code {item.some.field}}, {@code {index}}, and in a batch the name that stands for the values
 * of all items. Other braces are ordinary text.
 */
final class Template {
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{(item(?:\\.[A-Za-z0-9_-]++)*+|index|[A-Za-z][A-Za-z0-9_-]*)}");

  private final List<Part> parts;

  private Template(List<Part> parts) {
    this.parts = parts;
  }

  /** A piece of a template. */
  sealed interface Part {}

  /** Text as it stands. */
  record Text(String text) implements Part {}

  /** A value of the item, by its path; empty is the item itself. */
  record Field(Path path) implements Part {}

  /** The item's index. */
  record Index() implements Part {}

  /** The values of all items of a batch. */
  record Joined() implements Part {}

  /** A dotted path into a JSON value. */
  record Path(List<String> names) {
    static Path of(String dotted) {
      return new Path(dotted == null || dotted.isEmpty() ? List.of() : List.of(dotted.split("\\.", -1)));
    }

    /** Null when there is nothing, or a JSON null. */
    JsonNode in(JsonNode value) {
      JsonNode at = value;
      for (String name : names) {
        at = at.isArray() && name.chars().allMatch(Character::isDigit) && name.length() < 9 ? at.path(Integer.parseInt(name)) : at
            .path(name);
      }
      return at.isMissingNode() || at.isNull() ? null : at;
    }

    @Override
    public String toString() {
      return names.isEmpty() ? "item" : "item." + String.join(".", names);
    }
  }

  /** The item has no value where the template wants one. */
  static final class MissingField extends Exception {
    MissingField(Path path) {
      super("the item has no value at " + path, null, false, false);
    }
  }

  /**
   * Reads a template.
   *
   * @param joined the placeholder for the values of all items; null when there is none
   */
  static Template parse(String text, String joined) {
    List<Part> parts = new ArrayList<>();
    Matcher matcher = PLACEHOLDER.matcher(text);
    int at = 0;
    while (matcher.find()) {
      Part part = part(matcher.group(1), joined);
      if (part != null) {
        if (matcher.start() > at) {
          parts.add(new Text(text.substring(at, matcher.start())));
        }
        parts.add(part);
        at = matcher.end();
      }
    }
    if (at < text.length()) {
      parts.add(new Text(text.substring(at)));
    }
    return new Template(List.copyOf(parts));
  }

  private static Part part(String name, String joined) {
    if (name.equals(joined)) {
      return new Joined();
    }
    if (name.equals("index")) {
      return new Index();
    }
    return name.equals("item") || name.startsWith("item.") ? new Field(Path.of(name.substring(Math.min(name.length(), 5)))) : null;
  }

  List<Part> parts() {
    return parts;
  }

  boolean hasJoined() {
    return parts.stream().anyMatch(Joined.class::isInstance);
  }

  /** Whether it needs one item to be filled in. */
  boolean hasItem() {
    return parts.stream().anyMatch(p -> p instanceof Field || p instanceof Index);
  }

  /** The text before the first placeholder. */
  String beginning() {
    return !parts.isEmpty() && parts.getFirst() instanceof Text(String text) ? text : "";
  }

  /**
   * Fills it in.
   *
   * @param item null in a batch
   * @param as how a value is written
   */
  String fill(JsonNode item, long index, String joined, Function<JsonNode, String> as) throws MissingField {
    StringBuilder filled = new StringBuilder();
    for (Part part : parts) {
      switch (part) {
        case Text(String text) -> filled.append(text);
        case Index ignored -> filled.append(index);
        case Joined ignored -> filled.append(joined);
        case Field(Path path) -> {
          JsonNode value = path.in(item);
          if (value == null) {
            throw new MissingField(path);
          }
          filled.append(as.apply(value));
        }
      }
    }
    return filled.toString();
  }

  /** A text without its quotes, everything else as JSON. */
  static String plain(JsonNode value) {
    return value.isTextual() ? value.textValue() : value.toString();
  }

  /** {@link #plain}, percent-encoded but for the characters that a URL takes anywhere. */
  static String encoded(JsonNode value) {
    return encoded(plain(value), "-._~");
  }

  /** Percent-encodes all but ASCII letters, digits, and the characters given. */
  static String encoded(String text, String kept) {
    StringBuilder out = new StringBuilder(text.length() + 16);
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      if (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || kept.indexOf(c) >= 0) {
        out.append(c);
      } else {
        out.append('%').append(Character.toUpperCase(Character.forDigit(c >> 4, 16))).append(Character.toUpperCase(Character
            .forDigit(c & 15, 16)));
      }
    }
    return out.toString();
  }
}
