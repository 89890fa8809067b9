package dev.longshore.runtime.local;

import dev.longshore.api.v1alpha1.BatchJob;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;

/**
 * Resources to apply, in file order.
 *
 * @param others ConfigMaps, Secrets and WorkerPools; applied before the jobs
 * @param jobs the jobs
 */
public record Manifests(List<HasMetadata> others, List<BatchJob> jobs) {
  public Manifests {
    others = List.copyOf(others);
    jobs = List.copyOf(jobs);
  }
}
