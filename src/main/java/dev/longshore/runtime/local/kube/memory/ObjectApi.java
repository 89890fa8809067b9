package dev.longshore.runtime.local.kube.memory;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.longshore.runtime.local.kube.Admission;
import dev.longshore.runtime.local.kube.memory.ApiPath.ObjectKey;
import dev.longshore.runtime.local.kube.memory.ResourceTypes.Type;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * What the verbs of the Kubernetes API do to objects: names, versions and conflicts, generation, the status subresource, finalizers,
 * graceful deletion of pods, binding, and admission of longshore.dev objects. There is no garbage collector, no scheduler and no namespace
 * that must exist first.
 */
final class ObjectApi {
  private static final String GUARDED_GROUP = "longshore.dev";
  private static final String NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789";
  private static final Predicate<JsonNode> NO_SELECTOR = o -> true;
  private static final int DEFAULT_GRACE = 30;

  private final ObjectStore store;
  private final Admission admission;
  private final InstantSource clock;
  private final ResourceTypes types;

  ObjectApi(ObjectStore store, Admission admission, InstantSource clock) {
    this.store = store;
    this.admission = admission;
    this.clock = clock;
    ApiPath definitions = new ApiPath("apiextensions.k8s.io", "v1", "", "customresourcedefinitions", "", "");
    this.types = new ResourceTypes(() -> List.copyOf(store.list(definitions, NO_SELECTOR).items()));
  }

  /** What a delete request asks for; absent parts are null. */
  record DeleteOptions(Integer graceSeconds, String uid, String resourceVersion) {}

  ResourceTypes types() {
    return types;
  }

  Type type(ApiPath path) {
    return types.find(path).filter(t -> t.namespaced() || path.namespace().isEmpty()).orElseThrow(() -> ApiFailure.noSuchPath());
  }

  ObjectNode get(ApiPath path) {
    type(path);
    if (!path.subresource().isEmpty() && !path.isStatus()) {
      throw ApiFailure.noSuchPath();
    }
    return existing(path);
  }

  private ObjectNode existing(ApiPath path) {
    ObjectNode object = store.get(path.key(path.name()));
    if (object == null) {
      throw ApiFailure.notFound(path);
    }
    return object;
  }

  ObjectNode create(ApiPath path, ObjectNode object) {
    if (path.group().equals("authorization.k8s.io")) {
      return review(path, object);
    }
    Type type = type(path);
    if (path.plural().equals("pods") && path.subresource().equals("binding")) {
      return bind(path, object);
    }
    if (!path.subresource().isEmpty() || !path.name().isEmpty() || type.namespaced() && path.namespace().isEmpty()) {
      throw ApiFailure.notAllowed();
    }
    return store.locked(() -> {
      ObjectNode metadata = identify(path, type, object);
      String name = metadata.path("name").asText();
      if (name.isEmpty()) {
        String prefix = metadata.path("generateName").asText();
        if (prefix.isEmpty()) {
          throw ApiFailure.invalid(path, type.kind(), "", List.of("metadata.name: Required value: name or generateName is required"));
        }
        name = prefix + suffix();
        metadata.put("name", name);
      }
      if (store.get(path.key(name)) != null) {
        throw ApiFailure.alreadyExists(path, name);
      }
      List.of("resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds").forEach(metadata::remove);
      if (type.status()) {
        object.remove("status");
      }
      fillIn(type, object);
      admit(path, type, object, null);
      metadata.put("uid", UUID.randomUUID().toString()).put("creationTimestamp", now().toString()).put("generation", 1);
      return store.put(path.key(name), object);
    });
  }

  /** Whoever has the token may do anything. The operator's leader election asks. */
  private static ObjectNode review(ApiPath path, ObjectNode review) {
    switch (path.plural()) {
      case "selfsubjectrulesreviews" -> {
        ObjectNode status = review.putObject("status").put("incomplete", false);
        status.putArray("nonResourceRules");
        ObjectNode rule = status.putArray("resourceRules").addObject();
        List.of("verbs", "apiGroups", "resources").forEach(f -> rule.putArray(f).add("*"));
      }
      case "selfsubjectaccessreviews" -> review.putObject("status").put("allowed", true);
      default -> throw ApiFailure.noSuchPath();
    }
    return review;
  }

  /** What else a real server would write into a new object of the kinds that have more than a schema. */
  private void fillIn(Type type, ObjectNode object) {
    switch (type.plural()) {
      case "pods" -> {
        ObjectNode spec = object.withObject("/spec");
        if (!spec.has("terminationGracePeriodSeconds")) {
          spec.put("terminationGracePeriodSeconds", DEFAULT_GRACE);
        }
        if (!spec.has("restartPolicy")) {
          spec.put("restartPolicy", "Always");
        }
        object.putObject("status").put("phase", "Pending");
      }
      case "customresourcedefinitions" -> {
        for (String condition : List.of("NamesAccepted", "Established")) {
          object.withObject("/status").withArray("conditions").addObject().put("type", condition).put("status", "True").put("reason",
              "InMemory")
              .put("lastTransitionTime", now().toString());
        }
      }
      case "secrets" -> {
        // stringData is write-only: it is stored as data
        if (object.remove("stringData") instanceof ObjectNode plain) {
          plain.properties().forEach(e -> object.withObject("/data").put(e.getKey(),
              Base64.getEncoder().encodeToString(e.getValue().asText().getBytes(StandardCharsets.UTF_8))));
        }
      }
      default -> { }
    }
  }

  private ObjectNode bind(ApiPath path, ObjectNode binding) {
    store.locked(() -> {
      ObjectNode pod = existing(path).deepCopy();
      String uid = binding.path("metadata").path("uid").asText();
      if (!uid.isEmpty() && !uid.equals(pod.path("metadata").path("uid").asText())) {
        throw ApiFailure.conflict(path, "Precondition failed: UID in precondition: " + uid);
      }
      if (!pod.path("spec").path("nodeName").asText().isEmpty()) {
        throw ApiFailure.conflict(path, "pod " + path.name() + " is already assigned to node \"" + pod.path("spec").path("nodeName")
            .asText() + "\"");
      }
      ((ObjectNode) pod.get("spec")).put("nodeName", binding.path("target").path("name").asText());
      return store.put(path.key(path.name()), pod);
    });
    return success(path);
  }

  ObjectNode replace(ApiPath path, ObjectNode object) {
    return change(path, current -> object);
  }

  ObjectNode patch(ApiPath path, String contentType, JsonNode patch) {
    String type = Patches.typeOf(contentType);
    return change(path, current -> Patches.apply(path, type, current, patch));
  }

  private ObjectNode change(ApiPath path, UnaryOperator<ObjectNode> edit) {
    Type type = type(path);
    if (path.name().isEmpty()) {
      throw ApiFailure.notAllowed();
    }
    if (!path.subresource().isEmpty() && !(path.isStatus() && type.status())) {
      throw ApiFailure.noSuchPath();
    }
    return store.locked(() -> {
      ObjectNode current = existing(path);
      ObjectNode wanted = edit.apply(current);
      checkIdentity(path, type, current, wanted);
      ObjectNode next = path.isStatus() ? withStatusOf(current.deepCopy(), wanted)
          : type.status() ? withStatusOf(wanted.deepCopy(), current) : wanted.deepCopy();
      keepServersMetadata(current, next);
      if (!path.isStatus()) {
        fillInChanged(type, next);
        admit(path, type, next, current);
        if (specDiffers(current, next)) {
          ((ObjectNode) next.get("metadata")).put("generation", current.path("metadata").path("generation").asLong() + 1);
        }
      }
      if (next.equals(current)) {
        return current;
      }
      ObjectKey key = path.key(path.name());
      boolean last = next.path("metadata").has("deletionTimestamp") && next.path("metadata").path("finalizers").isEmpty()
          && !current.path("metadata").path("finalizers").isEmpty();
      ObjectNode stored = store.put(key, next);
      if (last && next.path("metadata").path("deletionGracePeriodSeconds").asInt(0) == 0) {
        return store.remove(key);
      }
      return stored;
    });
  }

  private void fillInChanged(Type type, ObjectNode object) {
    if (type.plural().equals("secrets")) {
      fillIn(type, object);
    }
  }

  private ObjectNode identify(ApiPath path, Type type, ObjectNode object) {
    if (!object.path("kind").asText().equals(type.kind()) || !object.path("apiVersion").asText().equals(path.apiVersion())) {
      throw ApiFailure.badRequest("the object provided is a " + object.path("apiVersion").asText() + " " + object.path("kind").asText()
          + ", this path takes "
          + path.apiVersion() + " " + type.kind());
    }
    if (!(object.get("metadata") instanceof ObjectNode metadata)) {
      throw ApiFailure.invalid(path, type.kind(), "", List.of("metadata: Required value"));
    }
    if (type.namespaced()) {
      String namespace = metadata.path("namespace").asText();
      if (!namespace.isEmpty() && !namespace.equals(path.namespace())) {
        throw ApiFailure.badRequest("the namespace of the provided object does not match the namespace sent on the request");
      }
      metadata.put("namespace", path.namespace());
    }
    return metadata;
  }

  private void checkIdentity(ApiPath path, Type type, ObjectNode current, ObjectNode wanted) {
    ObjectNode metadata = identify(path, type, wanted);
    if (!metadata.path("name").asText().equals(path.name())) {
      throw ApiFailure.badRequest("the name of the object (" + metadata.path("name").asText() + ") does not match the name on the URL ("
          + path.name() + ")");
    }
    String uid = metadata.path("uid").asText();
    if (!uid.isEmpty() && !uid.equals(current.path("metadata").path("uid").asText())) {
      throw ApiFailure.conflict(path, "Precondition failed: UID in precondition: " + uid + ", UID in object meta: "
          + current.path("metadata").path("uid").asText());
    }
    String version = metadata.path("resourceVersion").asText();
    if (!version.isEmpty() && !version.equals("0") && !version.equals(current.path("metadata").path("resourceVersion").asText())) {
      throw ApiFailure.modified(path);
    }
  }

  private static ObjectNode withStatusOf(ObjectNode target, ObjectNode from) {
    if (from.has("status")) {
      target.set("status", from.get("status").deepCopy());
    } else {
      target.remove("status");
    }
    return target;
  }

  private static void keepServersMetadata(ObjectNode current, ObjectNode next) {
    ObjectNode metadata = (ObjectNode) next.get("metadata");
    for (String field : List.of("uid", "creationTimestamp", "generation", "resourceVersion", "deletionTimestamp",
        "deletionGracePeriodSeconds")) {
      JsonNode value = current.get("metadata").get(field);
      if (value == null) {
        metadata.remove(field);
      } else {
        metadata.set(field, value);
      }
    }
  }

  private static boolean specDiffers(ObjectNode current, ObjectNode next) {
    return !Objects.equals(current.deepCopy().without(List.of("metadata", "status")),
        next.deepCopy().without(List.of("metadata", "status")));
  }

  private void admit(ApiPath path, Type type, ObjectNode object, ObjectNode current) {
    if (!path.group().equals(GUARDED_GROUP)) {
      return;
    }
    List<String> violations = admission.admit(object, current);
    if (!violations.isEmpty()) {
      throw ApiFailure.invalid(path, type.kind(), object.path("metadata").path("name").asText(), violations);
    }
  }

  ObjectNode delete(ApiPath path, DeleteOptions options) {
    Type type = type(path);
    return store.locked(() -> {
      ObjectNode current = existing(path);
      JsonNode metadata = current.get("metadata");
      if (options.uid() != null && !options.uid().equals(metadata.path("uid").asText())) {
        throw ApiFailure.conflict(path, "Precondition failed: UID in precondition: " + options.uid() + ", UID in object meta: "
            + metadata.path("uid").asText());
      }
      if (options.resourceVersion() != null && !options.resourceVersion().equals(metadata.path("resourceVersion").asText())) {
        throw ApiFailure.modified(path);
      }
      int grace = type.kind().equals("Pod") ? podGrace(current, options) : 0;
      if (grace == 0 && metadata.path("finalizers").isEmpty()) {
        store.remove(path.key(path.name()));
        return success(path);
      }
      return markDeleted(path, current, grace);
    });
  }

  private ObjectNode markDeleted(ApiPath path, ObjectNode current, int grace) {
    ObjectNode marked = current.deepCopy();
    ObjectNode metadata = (ObjectNode) marked.get("metadata");
    boolean already = metadata.has("deletionTimestamp");
    if (already && grace >= metadata.path("deletionGracePeriodSeconds").asInt(0)) {
      return current;
    }
    metadata.put("deletionTimestamp", now().plus(Duration.ofSeconds(grace)).toString()).put("deletionGracePeriodSeconds", grace);
    if (!already) {
      metadata.put("generation", metadata.path("generation").asLong() + 1);
    }
    return store.put(path.key(path.name()), marked);
  }

  /** A pod that a node has taken goes when its node says that it has ended, unless the request is for 0 seconds. */
  private static int podGrace(ObjectNode pod, DeleteOptions options) {
    String phase = pod.path("status").path("phase").asText();
    if (pod.path("spec").path("nodeName").asText().isEmpty() || phase.equals("Succeeded") || phase.equals("Failed")) {
      return 0;
    }
    return options.graceSeconds() != null ? options.graceSeconds() : pod.path("spec").path("terminationGracePeriodSeconds")
        .asInt(DEFAULT_GRACE);
  }

  void deleteAll(ApiPath path, Predicate<JsonNode> selector, DeleteOptions options) {
    type(path);
    for (ObjectNode object : store.list(path, selector).items()) {
      JsonNode metadata = object.get("metadata");
      delete(new ApiPath(path.group(), path.version(), metadata.path("namespace").asText(), path.plural(), metadata.path("name").asText(),
          ""), options);
    }
  }

  private ObjectNode success(ApiPath path) {
    ObjectNode status = JsonNodeFactory.instance.objectNode().put("kind", "Status").put("apiVersion", "v1");
    status.putObject("metadata");
    status.put("status", "Success").putObject("details").put("name", path.name()).put("group", path.group()).put("kind", path.plural());
    return status;
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.SECONDS);
  }

  private static String suffix() {
    StringBuilder letters = new StringBuilder();
    for (int i = 0; i < 5; i++) {
      letters.append(NAME_LETTERS.charAt(ThreadLocalRandom.current().nextInt(NAME_LETTERS.length())));
    }
    return letters.toString();
  }
}
