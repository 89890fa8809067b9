package dev.longshore.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.Pattern;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** Checks a value against the part of OpenAPI that the CRDs use; a field that the schema does not know is a violation, as in strict decoding. */
final class SchemaCheck {
  /** RE2 as in an API server: Java's own {@code $} would also match before a newline at the end. */
  private static final Map<String, Pattern> PATTERNS = new ConcurrentHashMap<>();

  private final List<Violation> violations;

  SchemaCheck(List<Violation> violations) {
    this.violations = violations;
  }

  void check(JsonNode value, JsonNode schema, String path) {
    if (!hasType(value, schema, path)) {
      return;
    }
    if (schema.has("enum") && !contains(schema.get("enum"), value)) {
      add(path, "%s is not supported: must be one of %s", value, StreamSupport.stream(schema.get("enum").spliterator(), false)
          .map(JsonNode::asText).collect(Collectors.joining(", ")));
    }
    switch (value.getNodeType()) {
      case OBJECT -> object(value, schema, path);
      case ARRAY -> array(value, schema, path);
      case STRING -> text(value.textValue(), schema, path);
      case NUMBER -> number(value, schema, path);
      default -> { }
    }
  }

  private boolean hasType(JsonNode value, JsonNode schema, String path) {
    if (schema.path("x-kubernetes-int-or-string").asBoolean()) {
      return must(value.isTextual() || value.isIntegralNumber(), path, "a whole number or a string", value);
    }
    return switch (schema.path("type").asText()) {
      case "object" -> must(value.isObject(), path, "an object", value);
      case "array" -> must(value.isArray(), path, "a list", value);
      case "string" -> must(value.isTextual(), path, "a string", value);
      case "integer" -> must(value.isIntegralNumber(), path, "a whole number", value);
      case "number" -> must(value.isNumber(), path, "a number", value);
      case "boolean" -> must(value.isBoolean(), path, "true or false", value);
      default -> true;
    };
  }

  private boolean must(boolean holds, String path, String type, JsonNode value) {
    if (!holds) {
      add(path, "must be %s, is %s", type, shown(value));
    }
    return holds;
  }

  private void object(JsonNode value, JsonNode schema, String path) {
    JsonNode properties = schema.path("properties");
    schema.path("required").forEach(name -> {
      if (!value.has(name.asText())) {
        add(within(path, name.asText()), "is required");
      }
    });
    bounds(value.size(), schema, "Properties", "entries", path);
    value.properties().forEach(field -> {
      String name = field.getKey();
      if (properties.has(name)) {
        check(field.getValue(), properties.get(name), within(path, name));
      } else if (schema.has("additionalProperties")) {
        check(field.getValue(), schema.get("additionalProperties"), within(path, name));
      } else if (!schema.path("x-kubernetes-preserve-unknown-fields").asBoolean()) {
        add(within(path, name), "unknown field%s", Nearest.suggestion(name, properties.fieldNames()));
      }
    });
  }

  private void array(JsonNode value, JsonNode schema, String path) {
    bounds(value.size(), schema, "Items", "elements", path);
    for (int i = 0; i < value.size(); i++) {
      check(value.get(i), schema.path("items"), path + "[" + i + "]");
    }
  }

  private void text(String value, JsonNode schema, String path) {
    bounds(value.codePointCount(0, value.length()), schema, "Length", "characters", path);
    if (schema.has("pattern")) {
      String pattern = schema.get("pattern").asText();
      if (!PATTERNS.computeIfAbsent(pattern, Pattern::compile).matcher(value).find()) {
        add(path, "\"%s\" must match %s", value, pattern);
      }
    }
  }

  private void number(JsonNode value, JsonNode schema, String path) {
    if (schema.has("minimum") && value.decimalValue().compareTo(schema.get("minimum").decimalValue()) < 0) {
      add(path, "%s must be at least %s", value, schema.get("minimum"));
    }
    if (schema.has("maximum") && value.decimalValue().compareTo(schema.get("maximum").decimalValue()) > 0) {
      add(path, "%s must be at most %s", value, schema.get("maximum"));
    }
  }

  private void bounds(int size, JsonNode schema, String what, String words, String path) {
    if (schema.has("min" + what) && size < schema.get("min" + what).asInt()) {
      add(path, "has %d %s, must have at least %s", size, words, schema.get("min" + what));
    }
    if (schema.has("max" + what) && size > schema.get("max" + what).asInt()) {
      add(path, "has %d %s, must have at most %s", size, words, schema.get("max" + what));
    }
  }

  private void add(String path, String message, Object... arguments) {
    violations.add(new Violation(path, message.formatted(arguments)));
  }

  private static String within(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  private static boolean contains(JsonNode values, JsonNode value) {
    for (JsonNode each : values) {
      if (each.equals(value)) {
        return true;
      }
    }
    return false;
  }

  private static String shown(JsonNode value) {
    return switch (value.getNodeType()) {
      case OBJECT -> "an object";
      case ARRAY -> "a list";
      case NULL -> "null";
      case STRING -> "the string " + value;
      default -> value.toString();
    };
  }
}
