package dev.longshore.job;

import java.util.Objects;

/**
 * Names one BatchJob for its whole life: two jobs of the same name at different times differ in {@code uid}.
 *
 * @param namespace the Kubernetes namespace, the boundary of trust
 * @param name the resource's name, a DNS label of at most 52 characters
 * @param uid the resource's uid
 */
public record JobRef(String namespace, String name, String uid) {
  public JobRef {
    Objects.requireNonNull(namespace, "namespace");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(uid, "uid");
  }

  /** The first 8 hexadecimal digits of the uid: tells jobs of one name apart where names must stay short. */
  public String shortUid() {
    String digits = uid.replace("-", "");
    return digits.length() <= 8 ? digits : digits.substring(0, 8);
  }

  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
