package dev.longshore.worker.execute;

import dev.longshore.job.JobSpec.Priority;

/** One job among those that share a worker's slots: what it may have, what it waits for, and what it had. Belongs to one {@link Turns}. */
final class Lane {
  /** How long is looked at how many slots a job gets. */
  private static final long WINDOW = 2_000_000_000;

  private final SlotTime time = new SlotTime();
  private Priority priority;
  private int concurrency;
  private boolean resting;
  private int waiting;
  private long waitingSince;
  private long lastTurn;
  private long mean;
  private long ahead;
  private double slots;
  private long windowBegan;
  private long usedBefore;
  private boolean waited;

  Lane(Priority priority, int concurrency, long now) {
    this.priority = priority;
    this.concurrency = concurrency;
    this.slots = concurrency;
    this.windowBegan = now;
  }

  Priority priority() {
    return priority;
  }

  int level() {
    return priority.ordinal();
  }

  int concurrency() {
    return concurrency;
  }

  /** Whether it has no work and will get none for now: its concurrency does not count. */
  boolean resting() {
    return resting;
  }

  /** Calls that wait for their turn. */
  int waiting() {
    return waiting;
  }

  /** The number of its last turn among all of the worker. */
  long lastTurn() {
    return lastTurn;
  }

  SlotTime time() {
    return time;
  }

  /** How long its calls take, in nanoseconds; 0 before the first is over. */
  long mean() {
    return mean;
  }

  /** Its place in the virtual time of its priority: the slot time that it had, the time that it did not ask for any taken as had, too. */
  long tag(long now) {
    return ahead + time.counted(now);
  }

  /** Sets its place. */
  void tag(long place, long now) {
    ahead += place - tag(now);
  }

  void change(Priority newPriority, int newConcurrency) {
    priority = newPriority;
    concurrency = newConcurrency;
  }

  void rest(boolean now) {
    resting = now;
  }

  /** One more call waits. */
  void waits(long now) {
    waitingSince = waiting == 0 ? now : waitingSince;
    waiting++;
  }

  void waitsNoMore() {
    waiting = 0;
  }

  /** Whether it has been waiting since then or longer, and has had no turn meanwhile. */
  boolean waitsSince(long then) {
    return waiting > 0 && waitingSince - then <= 0;
  }

  /** It could not have a slot at once. */
  void heldUp() {
    waited = true;
  }

  void turn(long number, long now) {
    waiting--;
    waitingSince = now;
    lastTurn = number;
  }

  /** A call took so long. */
  void took(long nanos) {
    mean = mean == 0 ? Math.max(1, nanos) : Turns.follow(mean, nanos);
  }

  /** Calls at once that it gets: its concurrency, or what it had lately while it had to wait for its turns. */
  double slots(long now) {
    if (now - windowBegan >= WINDOW) {
      long used = time.used(now);
      slots = waited ? Math.min(concurrency, (double) (used - usedBefore) / (now - windowBegan)) : concurrency;
      usedBefore = used;
      windowBegan = now;
      waited = waiting > 0;
    }
    return Math.min(slots, concurrency);
  }
}
