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
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/** One worker's turn with a job's intake feed: reads the source from the ledger's position on and ships it in chunks. */
final class IntakeRun implements FeedRun {
  private static final Logger LOG = Logger.getLogger(IntakeRun.class);
  private static final long TURN_NANOS = Duration.ofMinutes(2).toNanos();
  /** A slow source's records wait for their chunk, and its chunks for their block, at most about this long. */
  private static final Duration LINGER = Duration.ofMillis(250);
  private static final long LINGER_NANOS = LINGER.toNanos();
  private static final int MOST_CHUNKS_IN_BLOCK = 16;

  private final JobAccess access;
  private final SourceOpener sources;
  private final JobSpec spec;
  private final int batchSize;
  private final Message.Feed feed;
  private final ParkedSource parked;
  private final BooleanSupplier stop;
  private final long turnEnds = System.nanoTime() + TURN_NANOS;
  private final ReentrantLock life = new ReentrantLock();
  private final Reads reads = new Reads();
  private boolean over;

  /** {@code parked} is where the source waits between turns; {@code stop} turns true when the turn is to end early. */
  IntakeRun(JobAccess access, SourceOpener sources, JobSpec spec, int batchSize, Message.Feed feed, ParkedSource parked,
      BooleanSupplier stop) {
    this.access = access;
    this.sources = sources;
    this.spec = spec;
    this.batchSize = batchSize;
    this.feed = feed;
    this.parked = parked;
    this.stop = stop;
  }

  @Override
  public End run() {
    End end = new Patience(access, this::fenced, stop).run(this::read);
    leave();
    return end;
  }

  private void fenced() {
    LOG.infof("job=%s epoch=%d state=fenced", access.job(), feed.epoch());
  }

  /** From here on the death of this worker says nothing about the source. */
  private void leave() {
    life.lock();
    try {
      over = true;
      access.ledger(ledger -> {
        ledger.leaveIntake(access.job(), feed.epoch(), access.holder());
        return null;
      });
    } finally {
      life.unlock();
    }
  }

  @Override
  public void showLife() {
    if (stop.getAsBoolean()) {
      reads.breakOff();
    }
    if (life.tryLock()) {
      try {
        if (!over) {
          access.ledgerOnce(ledger -> ledger.beginIntake(access.job(), feed.epoch(), access.holder()));
        }
      } finally {
        life.unlock();
      }
    }
  }

  private End read() throws SourceException {
    Optional<IntakeState> begun = access.ledger(ledger -> ledger.beginIntake(access.job(), feed.epoch(), access.holder()));
    if (begun.isEmpty()) {
      return End.OVER;
    }
    IntakeState state = begun.get();
    LOG.infof("job=%s worker=%s epoch=%d item=%d state=intake", access.job(), access.holder(), feed.epoch(), state.index());
    Optional<IntakePlace> place = state.position().map(IntakePlace::parse);
    if (place.isPresent()) {
      Optional<End> closed = new IntakeGate(access, spec, place.get().canary()).atBegin(state.index());
      if (closed.isPresent()) {
        parked.keep();
        return closed.get();
      }
    }
    Optional<OpenSource> before = parked.take(index -> index == state.index());
    OpenSource source = before.isPresent() ? before.get() : open(place);
    End end = null;
    try {
      Long canary = place.isPresent() ? place.get().canary() : IntakeGate.extent(spec.failurePolicy().canary(), source.estimate());
      end = new Reading(source, canary, state.index()).toTheEnd();
    } finally {
      if (end == null || end == End.OVER) {
        source.close();
      } else {
        parked.park(source);
      }
    }
    return end;
  }

  private OpenSource open(Optional<IntakePlace> place) throws SourceException {
    ItemSource source = sources.open(spec, () -> access.ledger(ledger -> ledger.inline(access.job())));
    ItemReader reader = source.open(place.map(IntakePlace::source));
    return new OpenSource(reader, source.estimate().map(OptionalLong::of).orElse(OptionalLong.empty()));
  }

  /** One pass over the source. */
  private final class Reading {
    private final ItemReader reader;
    private final ChunkSizer sizer;
    private final ChunkBuilder builder;
    private final Shipping shipping;
    private final IntakeGate gate;
    private final Screening screening;
    private List<Piece> block = new ArrayList<>();
    private int blockSize = 1;
    private long chunkSince;
    private long blockSince;

    Reading(OpenSource source, Long canary, long index) throws SourceException {
      this.screening = Screening.open(access, spec);
      long slots = (long) spec.maxReplicas() * spec.concurrency();
      this.reader = source.reader();
      this.sizer = new ChunkSizer(batchSize, spec.batching().chunkItems(), source.estimate(), slots);
      this.builder = new ChunkBuilder(index, sizer.next(), spec.batching().chunkBytes());
      this.shipping = new Shipping(access, feed, spec.results().includeItems(), canary);
      this.gate = new IntakeGate(access, spec, canary);
    }

    /** Ends between two records unless intake is over, and then with all of them on their way and in the ledger. */
    End toTheEnd() throws SourceException {
      while (true) {
        if (gate.closedAt(builder.next())) {
          shipAndFinish();
          Optional<End> closed = gate.await(builder.next(), stop);
          if (closed.isPresent()) {
            return closed.get();
          }
        }
        SourceRecord record = next();
        switch (record) {
          case null -> {
            return complete();
          }
          case SourceRecord.Value value -> add(value.json());
          case SourceRecord.Malformed malformed when spec.onMalformed() == OnMalformed.SKIP -> builder.addMalformed(malformed);
          case SourceRecord.Malformed malformed -> {
            return Patience.fail(access, SourceException.Reason.INVALID.word(), malformed.place() + ": " + malformed.reason());
          }
        }
        long now = System.nanoTime();
        cutAndShip(now);
        if (stop.getAsBoolean() || now - turnEnds > 0) {
          shipAndFinish();
          return End.HAND_ON;
        }
      }
    }

    private End complete() {
      shipAndFinish();
      if (access.ledger(ledger -> ledger.completeIntake(access.job(), feed.epoch(), builder.next()))) {
        LOG.infof("job=%s items=%d state=intake-complete", access.job(), builder.next());
      }
      return End.OVER;
    }

    private SourceRecord next() throws SourceException {
      try {
        if (nothingGathered() || reader.ready()) {
          return reads.next(reader);
        }
        SourcePosition here = reader.position();
        return Linger.during(() -> reads.next(reader), LINGER, () -> shipAndFinish(here));
      } catch (SourceException e) {
        if (e.reason() == SourceException.Reason.UNAVAILABLE) {
          // what was read before the source went away is good
          shipAndFinish();
        }
        throw e;
      }
    }

    private boolean nothingGathered() {
      return builder.isEmpty() && block.isEmpty();
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
        ship(reader.position());
      }
    }

    private void cut() {
      block.add(builder.cut(sizer.next()));
      chunkSince = 0;
    }

    private void shipAndFinish() {
      shipAndFinish(reader.position());
    }

    /** {@code here} is right behind the last record that was gathered. */
    private void shipAndFinish(SourcePosition here) {
      if (!builder.isEmpty()) {
        cut();
      }
      if (!block.isEmpty()) {
        ship(here);
      }
      shipping.finish();
    }

    private void ship(SourcePosition here) {
      shipping.ship(screening.screen(block), here);
      shipping.finishWhatIsConfirmed();
      sizer.measured(shipping.serviceTime());
      gate.finished(shipping.finished());
      block = new ArrayList<>(MOST_CHUNKS_IN_BLOCK);
      blockSize = Math.min(MOST_CHUNKS_IN_BLOCK, blockSize * 2);
      blockSince = 0;
    }
  }
}
