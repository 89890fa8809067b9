package dev.longshore.worker.consume;

import dev.longshore.job.IndexSet;
import dev.longshore.worker.execute.JobExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.PrimitiveIterator;

/** How large the messages are in which items come again: as they fall, until items are shed, and from then on small. */
final class Pieces {
  /** What one call slot gets done in this time is a piece: short beside the end of a job, long beside what a message costs. */
  private static final long NANOS = 250_000_000;
  /** Of a worker with many call slots, what all of them get done in this part of the time. */
  private static final int SLOTS = 10;

  private volatile int most = Integer.MAX_VALUE;

  /** From now on they are small, yet no smaller than a batch. */
  void makeSmall(JobExecutor.Reading calls) {
    long slot = calls.nanosPerItem() == 0 ? 0 : NANOS / calls.nanosPerItem();
    long items = Math.max(slot, slot * calls.concurrency() / SLOTS);
    // whole batches: a rest would be a call of its own
    most = (int) Math.clamp(items - items % calls.batchSize(), calls.batchSize(), Integer.MAX_VALUE);
  }

  boolean small() {
    return most < Integer.MAX_VALUE;
  }

  List<IndexSet> of(IndexSet indexes) {
    if (indexes.size() <= most) {
      return List.of(indexes);
    }
    List<IndexSet> pieces = new ArrayList<>();
    for (PrimitiveIterator.OfLong left = indexes.iterator(); left.hasNext(); ) {
      IndexSet.Builder piece = new IndexSet.Builder();
      for (int i = 0; i < most && left.hasNext(); i++) {
        piece.add(left.nextLong());
      }
      pieces.add(piece.build());
    }
    return pieces;
  }
}
