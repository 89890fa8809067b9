package dev.longshore.worker.execute;

import dev.longshore.job.JobSpec.Priority;

/** One job among those that share a worker's slots: what it may have, what it waits for, what it had. Changed by its {@link Turns} only. */
final class Lane {
  /** Nanoseconds over which it is measured how many slots a job gets: many calls, and soon after a change. */
  private static final long WINDOW = 2_000_000_000;

  private final SlotTime time = new SlotTime();
  private Priority priority;
  private int concurrency;
  private boolean resting;
  private int waiting;
  private int slotsTaken;
  private int beyond;
  private long waitingSince;
  private long lastTurn;
  private long mean;
  private long ahead;
  private long backlogged;
  private long backloggedSince;
  private double slots;
  private long windowBegan;
  private long usedBefore;
  private long backloggedBefore;

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

  /** Whether it has no work and will get none for now: neither its concurrency nor what still runs of it counts. */
  boolean resting() {
    return resting;
  }

  /** Calls that wait for their turn. */
  int waiting() {
    return waiting;
  }

  /** Slots that its calls have. */
  int slotsTaken() {
    return slotsTaken;
  }

  /** Whether a call of it runs. */
  boolean runs() {
    return slotsTaken + beyond > 0;
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

  /** Its place in the virtual time of its priority: the slot time that it had, and what it was put ahead because it asked for none. */
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
    if (waiting++ == 0) {
      waitingSince = now;
      backloggedSince = now;
    }
  }

  void waitsNoMore() {
    waiting = 0;
  }

  /** For how long it has been waiting without a turn; 0 when it does not wait. */
  long waited(long now) {
    return waiting == 0 ? 0 : now - waitingSince;
  }

  /** One of its waiting calls has its turn. */
  void begins(long number, boolean beyondSlots, long now) {
    slotsTaken += beyondSlots ? 0 : 1;
    beyond += beyondSlots ? 1 : 0;
    if (--waiting == 0) {
      backlogged += now - backloggedSince;
    }
    waitingSince = now;
    lastTurn = number;
  }

  void ends(boolean beyondSlots) {
    slotsTaken -= beyondSlots ? 0 : 1;
    beyond -= beyondSlots ? 1 : 0;
  }

  /** A call took so long. */
  void took(long nanos) {
    mean = mean == 0 ? Math.max(1, nanos) : Turns.follow(mean, nanos);
  }

  /** Calls at once that it gets: its concurrency, or what it had lately when it had calls waiting for most of that time. */
  double slots(long now) {
    long window = now - windowBegan;
    if (window >= WINDOW) {
      long used = time.used(now);
      long waited = backlogged + (waiting > 0 ? now - backloggedSince : 0);
      slots = 2 * (waited - backloggedBefore) > window ? (double) (used - usedBefore) / window : concurrency;
      usedBefore = used;
      backloggedBefore = waited;
      windowBegan = now;
    }
    return Math.min(slots, concurrency);
  }
}
