package dev.longshore.job;

import java.util.Objects;

/**
 * Names one WorkerPool.
 *
 * @param namespace its Kubernetes namespace
 * @param name its name
 */
public record PoolRef(String namespace, String name) {
  public PoolRef {
    Objects.requireNonNull(namespace, "namespace");
    Objects.requireNonNull(name, "name");
  }

  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
