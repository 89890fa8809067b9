package dev.longshore.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** Fills in a schema's defaults as an API server does: first drops fields that are null, then sets those that are absent. */
final class Defaults {
  private Defaults() {}

  /** Changes {@code value} in place. */
  static void fill(JsonNode value, JsonNode schema) {
    if (value instanceof ObjectNode object) {
      fillObject(object, schema);
    } else if (value instanceof ArrayNode array && schema.has("items")) {
      array.forEach(element -> fill(element, schema.get("items")));
    }
  }

  private static void fillObject(ObjectNode object, JsonNode schema) {
    JsonNode properties = schema.path("properties");
    List<String> nulls = new ArrayList<>();
    object.properties().forEach(field -> {
      if (field.getValue().isNull() && properties.has(field.getKey()) && !properties.get(field.getKey()).path("nullable").asBoolean()) {
        nulls.add(field.getKey());
      }
    });
    object.remove(nulls);
    properties.properties().forEach(property -> {
      if (property.getValue().has("default") && !object.has(property.getKey())) {
        object.set(property.getKey(), property.getValue().get("default").deepCopy());
      }
      if (object.has(property.getKey())) {
        fill(object.get(property.getKey()), property.getValue());
      }
    });
    if (schema.has("additionalProperties")) {
      object.properties().forEach(field -> fill(field.getValue(), schema.get("additionalProperties")));
    }
  }
}
