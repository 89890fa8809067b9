package dev.longshore.worker.consume;

/** What a job's consumer does. */
enum Mode {
  /** Takes chunks and works on them. */
  WORKING,
  /** Starts nothing new, gives back what comes, finishes what runs; may work again. */
  PAUSED,
  /** As paused, for good. */
  DRAINING,
  /** The job's run is over: what comes is dropped, what runs is interrupted. */
  ENDING;

  boolean leaves() {
    return this == DRAINING || this == ENDING;
  }
}
