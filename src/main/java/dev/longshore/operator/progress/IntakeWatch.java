package dev.longshore.operator.progress;

import java.time.Duration;

/** Tells a feed that is lost from one that is slow: no sign of life for long, and three reads in a row that find none waiting. */
final class IntakeWatch {
  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final int EMPTY_READS = 3;

  private int emptyReads;
  private boolean silent;

  synchronized void seen(Observation observation) {
    if (observation.reading() == null || observation.reading().intake().complete()) {
      reset();
      return;
    }
    silent = observation.reading().intake().idle().compareTo(PATIENCE) > 0;
    if (observation.control() != null) {
      emptyReads = observation.control().ready() == 0 ? emptyReads + 1 : 0;
    }
  }

  synchronized boolean dead() {
    return silent && emptyReads >= EMPTY_READS;
  }

  synchronized void reset() {
    emptyReads = 0;
    silent = false;
  }
}
