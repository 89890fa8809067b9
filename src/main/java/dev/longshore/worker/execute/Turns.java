package dev.longshore.worker.execute;

import dev.longshore.job.JobSpec.Priority;
import java.util.ArrayList;
import java.util.List;

/**
 * Whose call is next when a slot of the worker is free. What is shared is the time in slots and not the number of calls, or a job of long
 * calls would take the worker from one of short calls.
 *
 * <p>Between priorities the higher goes first, but lower ones that wait get a tenth of the time ({@link #FLOOR}), so that none starves:
 * with calls of the same length every tenth turn. A call of theirs goes once it is paid for; a priority that got a slot because no higher
 * one wanted it has had enough, and begins to count anew. The tenth is shared in the same way: when jobs of all three wait, Low gets a
 * hundredth.
 *
 * <p>Between jobs of a priority: start-time fair queueing with several servers, SFQ(D) of Jin, Chase and Kaur (Interposed Proportional
 * Sharing for a Storage Service Utility, SIGMETRICS 2004), all weights equal. Each job has a place in a virtual time, which is the slot time
 * that it had; the one that is furthest behind is next, of several the one whose last turn is longest ago. Who comes, or comes back, begins
 * where the others are: nobody saves up turns. From its begin a call counts with the mean of the job's calls, or with what it took already
 * where that is more.
 *
 * <p>No call is interrupted. Where all slots have calls that last, and none has begun for a while ({@link #PATIENCE}), a job of which nothing
 * runs may make one call beyond the slots, unless a call of a higher priority runs: so an urgent job does not wait for hours.
 *
 * <p>Not for several threads at once; time is a parameter.
 */
final class Turns {
  /** Lower priorities that wait get one part in so many: little enough to call the order strict, enough to see that they move. */
  static final int FLOOR = 10;
  /** Nanoseconds without a begin after which a full worker counts as held up: longer than most calls, and less than people wait for. */
  static final long PATIENCE = 5_000_000_000L;
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
  private long turns;
  private long lastBegin;
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

  /** While it rests it does not count, and what runs of it has no slot; what waits is forgotten. */
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

  /** One more call of it waits for a turn. */
  void waits(Lane lane, long now) {
    if (lane.waiting() == 0 && lane.tag(now) < clocks[lane.level()]) {
      lane.tag(clocks[lane.level()], now);
    }
    lane.waits(now);
    waiting[lane.level()]++;
  }

  /** A turn for the call that may begin now, which takes one from those that wait; null when none may. */
  Turn next(long now) {
    boolean free = slotsTaken() < capacity;
    Lane lane = free ? next(0, now) : now - lastBegin >= PATIENCE ? heldUp() : null;
    return lane == null ? null : begin(lane, !free, now);
  }

  private int slotsTaken() {
    int taken = 0;
    for (Lane lane : lanes) {
      taken += lane.resting() ? 0 : lane.slotsTaken();
    }
    return taken;
  }

  /** The most urgent lane that waits and of which nothing runs, when nothing more urgent runs. */
  private Lane heldUp() {
    int highest = LAST;
    Lane first = null;
    for (Lane lane : lanes) {
      if (lane.runs() && !lane.resting()) {
        highest = Math.min(highest, lane.level());
      } else if (lane.waiting() > 0 && (first == null || lane.level() < first.level())) {
        first = lane;
      }
    }
    return first == null || first.level() > highest ? null : first;
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

  /** A mean after one more value. */
  static long follow(long mean, long value) {
    return Math.max(1, mean + (value - mean) / FORGETS);
  }

  private static boolean isBehind(Lane a, Lane b, long now) {
    long difference = a.tag(now) - b.tag(now);
    return difference < 0 || difference == 0 && a.lastTurn() < b.lastTurn();
  }

  private Turn begin(Lane lane, boolean beyond, long now) {
    int level = lane.level();
    clocks[level] = Math.max(clocks[level], lane.tag(now));
    List<SlotTime> charged = beyond ? List.of(lane.time()) : charged(lane);
    waiting[level]--;
    lane.begins(++turns, beyond, now);
    lastBegin = beyond ? lastBegin : now;
    long expected = expected(lane);
    charged.forEach(time -> time.begin(expected, now));
    return new Turn(lane, now, expected, beyond, charged);
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
    turn.lane().ends(turn.beyond());
    turn.charged().forEach(time -> time.end(turn.expected(), turn.begun(), now));
  }
}
