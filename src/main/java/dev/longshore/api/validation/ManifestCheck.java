package dev.longshore.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Refuses what a real API server would refuse, with the same field named: shape, types, bounds and CEL rules of the checked-in CRDs. For
 * places that have no real API server: the command line before it applies, and the local API in memory.
 */
public final class ManifestCheck {
  private static final String GROUP = "longshore.dev/";
  /** The fields of Kubernetes' ObjectMeta. */
  private static final Set<String> METADATA = Set.of("name", "generateName", "namespace", "labels", "annotations", "finalizers",
      "ownerReferences", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
      "managedFields", "selfLink");

  private final CrdSchemas crds = CrdSchemas.load();
  private final CelRules rules = new CelRules();

  /** Whether a manifest is one of Longshore's resources, or means to be. */
  public boolean concerns(JsonNode manifest) {
    return manifest.path("apiVersion").asText().startsWith(GROUP) || crds.byKind().containsKey(manifest.path("kind").asText());
  }

  /** What is wrong with a new resource; empty when nothing is. */
  public List<Violation> check(JsonNode manifest) {
    return check(manifest, null);
  }

  /**
   * What is wrong with a resource; empty when nothing is.
   *
   * @param old the resource that it replaces; null when it is new
   */
  public List<Violation> check(JsonNode manifest, JsonNode old) {
    List<Violation> violations = new ArrayList<>();
    JsonNode schema = schema(manifest, violations);
    if (schema == null) {
      return violations;
    }
    JsonNode filled = filled(manifest, schema);
    metadata(filled.path("metadata"), violations);
    SchemaCheck check = new SchemaCheck(violations);
    check.check(withoutMeta(filled), withoutMeta(schema), "");
    if (violations.isEmpty()) {
      rules.check(filled, old == null ? null : filled(old, schema), schema, "", violations);
    }
    return violations;
  }

  /**
   * What an API server does before it stores a resource: writes the schema's defaults into it, drops its fields that are null, and checks it.
   *
   * @param old the resource that it replaces; null when it is new
   * @return what is wrong; empty when it may be stored
   */
  public List<Violation> admit(ObjectNode manifest, JsonNode old) {
    JsonNode schema = schema(manifest, new ArrayList<>());
    if (schema != null) {
      Defaults.fill(manifest, schema);
    }
    return check(manifest, old);
  }

  /** The resource as the rules see it. */
  private static JsonNode filled(JsonNode manifest, JsonNode schema) {
    JsonNode copy = manifest.deepCopy();
    Defaults.fill(copy, schema);
    if (copy.path("metadata").path("generateName").isTextual() && !copy.path("metadata").has("name")) {
      // the API server makes the name before it checks: five characters at the end
      ((ObjectNode) copy.get("metadata")).put("name", copy.path("metadata").get("generateName").asText() + "xxxxx");
    }
    return copy;
  }

  private JsonNode schema(JsonNode manifest, List<Violation> violations) {
    if (!manifest.isObject()) {
      violations.add(new Violation("", "a manifest is an object with apiVersion, kind, metadata and spec"));
      return null;
    }
    if (!manifest.path("apiVersion").asText().equals(crds.apiVersion())) {
      violations.add(new Violation("apiVersion", "must be " + crds.apiVersion()));
      return null;
    }
    String kind = manifest.path("kind").asText();
    if (!crds.byKind().containsKey(kind)) {
      violations.add(new Violation("kind", "must be one of " + String.join(", ", crds.byKind().keySet())
          + Nearest.suggestion(kind, crds.byKind().keySet().iterator())));
    }
    return crds.byKind().get(kind);
  }

  private static void metadata(JsonNode metadata, List<Violation> violations) {
    if (!metadata.isObject()) {
      violations.add(new Violation("metadata", "is required, with a name"));
      return;
    }
    if (!metadata.has("name") && !metadata.has("generateName")) {
      violations.add(new Violation("metadata.name", "is required"));
    }
    metadata.properties().forEach(field -> {
      if (!METADATA.contains(field.getKey())) {
        violations.add(new Violation("metadata." + field.getKey(), "unknown field" + Nearest.suggestion(field.getKey(), METADATA.iterator())));
      }
    });
    for (String name : List.of("name", "generateName", "namespace")) {
      if (metadata.has(name) && !metadata.get(name).isTextual()) {
        violations.add(new Violation("metadata." + name, "must be a string, is " + metadata.get(name)));
      }
    }
    for (String map : List.of("labels", "annotations")) {
      metadata.path(map).properties().forEach(entry -> {
        if (!entry.getValue().isTextual()) {
          violations.add(new Violation("metadata." + map + "." + entry.getKey(), "must be a string, is " + entry.getValue()));
        }
      });
    }
  }

  /** The parts that the CRD describes: the API server knows the others by itself. */
  private static JsonNode withoutMeta(JsonNode node) {
    ObjectNode copy = ((ObjectNode) node).objectNode();
    node.properties().forEach(field -> {
      if (field.getKey().equals("properties")) {
        copy.set("properties", withoutMeta(field.getValue()));
      } else if (!Set.of("apiVersion", "kind", "metadata").contains(field.getKey())) {
        copy.set(field.getKey(), field.getValue());
      }
    });
    return copy;
  }
}
