package dev.longshore.worker.intake;

import java.util.Optional;
import java.util.function.LongPredicate;

/**
 * The source between two turns of a feed in this worker: a feed that waits for its backlog comes again every moment, and not every source can
 * be opened in its middle without reading all before it.
 */
final class ParkedSource implements AutoCloseable {
  /** Longer than any feed is on its way that waits for its next turn; after that it is another worker's. */
  private static final long KEEP_NANOS = 30_000_000_000L;

  private OpenSource source;
  private long since;
  private boolean closed;

  /** Gives the source away if the next record's index is as the caller needs it; else closes it, because it is of no use any more. */
  synchronized Optional<OpenSource> take(LongPredicate fits) {
    OpenSource parked = source;
    source = null;
    if (parked != null && !fits.test(parked.index())) {
      parked.close();
      parked = null;
    }
    return Optional.ofNullable(parked);
  }

  /** Keeps a source, which must stand between two records, in place of the one before. */
  synchronized void park(OpenSource open) {
    drop();
    if (closed) {
      open.close();
    } else {
      source = open;
      since = System.nanoTime();
    }
  }

  /** The feed came by and waits on: what is parked stays. */
  synchronized void keep() {
    since = System.nanoTime();
  }

  /** Closes what nobody came for. */
  synchronized void closeOld() {
    if (source != null && System.nanoTime() - since > KEEP_NANOS) {
      drop();
    }
  }

  private void drop() {
    if (source != null) {
      source.close();
      source = null;
    }
  }

  /** Closes what is parked, and all that is parked from now on. */
  @Override
  public synchronized void close() {
    closed = true;
    drop();
  }
}
