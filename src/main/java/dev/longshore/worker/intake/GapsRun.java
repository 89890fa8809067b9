package dev.longshore.worker.intake;

import dev.longshore.job.IndexSet;
import dev.longshore.job.JobSpec;
import dev.longshore.job.JobSpec.OnMalformed;
import dev.longshore.job.Limits;
import dev.longshore.queue.Message;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourceRecord;
import dev.longshore.store.JobReading;
import dev.longshore.store.Settlement.Failed;
import dev.longshore.worker.access.JobAccess;
import dev.longshore.worker.intake.ChunkBuilder.Piece;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/**
 * One worker's turn with a job's gaps feed: brings what the ledger has marked to the work queue, in chunks of neighbours, and takes the marks
 * away behind the confirms. A crash leaves marks, and they are fed again.
 */
final class GapsRun implements FeedRun {
  private static final Logger LOG = Logger.getLogger(GapsRun.class);
  private static final long TURN_NANOS = Duration.ofMinutes(2).toNanos();
  private static final int RANGES_AT_ONCE = 1_000;
  /** Copies that are asked for at first; later so many as have about {@link #COPIES_BYTES} together. */
  private static final int COPIES_AT_FIRST = 16;
  private static final int COPIES_BYTES = 1 << 20;

  private final JobAccess access;
  private final JobSpec spec;
  private final int batchSize;
  private final Message.Feed feed;
  private final BooleanSupplier stop;
  private final SourceAgain source;
  private final long turnEnds = System.nanoTime() + TURN_NANOS;

  /** {@code parked} is where the source waits between turns; {@code stop} turns true when the turn is to end early. */
  GapsRun(JobAccess access, SourceOpener sources, JobSpec spec, int batchSize, Message.Feed feed, ParkedSource parked, BooleanSupplier stop) {
    this.access = access;
    this.spec = spec;
    this.batchSize = batchSize;
    this.feed = feed;
    this.stop = stop;
    this.source = new SourceAgain(access, sources, spec, parked, this::turnIsUp);
  }

  private boolean turnIsUp() {
    return stop.getAsBoolean() || System.nanoTime() - turnEnds > 0;
  }

  @Override
  public End run() {
    return new Patience(access, () -> LOG.infof("job=%s epoch=%d state=fenced", access.job(), feed.epoch()), stop).run(() -> {
      boolean ended = false;
      try {
        End end = new Pass().toTheEnd();
        ended = true;
        source.leave(end);
        return end;
      } finally {
        if (!ended) {
          source.close();
        }
      }
    });
  }

  @Override
  public void showLife() {
    if (stop.getAsBoolean()) {
      source.breakOff();
    }
    access.ledgerOnce(ledger -> ledger.gaps(access.job(), feed.epoch(), 0, 1));
  }

  /** The marked indexes from {@code from} on, some of them. */
  private IndexSet marked(long from) {
    return access.ledger(ledger -> ledger.gaps(access.job(), feed.epoch(), from, RANGES_AT_ONCE)).orElseThrow(ConfirmWindow.Fenced::new);
  }

  /** One pass over the marks, from the lowest on. */
  private final class Pass {
    private final ConfirmWindow window = new ConfirmWindow(access, feed, spec.results().includeItems());
    private final ChunkSizer sizer;
    private final ChunkBuilder builder;
    private final Screening screening;
    private int copiesAtOnce = COPIES_AT_FIRST;
    private long fed;

    Pass() throws SourceException {
      this.screening = Screening.open(access, spec);
      JobReading reading = access.reading();
      long slots = (long) spec.maxReplicas() * spec.concurrency();
      this.sizer = new ChunkSizer(batchSize, spec.batching().chunkItems(), OptionalLong.of(reading.gaps().items()), slots);
      sizer.measured(reading.serviceTime());
      this.builder = new ChunkBuilder(0, sizer.next(), spec.batching().chunkBytes());
    }

    End toTheEnd() throws SourceException {
      for (IndexSet marked = marked(0); !marked.isEmpty(); marked = marked(marked.last() + 1)) {
        End end = feed(new Stretches(marked));
        if (end != End.OVER) {
          return end;
        }
      }
      sendAll();
      LOG.infof("job=%s items=%d state=fed-again", access.job(), fed);
      return End.OVER;
    }

    /** Feeds all of it, unless the turn is up. */
    private End feed(Stretches stretches) throws SourceException {
      for (IndexSet some = stretches.next(copiesAtOnce); !some.isEmpty(); some = stretches.next(copiesAtOnce)) {
        IndexSet asked = some;
        Map<Long, byte[]> copies = access.ledger(ledger -> ledger.copies(access.job(), asked));
        adapt(copies);
        for (IndexSet.Range range : some.ranges()) {
          for (long index = range.first(); index <= range.last(); index++) {
            byte[] copy = copies.get(index);
            if (turnIsUp() || copy == null && !source.reach(index)) {
              sendAll();
              return End.HAND_ON;
            }
            SourceRecord record = copy != null ? new SourceRecord.Value(copy) : source.next();
            if (record instanceof SourceRecord.Malformed malformed && spec.onMalformed() == OnMalformed.FAIL) {
              return Patience.fail(access, SourceException.Reason.INVALID.word(), malformed.place() + ": " + malformed.reason());
            }
            add(index, record);
          }
        }
      }
      return End.OVER;
    }

    /** Items may be large: what is asked for at once fits into memory by the sizes seen. */
    private void adapt(Map<Long, byte[]> copies) {
      long bytes = copies.values().stream().mapToLong(copy -> copy.length).sum();
      long fit = copies.isEmpty() ? Limits.CHUNK_ITEMS : COPIES_BYTES * (long) copies.size() / Math.max(1, bytes);
      copiesAtOnce = (int) Math.clamp(fit, 1, Math.min(Limits.CHUNK_ITEMS, 4L * copiesAtOnce));
    }

    private void add(long index, SourceRecord record) {
      if (!builder.reaches(index) || record instanceof SourceRecord.Value value && builder.overflows(value.json())) {
        send();
      }
      builder.jumpTo(index);
      switch (record) {
        case SourceRecord.Value value -> builder.add(value.json());
        case SourceRecord.Malformed malformed -> builder.addMalformed(malformed);
      }
      if (builder.full()) {
        send();
      }
    }

    private void send() {
      Piece piece = screening.screen(builder.cut(sizer.next()));
      IndexSet skipped = IndexSet.of(piece.skipped().stream().mapToLong(Failed::index).toArray());
      IndexSet indexes = piece.chunk() == null ? skipped : piece.chunk().indexes().plus(skipped);
      window.send(List.of(piece), () -> {
        ConfirmWindow.unlessFenced(access.ledger(ledger -> ledger.fed(access.job(), feed.epoch(), indexes)));
        fed += indexes.size();
      });
      window.finishWhatIsConfirmed();
    }

    private void sendAll() {
      if (!builder.isEmpty()) {
        send();
      }
      window.finish();
    }
  }
}
