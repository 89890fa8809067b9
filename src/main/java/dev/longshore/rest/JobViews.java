package dev.longshore.rest;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.job.FailureGroup;
import dev.longshore.job.ItemResult;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** What the read-only HTTP shows; the role that serves it says from where. */
public interface JobViews {

  /** The jobs of a namespace, or of all that are watched when it is null. */
  List<BatchJob> list(String namespace);

  Optional<BatchJob> get(String namespace, String name);

  /** Every final item of a job, in index order. */
  void results(BatchJob job, long fromIndex, Consumer<ItemResult> action);

  /** The failures of a job by kind, most frequent first. */
  List<FailureGroup> failureGroups(BatchJob job, int max);

  /** The failed items of a job, or those of one kind, in index order. */
  void failures(BatchJob job, Optional<String> fingerprint, Consumer<ItemResult> action);

  /** The last decisions of a pool's autoscaler, oldest first, each a line of JSON; empty when there is no such pool. */
  Optional<List<String>> decisions(String namespace, String pool);
}
