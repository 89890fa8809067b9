package dev.longshore.worker.intake;

import dev.longshore.job.JobSpec;
import dev.longshore.source.ItemSource;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourcePosition;
import dev.longshore.source.SourceRecord;
import dev.longshore.worker.access.JobAccess;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;

/**
 * The source read another time, for single records of it: opened at its start when the first one is asked for, and passed through once. It
 * must be what intake has read, or it is {@code SourceChanged}.
 */
final class SourceAgain {
  private final JobAccess access;
  private final SourceOpener sources;
  private final JobSpec spec;
  private final ParkedSource parked;
  private final BooleanSupplier stop;
  private final Reads reads = new Reads();
  private OpenSource source;
  private long next;

  /** {@code stop} turns true when a long way through the source is to be broken off. */
  SourceAgain(JobAccess access, SourceOpener sources, JobSpec spec, ParkedSource parked, BooleanSupplier stop) {
    this.access = access;
    this.sources = sources;
    this.spec = spec;
    this.parked = parked;
    this.stop = stop;
  }

  /** Goes to a record, none before which will be asked for any more. False when that was broken off. */
  boolean reach(long index) throws SourceException {
    if (source == null) {
      Optional<OpenSource> before = parked.take(place -> place <= index);
      source = before.isPresent() ? before.get() : open();
      next = source.index();
    }
    while (next < index) {
      if (stop.getAsBoolean()) {
        return false;
      }
      next();
    }
    return true;
  }

  /** The record that was gone to; the one behind it is next. */
  SourceRecord next() throws SourceException {
    SourceRecord record = reads.next(source.reader());
    if (record == null) {
      throw new SourceException(SourceException.Reason.CHANGED, "spec.source: the source changed since it was first read: it has " + next
          + " records now, and item " + next + " was among them");
    }
    next++;
    return record;
  }

  /** Ends a read that takes long; from any thread. */
  void breakOff() {
    reads.breakOff();
  }

  private OpenSource open() throws SourceException {
    ItemSource opened = sources.open(spec, () -> access.ledger(ledger -> ledger.inline(access.job())));
    Optional<SourcePosition> read = access.ledger(ledger -> ledger.position(access.job())).map(IntakePlace::parse).map(IntakePlace::source);
    if (read.isPresent()) {
      // going on there makes the source compare all that it can, up to the bytes themselves where it has nothing better
      opened.open(read).close();
    }
    return new OpenSource(opened.open(read.map(position -> SourcePosition.start(position.pin()))), OptionalLong.empty());
  }

  /** The turn has ended: the next one goes on here when it comes to this worker. */
  void leave(End end) {
    if (source != null && end == End.HAND_ON) {
      parked.park(source);
      source = null;
    }
    close();
  }

  void close() {
    if (source != null) {
      source.close();
      source = null;
    }
  }
}
