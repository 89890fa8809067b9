package dev.longshore.worker.intake;

import dev.longshore.job.Limits;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * Says how many items the next chunk gets: few at the start of a job, so that all workers have something at once, then as many as makes the
 * broker cheap without making a chunk long.
 */
final class ChunkSizer {
  /** Chunks of each size while they grow tenfold. */
  private static final int CHUNKS_PER_STEP = 4;
  /** Before the first measurement: enough to be cheap, few enough to be short whatever an item takes. */
  private static final int UNMEASURED = 100;
  private static final Duration LONGEST_WORK = Duration.ofSeconds(5);
  /** Every call slot of every worker gets at least this many chunks. */
  private static final int CHUNKS_PER_SLOT = 4;

  private final int batchSize;
  private final int most;
  private int growing = 1;
  private int ofThisSize;
  private Duration serviceTime;

  /**
   * For one job.
   *
   * @param batchSize items in one call, at most
   * @param chunkItems items in one chunk, at most
   * @param estimate items in the job, as far as known
   * @param slots calls at once in all workers that the job may get
   */
  ChunkSizer(int batchSize, int chunkItems, OptionalLong estimate, long slots) {
    this.batchSize = Math.max(1, batchSize);
    int bound = Math.clamp(chunkItems, 1, Limits.CHUNK_ITEMS);
    long share = estimate.isPresent() ? Math.max(this.batchSize, estimate.getAsLong() / (CHUNKS_PER_SLOT * Math.max(1, slots))) : bound;
    this.most = (int) Math.min(bound, share);
  }

  /** What the ledger measured: mean time of one item; null when nothing is measured yet. */
  void measured(Duration itemTime) {
    serviceTime = itemTime;
  }

  /** The size of the next chunk. */
  int next() {
    int size = Math.min(Math.min(most, growing), byTime());
    if (++ofThisSize == CHUNKS_PER_STEP && growing < Limits.CHUNK_ITEMS) {
      growing *= 10;
      ofThisSize = 0;
    }
    // whole batches: a rest would be a call of its own
    return size > batchSize ? size - size % batchSize : size;
  }

  private int byTime() {
    if (serviceTime == null) {
      return Math.max(UNMEASURED, Math.min(batchSize, most));
    }
    if (serviceTime.isZero()) {
      return Limits.CHUNK_ITEMS;
    }
    long items = LONGEST_WORK.toNanos() / Math.max(1, serviceTime.toNanos());
    return (int) Math.clamp(items, Math.min(batchSize, Limits.CHUNK_ITEMS), Limits.CHUNK_ITEMS);
  }
}
