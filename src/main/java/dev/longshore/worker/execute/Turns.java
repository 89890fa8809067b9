package dev.longshore.worker.execute;

import dev.longshore.job.JobSpec.Priority;
import java.util.ArrayList;
import java.util.List;

/**
 * Whose call is next when a slot of the worker is free. What is shared is the time in slots and not the number of calls, or a job of long calls
 * would take the worker from one of short calls.
 *
 * <p>Between priorities the higher goes first, but lower ones that wait get a tenth of the time ({@link #FLOOR}), so that none starves: with
 * calls of the same length every tenth turn. A call of theirs goes once it is paid for; a priority that got a slot because no higher one
 * wanted it has had enough, and begins to count anew. The tenth is shared in the same way: when jobs of all three wait, Low gets a hundredth.
 *
 * <p>Between jobs of a priority: start-time fair queueing with several servers, SFQ(D) of Jin, Chase and Kaur (Interposed Proportional Sharing
 * for a Storage Service Utility, SIGMETRICS 2004), all weights equal. Each job has a place in a virtual time, which is the slot time that it
 * had; the one that is furthest behind is next, of several the one whose last turn is longest ago. Who comes, or comes back, begins where the
 * others are: nobody saves up turns. A call counts from its begin as long as the job's calls are in the mean, then as long as it takes.
 *
 * <p>Not for several threads at once; time is a parameter.
 */
final class Turns {
  /** Lower priorities that wait get one part in so many: little enough to call the order strict, enough to see that they move. */
  static final int FLOOR = 10;
  /** How long a worker's first call is taken to last, in nanoseconds. */
  static final long FIRST_GUESS = 1_000_000;
  /** Means of times follow slowly: the last call counts one part in so many. */
  private static final int FORGETS = 8;
  private static final int LEVELS = Priority.values().length;
  private static final int LAST = LEVELS - 1;

  private final List<Lane> lanes = new ArrayList<>();
  /** The virtual time of each priority: the place of whoever had its last turn. */
  private final long[] clocks = new long[LEVELS];
  private final int[] waiting = new int[LEVELS];
  /** Each between one priority and all lower ones. */
  private final Floor[] floors = new Floor[LAST];
  private int capacity;
  private int running;
  private long turns;
  /** How long the calls of all jobs take. */
  private long usual = FIRST_GUESS;

  Turns() {
    for (int i = 0; i < LAST; i++) {
      floors[i] = new Floor();
    }
  }

  /** What those above and those below had while both wanted slots. */
  private static final class Floor {
    private SlotTime above = new SlotTime();
    private SlotTime below = new SlotTime();

    /** Whether a call below is paid for. */
    boolean owes(long expected, long now) {
      return above.counted(now) / (FLOOR - 1) - below.counted(now) >= expected;
    }

    void settle() {
      above = new SlotTime();
      below = new SlotTime();
    }
  }

  Lane join(Priority priority, int concurrency, long now) {
    Lane lane = new Lane(priority, concurrency, now);
    lanes.add(lane);
    count();
    return lane;
  }

  /** It gets no more turns; those that it has may still end. */
  void leave(Lane lane) {
    forgetWaiting(lane);
    lanes.remove(lane);
    count();
  }

  void change(Lane lane, Priority priority, int concurrency, long now) {
    boolean moves = lane.priority() != priority;
    waiting[lane.level()] -= lane.waiting();
    lane.change(priority, concurrency);
    waiting[lane.level()] += lane.waiting();
    if (moves) {
      lane.tag(clocks[lane.level()], now);
    }
    count();
  }

  /** While it rests its concurrency does not count; what waits is forgotten. */
  void rest(Lane lane, boolean now) {
    if (now) {
      forgetWaiting(lane);
    }
    lane.rest(now);
    count();
  }

  private void forgetWaiting(Lane lane) {
    waiting[lane.level()] -= lane.waiting();
    lane.waitsNoMore();
  }

  private void count() {
    capacity = lanes.stream().filter(lane -> !lane.resting()).mapToInt(Lane::concurrency).max().orElse(0);
  }

  /** Calls at once, over all lanes. */
  int capacity() {
    return capacity;
  }

  boolean full() {
    return running >= capacity;
  }

  /** One more call of it waits for a turn. */
  void waits(Lane lane, long now) {
    if (lane.waiting() == 0 && lane.tag(now) < clocks[lane.level()]) {
      lane.tag(clocks[lane.level()], now);
    }
    lane.waits(now);
    waiting[lane.level()]++;
  }

  /** The lane whose turn it is, of those that wait; null when none does. */
  Lane next(long now) {
    return next(0, now);
  }

  private Lane next(int level, long now) {
    Lane here = waiting[level] == 0 ? null : furthestBehind(level, now);
    if (level == LAST) {
      return here;
    }
    Lane below = next(level + 1, now);
    return here == null || below != null && floors[level].owes(expected(below), now) ? below : here;
  }

  private Lane furthestBehind(int level, long now) {
    Lane first = null;
    for (Lane lane : lanes) {
      if (lane.waiting() > 0 && lane.level() == level && (first == null || isBehind(lane, first, now))) {
        first = lane;
      }
    }
    return first;
  }

  /** How long its next call will take; that of a new job is taken to be as long as others'. */
  private long expected(Lane lane) {
    return lane.mean() == 0 ? usual : lane.mean();
  }

  /** A mean that a new value moves. */
  static long follow(long mean, long value) {
    return Math.max(1, mean + (value - mean) / FORGETS);
  }

  private static boolean isBehind(Lane a, Lane b, long now) {
    long difference = a.tag(now) - b.tag(now);
    return difference < 0 || difference == 0 && a.lastTurn() < b.lastTurn();
  }

  /** A call of the lane that waits begins. */
  Turn begin(Lane lane, long now) {
    int level = lane.level();
    clocks[level] = Math.max(clocks[level], lane.tag(now));
    List<SlotTime> charged = charged(lane);
    waiting[level]--;
    running++;
    lane.turn(++turns, now);
    long expected = expected(lane);
    charged.forEach(time -> time.begin(expected, now));
    return new Turn(lane, now, expected, charged);
  }

  private List<SlotTime> charged(Lane lane) {
    List<SlotTime> charged = new ArrayList<>(LEVELS);
    charged.add(lane.time());
    int level = lane.level();
    for (int above = 0; above < level; above++) {
      if (waiting[above] > 0) {
        charged.add(floors[above].below);
      } else {
        floors[above].settle();
      }
    }
    if (waitsBelow(level)) {
      charged.add(floors[level].above);
    }
    return charged;
  }

  private boolean waitsBelow(int level) {
    for (int below = level + 1; below < LEVELS; below++) {
      if (waiting[below] > 0) {
        return true;
      }
    }
    return false;
  }

  /** The call is over. */
  void end(Turn turn, long now) {
    long took = now - turn.begun();
    turn.lane().took(took);
    usual = follow(usual, took);
    settle(turn, now);
  }

  /** There was nothing to call: it costs nothing. */
  void unused(Turn turn) {
    settle(turn, turn.begun());
  }

  private void settle(Turn turn, long now) {
    running--;
    turn.charged().forEach(time -> time.end(turn.expected(), turn.begun(), now));
  }
}
