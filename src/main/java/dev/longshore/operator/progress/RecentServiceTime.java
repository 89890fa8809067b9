package dev.longshore.operator.progress;

import dev.longshore.store.JobReading.Busy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The mean time inside the processor of one item, over the last minute. How much work is left is told by how long items take now: over all
 * items of a job, one whose items have become three times longer at half would still be taken for one with items half as long.
 *
 * <p>Where the last minute holds fewer than 100 attempts, the last 100 count: of fewer, the mean of items that spread as much as they take
 * wavers by more than the tenth that the pool's tolerance evens out. Where the job has not had 100, all do.
 */
final class RecentServiceTime {
  private static final Duration WINDOW = Duration.ofMinutes(1);
  private static final long FEWEST = 100;
  /** So that what is kept is bounded, to about 160 points, however often the job is read. */
  private static final Duration APART = Duration.ofSeconds(1);

  private final Deque<Point> points = new ArrayDeque<>();
  private volatile Duration mean;

  private record Point(Instant at, Busy busy) {}

  /** Takes a reading. Counts that have fallen begin anew. */
  synchronized void sample(Instant at, Busy busy) {
    Busy before = points.isEmpty() ? Busy.NONE : points.getLast().busy();
    if (before.items() > busy.items() || before.time().compareTo(busy.time()) > 0) {
      points.clear();
    }
    if (points.isEmpty()) {
      // what an operator that begins now knows of a job that does not is all that there is
      points.addLast(new Point(at, Busy.NONE));
    }
    Point begin = points.getFirst();
    long items = busy.items() - begin.busy().items();
    mean = items == 0 ? mean : busy.time().minus(begin.busy().time()).dividedBy(items);
    if (items > 0 && Duration.between(points.getLast().at(), at).compareTo(APART) >= 0 && points.getLast().busy().items() < busy.items()) {
      points.addLast(new Point(at, busy));
      while (points.size() > 2 && enoughAfter(second(), points.getLast())) {
        points.removeFirst();
      }
    }
  }

  /** Null before the first item. */
  Duration mean() {
    return mean;
  }

  private Point second() {
    var all = points.iterator();
    all.next();
    return all.next();
  }

  private static boolean enoughAfter(Point point, Point now) {
    return Duration.between(point.at(), now.at()).compareTo(WINDOW) >= 0 && now.busy().items() - point.busy().items() >= FEWEST;
  }
}
