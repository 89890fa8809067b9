package dev.longshore.worker.execute;

import dev.longshore.job.IndexSet;
import dev.longshore.job.WorkItem;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What one processor call gets.
 *
 * @param size of all segments together
 */
record Batch(List<Segment> segments, int size) {

  /** Neighbouring items of one delivery: {@code count} from position {@code from}. */
  record Segment(Taken taken, int from, int count) {
    /** Those of a delivery's items that are in {@code some}. */
    static List<Segment> of(Taken taken, IndexSet some) {
      List<WorkItem> items = taken.items();
      if (some.size() == items.size()) {
        return List.of(new Segment(taken, 0, items.size()));
      }
      List<Segment> segments = new ArrayList<>();
      int from = -1;
      for (int i = 0; i <= items.size(); i++) {
        boolean in = i < items.size() && some.contains(items.get(i).index());
        if (in && from < 0) {
          from = i;
        } else if (!in && from >= 0) {
          segments.add(new Segment(taken, from, i - from));
          from = -1;
        }
      }
      return segments;
    }

    List<WorkItem> items() {
      List<WorkItem> all = taken.items();
      return count == all.size() ? all : all.subList(from, from + count);
    }

    Segment part(int skip, int most) {
      return new Segment(taken, from + skip, Math.min(most, count - skip));
    }
  }

  /** Keeps what came of it; {@code settle} gets each delivery that must be settled now. */
  void record(Calls.Answer answer, Consumer<Taken> settle) {
    long now = System.nanoTime();
    int offset = 0;
    for (Segment segment : segments) {
      long share = answer.nanos() * segment.count() / size;
      if (segment.taken().record(segment.from(), answer, offset, segment.count(), share, now)) {
        settle.accept(segment.taken());
      }
      offset += segment.count();
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

  /** What its calls are told under; null when none of its chunks is told of. */
  String trace() {
    for (Segment segment : segments) {
      if (segment.taken().work().trace() != null) {
        return segment.taken().work().trace();
      }
    }
    return null;
  }

  IndexSet indexes() {
    Segment only = segments.getFirst();
    return segments.size() == 1 && only.count() == only.taken().items().size() ? only.taken().indexes()
        : IndexSet.of(segments.stream().flatMap(segment -> segment.items().stream()).mapToLong(WorkItem::index).toArray());
  }
}
