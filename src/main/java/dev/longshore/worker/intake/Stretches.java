package dev.longshore.worker.intake;

import dev.longshore.job.IndexSet;
import dev.longshore.job.IndexSet.Range;
import dev.longshore.job.Limits;
import java.util.List;

/** Takes a set of indexes apart, from the lowest on, into sets that fit into one chunk or one question to the ledger. */
final class Stretches {
  private final List<Range> ranges;
  private int at;
  private long cursor;

  Stretches(IndexSet indexes) {
    this.ranges = indexes.ranges();
  }

  /** The next {@code most} indexes at most, which reach over no more than {@link Limits#CHUNK_ITEMS}; empty at the end. */
  IndexSet next(int most) {
    IndexSet.Builder some = new IndexSet.Builder();
    long left = most;
    long beyond = Long.MAX_VALUE;
    while (at < ranges.size() && left > 0) {
      Range range = ranges.get(at);
      long first = Math.max(range.first(), cursor);
      beyond = Math.min(beyond, first + Limits.CHUNK_ITEMS);
      if (first >= beyond) {
        break;
      }
      long last = Math.min(range.last(), Math.min(first + left, beyond) - 1);
      some.add(first, last);
      left -= last - first + 1;
      cursor = last + 1;
      at += last == range.last() ? 1 : 0;
    }
    return some.build();
  }
}
