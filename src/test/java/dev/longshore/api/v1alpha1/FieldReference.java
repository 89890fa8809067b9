package dev.longshore.api.v1alpha1;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** Writes the reference of a resource's fields from its CRD. */
final class FieldReference {
  private final StringBuilder text = new StringBuilder();

  private FieldReference() {}

  /** File name to content, from the CRD files. */
  static Map<String, String> generate(Map<String, String> crds) {
    Map<String, String> files = new LinkedHashMap<>();
    crds.values().forEach(crd -> {
      try {
        JsonNode tree = CrdFiles.YAML.readTree(crd);
        files.put(tree.at("/spec/names/singular").asText() + ".md", new FieldReference().write(tree));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    });
    return files;
  }

  private String write(JsonNode crd) {
    JsonNode version = crd.at("/spec/versions/0");
    JsonNode schema = version.at("/schema/openAPIV3Schema");
    String kind = crd.at("/spec/names/kind").asText();
    text.append("<!-- Generated from kubernetes/crds; CrdFilesTest says how to write it anew. -->\n");
    text.append("# ").append(kind).append("\n\n").append(schema.get("description").asText()).append("\n\n");
    text.append("`apiVersion: ").append(crd.at("/spec/group").asText()).append('/').append(version.get("name").asText())
        .append("`, `kind: ").append(kind).append("`, short name `").append(crd.at("/spec/names/shortNames/0").asText())
        .append("`. Durations are written like `500ms`, `30s`, `1h30m`.\n\n");
    for (String part : List.of("spec", "status")) {
      text.append("## ").append(part).append("\n\n");
      text.append(part.equals("spec") ? "A field in **bold** is required where its parent is set.\n\n" : "Written by the operator only.\n\n");
      text.append("| field | type | default | bounds | |\n|---|---|---|---|---|\n");
      rows(schema.at("/properties/" + part), "");
      text.append('\n');
    }
    text.append("## Rules\n\nChecked by the API server, and by the command line before it applies.\n\n| field | rule |\n|---|---|\n");
    rules(schema, "");
    return text.toString();
  }

  private void rows(JsonNode schema, String path) {
    schema.path("properties").properties().forEach(property -> {
      String name = path.isEmpty() ? property.getKey() : path + "." + property.getKey();
      JsonNode field = property.getValue();
      boolean required = StreamSupport.stream(schema.path("required").spliterator(), false).anyMatch(n -> n.asText().equals(property.getKey()));
      text.append("| ").append(required ? "**`" + name + "`**" : "`" + name + "`").append(" | ").append(type(field)).append(" | ")
          .append(field.has("default") ? code(field.get("default").toString()) : "").append(" | ").append(bounds(field)).append(" | ")
          .append(escaped(field.path("description").asText())).append(" |\n");
      rows(field.has("items") ? field.get("items") : field, field.has("items") ? name + "[]" : name);
    });
  }

  private static String type(JsonNode field) {
    if (field.has("enum")) {
      return StreamSupport.stream(field.get("enum").spliterator(), false).map(v -> "`" + v.asText() + "`").collect(Collectors.joining(", "));
    }
    if (field.path("x-kubernetes-int-or-string").asBoolean()) {
      return "integer or string";
    }
    return switch (field.path("type").asText()) {
      case "array" -> "list of " + type(field.get("items"));
      case "object" -> field.has("additionalProperties") ? "map of " + type(field.get("additionalProperties")) : "object";
      case "" -> "any";
      case String type -> type;
    };
  }

  private static String bounds(JsonNode field) {
    List<String> bounds = new ArrayList<>();
    range(field, "minimum", "maximum", "", bounds);
    range(field, "minLength", "maxLength", " characters", bounds);
    range(field, "minItems", "maxItems", " elements", bounds);
    range(field, "minProperties", "maxProperties", " entries", bounds);
    if (field.has("items")) {
      bounds(field.get("items")).lines().filter(b -> !b.isEmpty()).map(b -> "each " + b).forEach(bounds::add);
    }
    if (field.has("pattern")) {
      bounds.add(Patterns.DURATION.equals(field.get("pattern").asText()) ? "a duration" : code(field.get("pattern").asText()));
    }
    return String.join(", ", bounds);
  }

  private static void range(JsonNode field, String least, String most, String unit, List<String> bounds) {
    String from = field.path(least).asText();
    String to = field.path(most).asText();
    if (!from.isEmpty() && !to.isEmpty()) {
      bounds.add(String.format(Locale.ROOT, "%s to %s%s", from, to, unit));
    } else if (!to.isEmpty()) {
      bounds.add("at most " + to + unit);
    } else if (!from.isEmpty()) {
      bounds.add("at least " + from + unit);
    }
  }

  private void rules(JsonNode schema, String path) {
    schema.path("x-kubernetes-validations").forEach(rule -> {
      String field = path + rule.path("fieldPath").asText();
      text.append("| `").append(field.startsWith(".") ? field.substring(1) : field).append("` | ").append(escaped(rule.get("message").asText()))
          .append(" |\n");
    });
    schema.path("properties").properties()
        .forEach(property -> rules(property.getValue(), path.isEmpty() ? property.getKey() : path + "." + property.getKey()));
    if (schema.has("items")) {
      rules(schema.get("items"), path + "[]");
    }
  }

  private static String code(String cell) {
    String fence = cell.contains("`") ? "``" : "`";
    return fence + cell.replace("|", "\\|") + fence;
  }

  private static String escaped(String cell) {
    return cell.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*");
  }
}
