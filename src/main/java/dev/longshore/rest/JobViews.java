package dev.longshore.rest;

import dev.longshore.api.v1alpha1.BatchJob;
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
}
