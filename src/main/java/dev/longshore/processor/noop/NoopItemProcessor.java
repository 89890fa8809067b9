package dev.longshore.processor.noop;

import dev.longshore.job.Limits;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import dev.longshore.processor.ItemProcessor;
import java.util.Collections;
import java.util.List;

/** Does nothing, successfully: for benchmarks and dry runs. Its items go the same way as all others. */
public final class NoopItemProcessor implements ItemProcessor {
  @Override
  public String name() {
    return "noop";
  }

  @Override
  public int defaultBatchSize() {
    return Limits.CHUNK_ITEMS;
  }

  @Override
  public List<Outcome> process(List<WorkItem> batch) {
    return Collections.nCopies(batch.size(), Outcome.DONE);
  }
}
