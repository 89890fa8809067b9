package dev.longshore.worker.execute;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** Cuts batches from deliveries in the order they came, across their borders. Not for several threads at once. */
final class BatchCutter {
  private final ArrayDeque<Entry> waiting = new ArrayDeque<>();
  private int cursor;
  private int items;

  private record Entry(Taken taken, long since) {}

  void offer(Taken taken, long nanos) {
    waiting.add(new Entry(taken, nanos));
    items += taken.items().size();
  }

  /** Items that wait. */
  int items() {
    return items;
  }

  boolean isEmpty() {
    return items == 0;
  }

  /** Since when the first item waits, in the nanoseconds that {@link #offer} got. */
  long since() {
    return waiting.getFirst().since();
  }

  /** The next {@code size} items, or all when there are fewer. */
  Batch cut(int size) {
    List<Batch.Segment> segments = new ArrayList<>(1);
    int missing = Math.min(size, items);
    int cut = missing;
    while (missing > 0) {
      Taken head = waiting.getFirst().taken();
      int count = Math.min(missing, head.items().size() - cursor);
      segments.add(new Batch.Segment(head, cursor, count));
      missing -= count;
      cursor += count;
      if (cursor == head.items().size()) {
        waiting.removeFirst();
        cursor = 0;
      }
    }
    items -= cut;
    return new Batch(segments, cut);
  }
}
