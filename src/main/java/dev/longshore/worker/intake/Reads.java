package dev.longshore.worker.intake;

import dev.longshore.source.ItemReader;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourceRecord;
import java.time.Duration;

/** A turn's reads of its source. One that brings nothing for a while can be broken off, so that a silent source does not hold a worker up. */
final class Reads {
  private static final long LONG_NANOS = Duration.ofSeconds(1).toNanos();

  private Thread reading;
  private long since;
  private boolean broken;

  /** The next record. Throws, as a source does that is unavailable, when the read is broken off. */
  SourceRecord next(ItemReader reader) throws SourceException {
    begin();
    try {
      return reader.next();
    } finally {
      end();
    }
  }

  private synchronized void begin() {
    reading = Thread.currentThread();
    since = System.nanoTime();
  }

  /** What was meant for the read must not meet what comes after it. */
  private synchronized void end() {
    reading = null;
    if (broken) {
      broken = false;
      Thread.interrupted();
    }
  }

  /** Interrupts a read that has waited for a second; from any thread. */
  synchronized void breakOff() {
    if (reading != null && System.nanoTime() - since > LONG_NANOS) {
      broken = true;
      reading.interrupt();
    }
  }
}
