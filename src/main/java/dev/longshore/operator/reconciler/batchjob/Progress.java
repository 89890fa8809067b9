package dev.longshore.operator.reconciler.batchjob;

import java.time.Duration;

/** What a step came to. */
sealed interface Progress {
  Progress NEXT = new Next();

  /** The next step may follow. */
  record Next() implements Progress {}

  /**
   * Something outside is missing; it is looked for again after {@code again}.
   *
   * @param stale whether the numbers of the status may be old meanwhile
   */
  record Wait(String reason, String message, boolean stale, Duration again) implements Progress {}

  /** The pass is done; another is due after {@code after}, where that is not zero. */
  record Done(Duration after) implements Progress {}

  /** The run cannot go on. */
  record Fail(String reason, String message) implements Progress {}
}
