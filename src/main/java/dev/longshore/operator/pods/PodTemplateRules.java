package dev.longshore.operator.pods;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What the author of a template may say, who is no cluster admin. It lists what is allowed, so that a field which Kubernetes gets
 * tomorrow is refused until somebody has thought about it. Admission checks the same; a resource may have come past it.
 */
public final class PodTemplateRules {
  private static final Set<String> POD = Set.of("nodeSelector", "tolerations", "affinity", "priorityClassName", "schedulerName",
      "schedulingGates", "runtimeClassName", "serviceAccountName", "imagePullSecrets", "terminationGracePeriodSeconds", "topologySpreadConstraints", "volumes",
      "containers");
  private static final Set<String> METADATA = Set.of("labels", "annotations");
  private static final Set<String> CONTAINER =
      Set.of("name", "image", "imagePullPolicy", "args", "env", "envFrom", "resources", "volumeMounts");
  private static final Set<String> ENV = Set.of("name", "value", "valueFrom");
  private static final Set<String> VALUE_FROM = Set.of("secretKeyRef", "configMapKeyRef", "fieldRef");
  private static final Set<String> ENV_FROM = Set.of("prefix", "configMapRef", "secretRef");
  private static final Set<String> MOUNT = Set.of("name", "mountPath", "subPath", "readOnly");
  private static final Set<String> VOLUME = Set.of("name", "emptyDir", "configMap", "secret", "persistentVolumeClaim");

  private static final Set<String> SECURITY = Set.of("container.apparmor.security.beta.kubernetes.io/",
      "container.seccomp.security.alpha.kubernetes.io/", "seccomp.security.alpha.kubernetes.io/");

  private final Set<String> serviceAccounts;
  private final KubernetesSerialization json = new KubernetesSerialization();

  /** @param serviceAccounts names that a template may use */
  public PodTemplateRules(Set<String> serviceAccounts) {
    this.serviceAccounts = serviceAccounts;
  }

  /** A field that must not be there, or not so. */
  public record Violation(String field, String message) {
    @Override
    public String toString() {
      return field + ": " + message;
    }
  }

  /** What is wrong, by field; empty when the template may be used. */
  public List<Violation> check(PodTemplateSpec template) {
    List<Violation> found = new ArrayList<>();
    JsonNode tree = template == null ? MissingNode.getInstance() : json.convertValue(template, JsonNode.class);
    onlyThese(tree, "template", Set.of("metadata", "spec"), found);
    onlyThese(tree.path("metadata"), "template.metadata", METADATA, found);
    labels(tree.path("metadata").path("labels"), found);
    annotations(tree.path("metadata").path("annotations"), found);
    JsonNode spec = tree.path("spec");
    onlyThese(spec, "template.spec", POD, found);
    String account = spec.path("serviceAccountName").asText("");
    if (!account.isEmpty() && !serviceAccounts.contains(account)) {
      found.add(new Violation("template.spec.serviceAccountName", "'" + account + "' is not one that the operator's policy allows"));
    }
    each(spec.path("volumes"), "template.spec.volumes", (volume, field) -> onlyThese(volume, field, VOLUME, found));
    each(spec.path("containers"), "template.spec.containers", (container, field) -> container(container, field, found));
    if (spec.path("containers").size() > 1) {
      found.add(new Violation("template.spec.containers", "a worker pod has one container, named worker"));
    }
    return found;
  }

  private void container(JsonNode container, String field, List<Violation> found) {
    onlyThese(container, field, CONTAINER, found);
    if (!WorkerPods.CONTAINER.equals(container.path("name").asText())) {
      found.add(new Violation(field + ".name", "must be worker: a worker pod has no other container"));
    }
    each(container.path("env"), field + ".env", (env, at) -> {
      onlyThese(env, at, ENV, found);
      onlyThese(env.path("valueFrom"), at + ".valueFrom", VALUE_FROM, found);
      ownName(env.path("name").asText(), at + ".name", found);
    });
    each(container.path("envFrom"), field + ".envFrom", (from, at) -> {
      onlyThese(from, at, ENV_FROM, found);
      ownName(from.path("prefix").asText("") + "_", at + ".prefix", found);
    });
    each(container.path("volumeMounts"), field + ".volumeMounts", (mount, at) -> onlyThese(mount, at, MOUNT, found));
  }

  private static void ownName(String name, String field, List<Violation> found) {
    if (name.startsWith("LONGSHORE_")) {
      found.add(new Violation(field, "names that start with LONGSHORE_ are the worker's own"));
    }
  }

  private static void labels(JsonNode labels, List<Violation> found) {
    labels.fieldNames().forEachRemaining(name -> {
      if (name.startsWith("longshore.dev/") || name.startsWith("app.kubernetes.io/")) {
        found.add(new Violation("template.metadata.labels", "'" + name + "' is a label that Longshore sets itself"));
      }
    });
  }

  /** The older form of fields that a template has not, as AppArmor's {@code unconfined}. */
  private static void annotations(JsonNode annotations, List<Violation> found) {
    annotations.fieldNames().forEachRemaining(name -> {
      if (SECURITY.stream().anyMatch(name::startsWith)) {
        found.add(new Violation("template.metadata.annotations",
            "'" + name + "' would change the worker's security context, which is Longshore's own"));
      }
    });
  }

  private static void onlyThese(JsonNode node, String field, Set<String> allowed, List<Violation> found) {
    node.fieldNames().forEachRemaining(name -> {
      if (!allowed.contains(name)) {
        found.add(new Violation(field + "." + name, "is not allowed in a worker's template"));
      }
    });
  }

  private interface Part {
    void check(JsonNode node, String field);
  }

  private static void each(JsonNode list, String field, Part part) {
    for (int i = 0; i < list.size(); i++) {
      part.check(list.get(i), field + "[" + i + "]");
    }
  }
}
