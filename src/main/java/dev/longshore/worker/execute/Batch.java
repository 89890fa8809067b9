package dev.longshore.worker.execute;

import dev.longshore.job.WorkItem;
import java.util.ArrayList;
import java.util.List;

/**
 * What one processor call gets.
 *
 * @param size of all segments together
 */
record Batch(List<Segment> segments, int size) {

  /** Neighbouring items of one delivery: {@code count} from position {@code from}. */
  record Segment(Taken taken, int from, int count) {
    List<WorkItem> items() {
      List<WorkItem> all = taken.items();
      return count == all.size() ? all : all.subList(from, from + count);
    }
  }

  List<WorkItem> items() {
    if (segments.size() == 1) {
      return segments.getFirst().items();
    }
    List<WorkItem> items = new ArrayList<>(size);
    segments.forEach(segment -> items.addAll(segment.items()));
    return items;
  }
}
