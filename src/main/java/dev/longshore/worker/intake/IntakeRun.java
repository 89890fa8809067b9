package dev.longshore.worker.intake;

import dev.longshore.job.JobSpec;
import dev.longshore.job.JobSpec.OnMalformed;
import dev.longshore.queue.Message;
import dev.longshore.source.ItemReader;
import dev.longshore.source.ItemSource;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourcePosition;
import dev.longshore.source.SourceRecord;
import dev.longshore.store.Ledger.IntakeState;
import dev.longshore.worker.access.JobAccess;
import dev.longshore.worker.intake.ChunkBuilder.Piece;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/** One worker's turn with a job's intake feed: reads the source from the ledger's position on and ships it in chunks. */
final class IntakeRun {
  private static final Logger LOG = Logger.getLogger(IntakeRun.class);
  private static final long TURN_NANOS = Duration.ofMinutes(2).toNanos();
  /** A slow source's records wait for their chunk, and its chunks for their block, at most about this long. */
  private static final long LINGER_NANOS = Duration.ofMillis(250).toNanos();
  private static final int MOST_CHUNKS_IN_BLOCK = 16;
  private static final int TRIES = 6;

  private final JobAccess access;
  private final SourceOpener sources;
  private final JobSpec spec;
  private final int batchSize;
  private final Message.Feed feed;
  private final BooleanSupplier stop;
  private final Shipping shipping;
  private final long turnEnds = System.nanoTime() + TURN_NANOS;

  /** How a turn ended. */
  enum End {
    /** Nothing is left to do with this feed: intake is complete, failed, or somebody else's. */
    OVER,
    /** The turn is up, or the worker drains: the feed is to be published again. */
    HAND_ON,
    /** The source or the broker is away: the feed is to come again later. */
    LATER
  }

  /** {@code stop} turns true when the turn is to end early. */
  IntakeRun(JobAccess access, SourceOpener sources, JobSpec spec, int batchSize, Message.Feed feed, BooleanSupplier stop) {
    this.access = access;
    this.sources = sources;
    this.spec = spec;
    this.batchSize = batchSize;
    this.feed = feed;
    this.stop = stop;
    this.shipping = new Shipping(access, feed, spec.results().includeItems());
  }

  End run() {
    try {
      for (int tries = 0; tries < TRIES; tries++) {
        Optional<IntakeState> state = access.ledger(ledger -> ledger.beginIntake(access.job(), feed.epoch(), access.holder()));
        if (state.isEmpty()) {
          return End.OVER;
        }
        try {
          return readFrom(state.get());
        } catch (SourceException e) {
          if (e.reason() != SourceException.Reason.UNAVAILABLE) {
            return fail(e.reason().word(), e.getMessage());
          }
          LOG.warnf("job=%s state=waiting reason=\"%s\" heals=\"the source is tried again by itself\"", access.job(), e.getMessage());
          shipping.finish();
          if (stop.getAsBoolean()) {
            return End.HAND_ON;
          }
          access.outage().await(Duration.ofMillis(250L << tries));
        }
      }
      return End.LATER;
    } catch (Shipping.Fenced fenced) {
      LOG.infof("job=%s epoch=%d state=fenced", access.job(), feed.epoch());
      return End.OVER;
    } catch (Shipping.NotTaken notTaken) {
      return End.LATER;
    }
  }

  private End readFrom(IntakeState state) throws SourceException {
    ItemSource source = sources.open(spec, () -> access.ledger(ledger -> ledger.inline(access.job())));
    Optional<SourcePosition> from = state.position().map(Shipping::position);
    try (ItemReader reader = source.open(from)) {
      OptionalLong estimate = source.estimate().map(OptionalLong::of).orElse(OptionalLong.empty());
      long slots = (long) spec.maxReplicas() * spec.concurrency();
      ChunkSizer sizer = new ChunkSizer(batchSize, spec.batching().chunkItems(), estimate, slots);
      return new Reading(reader, sizer, state.index()).toTheEnd();
    }
  }

  private End fail(String reason, String message) {
    LOG.warnf("job=%s state=failed reason=%s message=\"%s\"", access.job(), reason, message);
    access.fail(reason, message);
    return End.OVER;
  }

  /** One pass over the source. */
  private final class Reading {
    private final ItemReader reader;
    private final ChunkSizer sizer;
    private final ChunkBuilder builder;
    private List<Piece> block = new ArrayList<>();
    private int blockSize = 1;
    private long chunkSince;
    private long blockSince;

    Reading(ItemReader reader, ChunkSizer sizer, long index) {
      this.reader = reader;
      this.sizer = sizer;
      this.builder = new ChunkBuilder(index, sizer.next(), spec.batching().chunkBytes());
    }

    End toTheEnd() throws SourceException {
      for (SourceRecord record = next(); record != null; record = next()) {
        switch (record) {
          case SourceRecord.Value value -> add(value.json());
          case SourceRecord.Malformed malformed when spec.onMalformed() == OnMalformed.SKIP -> builder.addMalformed(malformed);
          case SourceRecord.Malformed malformed -> {
            return fail(SourceException.Reason.INVALID.word(), malformed.place() + ": " + malformed.reason());
          }
        }
        long now = System.nanoTime();
        cutAndShip(now);
        if (stop.getAsBoolean() || now - turnEnds > 0) {
          shipAll();
          shipping.finish();
          return End.HAND_ON;
        }
      }
      shipAll();
      shipping.finish();
      if (access.ledger(ledger -> ledger.completeIntake(access.job(), feed.epoch(), builder.next()))) {
        LOG.infof("job=%s items=%d state=intake-complete", access.job(), builder.next());
      }
      return End.OVER;
    }

    private SourceRecord next() throws SourceException {
      try {
        return reader.next();
      } catch (SourceException e) {
        if (e.reason() == SourceException.Reason.UNAVAILABLE) {
          // what was read before the source went away is good
          shipAll();
        }
        throw e;
      }
    }

    private void add(byte[] json) {
      boolean overflow = builder.overflows(json);
      if (overflow) {
        cut();
      }
      builder.add(json);
      if (overflow && block.size() >= blockSize) {
        // a block ends where the reader stands, so its last record is a chunk of its own
        cut();
      }
    }

    private void cutAndShip(long now) {
      if (chunkSince == 0) {
        chunkSince = now;
        blockSince = blockSince == 0 ? now : blockSince;
      }
      if (!builder.isEmpty() && (builder.full() || now - chunkSince > LINGER_NANOS)) {
        cut();
      }
      if (builder.isEmpty() && !block.isEmpty() && (block.size() >= blockSize || now - blockSince > LINGER_NANOS)) {
        ship();
      }
    }

    private void cut() {
      block.add(builder.cut(sizer.next()));
      chunkSince = 0;
    }

    private void shipAll() {
      if (!builder.isEmpty()) {
        cut();
      }
      if (!block.isEmpty()) {
        ship();
      }
    }

    private void ship() {
      shipping.ship(block, reader.position());
      shipping.finishWhatIsConfirmed();
      sizer.measured(shipping.serviceTime());
      block = new ArrayList<>(MOST_CHUNKS_IN_BLOCK);
      blockSize = Math.min(MOST_CHUNKS_IN_BLOCK, blockSize * 2);
      blockSince = 0;
    }
  }
}
