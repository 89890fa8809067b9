package dev.longshore.chaos;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;

/**
 * One seed: what is to be done, and what is to happen meanwhile.
 *
 * @param items how many
 * @param ideal how long the job takes when nothing happens and the machine is quiet
 * @param storm faults come for no longer than this: after it the job must end in peace
 * @param gap between two faults there is at least this time, and up to three times as much
 * @param leastFaults fewer while work was going on is no test
 * @param allowed the faults to choose from
 */
record ChaosPlan(long seed, int items, Duration ideal, Duration storm, Duration gap, int leastFaults, Set<Fault> allowed) {
  static final int WORKERS = 4;
  static final int CONCURRENCY = 8;
  static final int BATCH = 20;
  /** The least time that the undisturbed job of a whole seed takes. */
  static final Duration WHOLE = Duration.ofSeconds(120);
  private static final int WHOLE_ITEMS = 200_000;
  private static final int TROUBLED = 200;
  private static final int DOOMED = 2_000;

  ChaosPlan {
    allowed = Set.copyOf(EnumSet.copyOf(allowed));
  }

  /** Whether it counts among the seeds that are to pass in a row: long, large, and with every fault. */
  boolean whole() {
    return items >= WHOLE_ITEMS && ideal.compareTo(WHOLE) >= 0 && allowed.equals(EnumSet.allOf(Fault.class));
  }

  /** How long the user's server takes for one batch, so that all workers together take {@link #ideal}. */
  Duration callTime() {
    return Duration.ofNanos(Math.round((double) ideal.toNanos() * WORKERS * CONCURRENCY * BATCH / items));
  }

  /** A job that takes longer than this does not end. */
  Duration limit() {
    return storm.plus(ideal).plusMinutes(3);
  }

  /** Whether the first call for this item is refused, with all of its batch. */
  boolean troubled(int id) {
    return Math.floorMod(id + seed, TROUBLED) == 0;
  }

  /** Whether this item fails for good. */
  boolean doomed(int id) {
    return Math.floorMod(id + seed, DOOMED) == 1;
  }

  /** Whether Redis is one that syncs its file once a second, and may lose that second. */
  boolean losesSeconds() {
    return allowed.contains(Fault.STORE_CUT);
  }

  static String item(long id) {
    return "{\"id\":" + id + "}";
  }

  /** What the user's server answers for an item that succeeds. */
  static String result(long id) {
    return "{\"done\":" + id + "}";
  }

  /** Whether what failed is given back in the end, so that all succeeds in a second run. */
  boolean redrives() {
    return seed % 3 == 0;
  }

  /** The dice of this seed for one run of the job. */
  Random dice(int run) {
    return new Random(31 * seed + run);
  }
}
