package dev.longshore.runtime.local.kube.memory;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatch;
import io.fabric8.zjsonpatch.JsonPatchException;
import java.util.List;
import java.util.Map;

/** The two kinds of patch that are served: JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7396). */
final class Patches {
  private static final String JSON_PATCH = "application/json-patch+json";
  private static final String MERGE_PATCH = "application/merge-patch+json";

  /** Fails with 415 for any other kind of patch. */
  static String typeOf(String contentType) {
    String type = contentType == null ? "" : contentType.split(";")[0].strip();
    if (!type.equals(JSON_PATCH) && !type.equals(MERGE_PATCH)) {
      throw ApiFailure.unsupportedPatch(type);
    }
    return type;
  }

  static ObjectNode apply(ApiPath path, String type, ObjectNode current, JsonNode patch) {
    JsonNode patched = type.equals(JSON_PATCH) ? json(path, current, patch) : merge(current.deepCopy(), patch);
    if (patched instanceof ObjectNode object) {
      return object;
    }
    throw ApiFailure.badRequest("the patch leaves no object");
  }

  private Patches() {}

  private static JsonNode json(ApiPath path, ObjectNode current, JsonNode patch) {
    try {
      return JsonPatch.apply(patch, current);
    } catch (JsonPatchException e) {
      throw ApiFailure.invalid(path, current.path("kind").asText(), path.name(), List.of("patch: " + e.getMessage()));
    }
  }

  private static JsonNode merge(JsonNode target, JsonNode patch) {
    if (!(patch instanceof ObjectNode changes)) {
      return patch;
    }
    ObjectNode merged = target instanceof ObjectNode object ? object : changes.objectNode();
    for (Map.Entry<String, JsonNode> change : changes.properties()) {
      if (change.getValue().isNull()) {
        merged.remove(change.getKey());
      } else {
        merged.set(change.getKey(), merge(merged.get(change.getKey()), change.getValue()));
      }
    }
    return merged;
  }
}
