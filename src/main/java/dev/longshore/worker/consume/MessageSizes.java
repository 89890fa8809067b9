package dev.longshore.worker.consume;

import dev.longshore.job.Chunk;
import dev.longshore.worker.execute.JobExecutor;

/** What a job's recent messages carried, as means that follow slowly. */
final class MessageSizes {
  private static final double WEIGHT = 0.1;

  private double items;
  private double bytes;

  synchronized void add(Chunk chunk) {
    long total = 0;
    for (byte[] item : chunk.items()) {
      // an item costs its bytes and, on the heap, about this much around them
      total += item.length + 64;
    }
    items = items == 0 ? chunk.items().size() : items + WEIGHT * (chunk.items().size() - items);
    bytes = bytes == 0 ? total : bytes + WEIGHT * (total - bytes);
  }

  /**
   * What is to be prefetched for.
   *
   * @param inHand mean number of items of the messages in hand, which may suddenly be small; 0 where the recent ones tell more
   * @param sharing whether workers share what waits
   */
  synchronized Prefetch.Load load(JobExecutor.Reading calls, double inHand, boolean sharing) {
    return new Prefetch.Load(inHand > 0 ? inHand : items, bytes, calls.nanosPerItem(), calls.slots(), calls.batchSize(), sharing);
  }
}
