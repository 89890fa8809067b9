package dev.longshore.operator.status;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The JSON merge patch (RFC 7396) that turns one object into another: a field that went is sent as null. */
final class MergePatch {

  private MergePatch() {}

  static ObjectNode between(JsonNode before, JsonNode after) {
    ObjectNode patch = JsonNodeFactory.instance.objectNode();
    before.fieldNames().forEachRemaining(name -> {
      if (!after.has(name)) {
        patch.putNull(name);
      }
    });
    after.properties().forEach(field -> {
      JsonNode old = before.path(field.getKey());
      if (old.isObject() && field.getValue().isObject()) {
        ObjectNode inner = between(old, field.getValue());
        if (!inner.isEmpty()) {
          patch.set(field.getKey(), inner);
        }
      } else if (!field.getValue().equals(old)) {
        patch.set(field.getKey(), field.getValue());
      }
    });
    return patch;
  }
}
