package dev.longshore.runtime.local.kube.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A resource path of the Kubernetes API taken apart; parts that it does not have are empty. */
record ApiPath(String group, String version, String namespace, String plural, String name, String subresource) {

  /** Empty when the path names no resource (discovery, health). */
  static Optional<ApiPath> parse(String path) {
    List<String> parts = new ArrayList<>(List.of(path.substring(1).split("/")));
    String root = parts.removeFirst();
    boolean core = root.equals("api");
    if (!core && !root.equals("apis") || parts.size() < (core ? 2 : 3)) {
      return Optional.empty();
    }
    String group = core ? "" : parts.removeFirst();
    String version = parts.removeFirst();
    String namespace = "";
    // /namespaces/x/pods is about pods, /namespaces/x and /namespaces/x/status about the namespace
    if (parts.getFirst().equals("namespaces") && parts.size() > 2 && !parts.get(2).equals("status")) {
      parts.removeFirst();
      namespace = parts.removeFirst();
    }
    String name = parts.size() > 1 ? parts.get(1) : "";
    String subresource = parts.size() > 2 ? parts.get(2) : "";
    return Optional.of(new ApiPath(group, version, namespace, parts.get(0), name, subresource));
  }

  /** As it is called in messages: {@code batchjobs.longshore.dev}. */
  String resource() {
    return group.isEmpty() ? plural : plural + "." + group;
  }

  String apiVersion() {
    return group.isEmpty() ? version : group + "/" + version;
  }

  ObjectKey key(String objectName) {
    return new ObjectKey(group, plural, namespace, objectName);
  }

  boolean isStatus() {
    return subresource.equals("status");
  }

  /** Where an object is kept: by group and not by version. */
  record ObjectKey(String group, String plural, String namespace, String name) implements Comparable<ObjectKey> {
    boolean in(ApiPath path) {
      return group.equals(path.group) && plural.equals(path.plural) && (path.namespace.isEmpty() || path.namespace.equals(namespace));
    }

    @Override
    public int compareTo(ObjectKey o) {
      int c = group.compareTo(o.group);
      c = c != 0 ? c : plural.compareTo(o.plural);
      c = c != 0 ? c : namespace.compareTo(o.namespace);
      return c != 0 ? c : name.compareTo(o.name);
    }
  }
}
