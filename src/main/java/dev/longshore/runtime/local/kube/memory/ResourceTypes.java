package dev.longshore.runtime.local.kube.memory;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Which resources the API has: the built-in ones that Longshore and its tests meet, and those of the stored CustomResourceDefinitions. */
final class ResourceTypes {
  private static final List<Type> BUILT_IN = List.of(
      namespaced("", "v1", "pods", "Pod", true), namespaced("", "v1", "secrets", "Secret", false), namespaced("", "v1", "configmaps",
      "ConfigMap", false),
      namespaced("", "v1", "events", "Event", false), namespaced("", "v1", "services", "Service", true),
      namespaced("", "v1", "serviceaccounts", "ServiceAccount", false), new Type("", "v1", "namespaces", "Namespace", false, true),
      new Type("", "v1", "nodes", "Node", false, true), namespaced("coordination.k8s.io", "v1", "leases", "Lease", false),
      namespaced("events.k8s.io", "v1", "events", "Event", false), namespaced("apps", "v1", "deployments", "Deployment", true),
      namespaced("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", true),
      namespaced("rbac.authorization.k8s.io", "v1", "roles", "Role", false),
      namespaced("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", false),
      new Type("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", false, true));

  private final Supplier<List<JsonNode>> definitions;

  ResourceTypes(Supplier<List<JsonNode>> definitions) {
    this.definitions = definitions;
  }

  /** A resource as discovery shows it. */
  record Type(String group, String version, String plural, String kind, boolean namespaced, boolean status) {
    String groupVersion() {
      return group.isEmpty() ? version : group + "/" + version;
    }
  }

  private static Type namespaced(String group, String version, String plural, String kind, boolean status) {
    return new Type(group, version, plural, kind, true, status);
  }

  Optional<Type> find(ApiPath path) {
    return all().filter(t -> t.group.equals(path.group()) && t.version.equals(path.version()) && t.plural.equals(path.plural()))
        .findFirst();
  }

  private Stream<Type> all() {
    return Stream.concat(BUILT_IN.stream(), definitions.get().stream().flatMap(ResourceTypes::typesOf));
  }

  private static Stream<Type> typesOf(JsonNode definition) {
    JsonNode spec = definition.path("spec");
    List<Type> types = new ArrayList<>();
    for (JsonNode version : spec.path("versions")) {
      if (version.path("served").asBoolean(true)) {
        types.add(new Type(spec.path("group").asText(), version.path("name").asText(), spec.path("names").path("plural").asText(),
            spec.path("names").path("kind").asText(), spec.path("scope").asText().equals("Namespaced"), version.path("subresources")
            .has("status")));
      }
    }
    return types.stream();
  }

  /** Answers the paths by which clients find out what there is; empty for any other. */
  Optional<ObjectNode> discovery(String path) {
    String[] parts = path.substring(1).split("/");
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    return Optional.ofNullable(switch (path) {
      case "/version" -> answer.put("major", "1").put("minor", "36").put("gitVersion", "v1.36.0+longshore-memory").put("platform",
          "memory");
      case "/api" -> {
        answer.put("kind", "APIVersions").putArray("versions").add("v1");
        yield answer;
      }
      case "/apis" -> groups(answer);
      default -> {
        boolean core = parts.length == 2 && parts[0].equals("api");
        boolean named = parts.length == 3 && parts[0].equals("apis");
        yield core ? resources(answer, parts[1]) : named ? resources(answer, parts[1] + "/" + parts[2]) : null;
      }
    });
  }

  private ObjectNode groups(ObjectNode answer) {
    answer.put("kind", "APIGroupList").put("apiVersion", "v1").putArray("groups");
    all().filter(t -> !t.group.isEmpty()).map(t -> List.of(t.group, t.version)).distinct().forEach(t -> {
      ObjectNode group = answer.withArray("groups").addObject().put("name", t.get(0));
      ObjectNode version = group.putObject("preferredVersion").put("groupVersion", t.get(0) + "/" + t.get(1)).put("version", t.get(1));
      group.putArray("versions").add(version.deepCopy());
    });
    return answer;
  }

  private ObjectNode resources(ObjectNode answer, String groupVersion) {
    List<Type> types = all().filter(t -> t.groupVersion().equals(groupVersion)).toList();
    if (types.isEmpty()) {
      return null;
    }
    answer.put("kind", "APIResourceList").put("apiVersion", "v1").put("groupVersion", groupVersion).putArray("resources");
    for (Type type : types) {
      ObjectNode resource = answer.withArray("resources").addObject().put("name", type.plural).put("singularName",
          type.kind.toLowerCase(Locale.ROOT))
          .put("namespaced", type.namespaced).put("kind", type.kind);
      List.of("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch").forEach(resource.withArray("verbs")::add);
      if (type.status) {
        ObjectNode status = answer.withArray("resources").addObject().put("name", type.plural + "/status").put("singularName", "")
            .put("namespaced", type.namespaced).put("kind", type.kind);
        List.of("get", "patch", "update").forEach(status.withArray("verbs")::add);
      }
    }
    return answer;
  }
}
