package dev.longshore.worker.consume;

import dev.longshore.job.Chunk;
import dev.longshore.worker.execute.JobExecutor;
import java.util.Arrays;

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
   * What is to be prefetched for. The recent messages tell how large messages are; of those in hand the mean does, once there are as many as
   * may be, because sizes may change at once. While workers share, pieces are mixed with what is left of large messages: their median does.
   *
   * @param inHand items that each message in hand came with
   * @param prefetch messages that may be in hand
   * @param piece items of the pieces in which workers share what waits; {@link Integer#MAX_VALUE} while they do not
   */
  synchronized Prefetch.Load load(JobExecutor.Reading calls, long[] inHand, int prefetch, int piece) {
    boolean sharing = piece < Integer.MAX_VALUE;
    double each = items;
    if (sharing) {
      each = Math.min(piece, inHand.length == 0 ? items : lowerMedian(inHand));
    } else if (inHand.length >= prefetch) {
      each = Arrays.stream(inHand).average().orElse(items);
    }
    return new Prefetch.Load(each, bytes, calls.nanosPerItem(), calls.slots(), calls.batchSize(), sharing);
  }

  private static long lowerMedian(long[] values) {
    return Arrays.stream(values).sorted().skip((values.length - 1) / 2).findFirst().orElseThrow();
  }
}
