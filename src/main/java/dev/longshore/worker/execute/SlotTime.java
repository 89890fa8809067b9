package dev.longshore.worker.execute;

/**
 * For how long slots were in use: by calls that are over, and by those that run. Of these it is expected how long they take, so that who
 * began ten long calls at once counts as having had that time already. Not for several threads at once.
 */
final class SlotTime {
  private long over;
  private int running;
  private long begins;
  private long expected;

  void begin(long expectedNanos, long now) {
    running++;
    begins += now;
    expected += expectedNanos;
  }

  /** Follows a {@link #begin} with the same {@code begun} and {@code expectedNanos}. */
  void end(long expectedNanos, long begun, long now) {
    running--;
    begins -= begun;
    expected -= expectedNanos;
    over += now - begun;
  }

  /** Nanoseconds so far. */
  long used(long now) {
    return over + elapsed(now);
  }

  /** Nanoseconds in which the calls that run count with what is expected of them, or with what they took where that is more. */
  long counted(long now) {
    return over + Math.max(expected, elapsed(now));
  }

  private long elapsed(long now) {
    return running * now - begins;
  }
}
