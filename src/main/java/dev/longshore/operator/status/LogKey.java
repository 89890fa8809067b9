package dev.longshore.operator.status;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.WorkerPool;
import io.fabric8.kubernetes.api.model.HasMetadata;

/** How a resource is named in log lines, so that all lines about one are found by one word. */
public final class LogKey {
  private LogKey() {}

  /** {@code job=namespace/name} or {@code pool=namespace/name}. */
  public static String of(HasMetadata resource) {
    return of(resource.getKind(), resource.getMetadata().getNamespace(), resource.getMetadata().getName());
  }

  /** The same for a resource of which no more is known. */
  public static String of(String kind, String namespace, String name) {
    String key = kind.equals(BatchJob.class.getSimpleName()) ? "job" : kind.equals(WorkerPool.class.getSimpleName()) ? "pool" : kind;
    return key + "=" + namespace + "/" + name;
  }
}
