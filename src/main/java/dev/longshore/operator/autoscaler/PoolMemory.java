package dev.longshore.operator.autoscaler;

import dev.longshore.operator.autoscaler.ScaleInput.Past;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What one pass over a pool leaves for the next. Used by one thread at a time. */
public final class PoolMemory {
  private final Deque<Point> past = new ArrayDeque<>();
  private final Map<String, Instant> drainingSince = new HashMap<>();
  private final Set<String> buried = new HashSet<>();
  private int previous;
  private Recorded recorded;

  private record Point(Instant at, int wanted, int desired) {}

  /**
   * Starts from what is there.
   *
   * @param previous what was decided before, or what runs
   * @param draining names of workers that were told to drain
   */
  public PoolMemory(int previous, Collection<String> draining, Instant now) {
    this.previous = previous;
    draining.forEach(name -> drainingSince.put(name, now));
  }

  /** What a pool that decided {@code next} at that moment remembered before it did. */
  static PoolMemory of(ScaleInput next, Instant at) {
    PoolMemory memory = new PoolMemory(next.previous(), Set.of(), at);
    next.past().forEach(past -> memory.past.addLast(new Point(at.minus(past.age()), past.wanted(), past.desired())));
    return memory;
  }

  int previous() {
    return previous;
  }

  /** Whether a decision is news to the flight recorder; it is asked once for each. */
  public boolean isNews(Recorded now) {
    boolean news = !now.repeats(recorded);
    if (news) {
      recorded = now;
    }
    return news;
  }

  List<Past> past(Instant now) {
    return past.stream().map(point -> new Past(Duration.between(point.at(), now), point.wanted(), point.desired())).toList();
  }

  /**
   * Keeps a decision that differs from the one before; of those that did not hold any more when {@code reach} began, none. So passes that
   * change nothing leave no trace, and a replay of those that did comes to the same.
   */
  public void decided(Decision decision, Duration reach, Instant now) {
    previous = decision.desired();
    Point last = past.peekLast();
    if (last == null || last.wanted() != decision.wanted() || last.desired() != decision.desired()) {
      past.addLast(new Point(now, decision.wanted(), decision.desired()));
    }
    Instant edge = now.minus(reach);
    while (past.size() > 1 && !second().at().isAfter(edge)) {
      past.removeFirst();
    }
  }

  private Point second() {
    var all = past.iterator();
    all.next();
    return all.next();
  }

  public Set<String> draining() {
    return Set.copyOf(drainingSince.keySet());
  }

  /** The workers that have been draining for longer than {@code limit}. */
  public Set<String> overdue(Duration limit, Instant now) {
    return drainingSince.entrySet().stream().filter(entry -> entry.getValue().plus(limit).isBefore(now)).map(Map.Entry::getKey)
        .collect(Collectors.toUnmodifiableSet());
  }

  public void draining(Set<String> names, Instant now) {
    drainingSince.keySet().retainAll(names);
    names.forEach(name -> drainingSince.putIfAbsent(name, now));
  }

  /** Keeps the name of a worker whose end is settled: its pod may be seen for a while yet. */
  public void buried(String name) {
    buried.add(name);
  }

  /** Whether the end of this worker is settled. */
  public boolean isBuried(String name) {
    return buried.contains(name);
  }

  /** Forgets those that are not seen any more. */
  public void seen(Collection<String> names) {
    buried.retainAll(names);
  }
}
