package dev.longshore.operator.autoscaler;

import dev.longshore.store.Heartbeat;
import dev.longshore.store.Pools;
import java.time.Duration;

/**
 * One worker as the autoscaler sees it.
 *
 * @param name its pod's name
 * @param stage what became of its process
 * @param seen its last heartbeat; null before the first
 * @param obstacle why it does not start (no node fits, no image, …); empty when nothing is in its way
 * @param outdated whether its pod was made from another template than the pool now has
 * @param hindrance what kind of obstacle that is
 */
public record Worker(String name, Stage stage, Pools.Seen seen, String obstacle, boolean outdated, Hindrance hindrance) {
  /** What keeps a worker from starting. */
  public enum Hindrance {
    NONE,
    /** Its image cannot be had. */
    IMAGE,
    /** Its container cannot be made or started, for a missing Secret for example. */
    CONTAINER,
    /** No node fits. */
    UNSCHEDULABLE,
    /** Something else that it says of itself. */
    OTHER,
    /** Somebody holds it back on purpose by a scheduling gate, as Kueue does until there is quota. */
    GATED
  }

  /** A worker whose obstacle, if it has one, is of no kind that matters. */
  public Worker(String name, Stage stage, Pools.Seen seen, String obstacle, boolean outdated) {
    this(name, stage, seen, obstacle, outdated, obstacle.isEmpty() ? Hindrance.NONE : Hindrance.OTHER);
  }

  /** What became of a worker's process. */
  public enum Stage {
    /** Made, but its process has not started. */
    PENDING,
    RUNNING,
    /** Told to end by Kubernetes; its process may still run. */
    TERMINATING,
    /** Its process has ended as it should. */
    ENDED,
    /** Its process has ended as it should not. */
    CRASHED
  }

  public boolean gone() {
    return stage == Stage.ENDED || stage == Stage.CRASHED;
  }

  public boolean ready() {
    return stage == Stage.RUNNING && fresh() && seen.heartbeat().state() == Heartbeat.State.READY;
  }

  public boolean busy() {
    return ready() && (seen.heartbeat().chunks() > 0 || seen.heartbeat().busyPercent() > 0);
  }

  /** How long it would take for what it has in hand; null where it has not said. */
  Duration remaining() {
    return seen == null ? null : seen.heartbeat().remaining();
  }

  /** Whether it takes no new work, told so or by itself. */
  public boolean leaving() {
    return stage == Stage.TERMINATING || seen != null && seen.heartbeat().state() == Heartbeat.State.DRAINING || drained();
  }

  public boolean drained() {
    return seen != null && seen.heartbeat().state() == Heartbeat.State.DRAINED;
  }

  private boolean fresh() {
    return seen != null && seen.fresh();
  }
}
