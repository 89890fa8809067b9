package dev.longshore.operator.autoscaler;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The places that crashed workers left, each with its own {@link CrashBackoff}: k of them hold back k new workers and no others. Who fills
 * a place inherits its crashes until it has finished items. Used by one thread at a time.
 */
public final class CrashSlots {
  private final List<CrashBackoff> empty = new ArrayList<>();
  private final Map<String, CrashBackoff> filled = new HashMap<>();

  /**
   * Books a worker that ended though nobody told it to.
   *
   * @param explained whether what was inside its processors explains the crash
   */
  public void crashed(String worker, boolean explained, Instant now) {
    CrashBackoff slot = filled.containsKey(worker) ? filled.remove(worker) : new CrashBackoff();
    if (explained) {
      slot.explained(now);
    } else {
      slot.crashed(now);
    }
    empty.add(slot);
  }

  /** Forgets the crashes of places whose worker has finished items, or of which nothing was heard for long. */
  public void seen(List<Worker> workers, Instant now) {
    workers.stream().filter(worker -> worker.ready() && worker.seen().heartbeat().done() > 0)
        .forEach(worker -> filled.remove(worker.name()));
    filled.values().removeIf(slot -> slot.old(now));
    empty.removeIf(slot -> slot.old(now));
  }

  /** How many of {@code wanted} new workers may be made now. */
  public int allowed(int wanted, Instant now) {
    return Math.max(0, wanted - held(now));
  }

  /** How many places may not be filled yet. */
  public int held(Instant now) {
    return (int) empty.stream().filter(slot -> !slot.left(now).isZero()).count();
  }

  /** A worker was made: it fills the place with the most crashes that may be filled, if there is one. */
  public void made(String worker, Instant now) {
    empty.stream().filter(slot -> slot.left(now).isZero()).max(Comparator.comparingInt(CrashBackoff::crashes)).ifPresent(slot -> {
      empty.remove(slot);
      if (slot.crashes() > 0) {
        filled.put(worker, slot);
      }
    });
  }

  /** How long from {@code now} until the next place may be filled; zero when none waits. */
  public Duration left(Instant now) {
    return empty.stream().map(slot -> slot.left(now)).filter(left -> !left.isZero()).min(Comparator.naturalOrder()).orElse(Duration.ZERO);
  }

  /** The most crashes in a row of one place. */
  public int crashes() {
    return Stream.concat(empty.stream(), filled.values().stream()).mapToInt(CrashBackoff::crashes).max().orElse(0);
  }
}
