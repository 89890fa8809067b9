package dev.longshore.worker.execute;

import dev.longshore.worker.execute.Batch.Segment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;

/** Cuts batches from deliveries in the order they came, across their borders. Not for several threads at once. */
final class BatchCutter {
  private final ArrayDeque<Entry> waiting = new ArrayDeque<>();
  private int items;

  private record Entry(Segment segment, long since) {}

  void offer(Segment segment, long nanos) {
    waiting.add(new Entry(segment, nanos));
    items += segment.count();
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
    List<Segment> segments = new ArrayList<>(1);
    int missing = Math.min(size, items);
    int cut = missing;
    while (missing > 0) {
      Entry head = waiting.removeFirst();
      Segment taken = head.segment().part(0, missing);
      segments.add(taken);
      missing -= taken.count();
      if (taken.count() < head.segment().count()) {
        waiting.addFirst(new Entry(head.segment().part(taken.count(), head.segment().count()), head.since()));
      }
    }
    items -= cut;
    return new Batch(segments, cut);
  }

  /** Takes everything of one delivery out again. */
  List<Segment> remove(Taken taken) {
    return remove(entry -> entry.segment().taken() == taken);
  }

  /** Takes out again what waits since {@code nanos} or longer. */
  List<Segment> removeSince(long nanos) {
    return remove(entry -> entry.since() - nanos <= 0);
  }

  private List<Segment> remove(Predicate<Entry> which) {
    List<Segment> removed = new ArrayList<>();
    for (Iterator<Entry> entries = waiting.iterator(); entries.hasNext(); ) {
      Entry entry = entries.next();
      if (which.test(entry)) {
        entries.remove();
        removed.add(entry.segment());
        items -= entry.segment().count();
      }
    }
    return removed;
  }
}
