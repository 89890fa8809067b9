package dev.longshore.worker.execute;

import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import java.util.List;

/** What is done to a batch, with its guard around it. Called from many threads at once. */
public interface BatchProcessor extends AutoCloseable {

  /** An outcome for each item, in the order of the batch. An interrupt costs the items no attempt. */
  List<Outcome> call(List<WorkItem> batch) throws InterruptedException;

  /** Items in one call, at most. */
  int batchSize();

  /** What is asked once about items that fail for good here; null for none. Closed with this. */
  default BatchProcessor fallback() {
    return null;
  }

  @Override
  void close();
}
