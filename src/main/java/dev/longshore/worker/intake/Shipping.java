package dev.longshore.worker.intake;

import dev.longshore.queue.Message;
import dev.longshore.source.SourcePosition;
import dev.longshore.store.Ledger.Pace;
import dev.longshore.worker.access.JobAccess;
import dev.longshore.worker.intake.ChunkBuilder.Piece;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Brings intake's blocks of chunks to the work queue: announce, publish, confirm, store the position. */
final class Shipping {
  private final JobAccess access;
  private final Message.Feed feed;
  private final Long canary;
  private final ConfirmWindow window;
  private Duration serviceTime;
  private long finished;

  /** {@code canary} is stored with each position. */
  Shipping(JobAccess access, Message.Feed feed, boolean includeItems, Long canary) {
    this.access = access;
    this.feed = feed;
    this.canary = canary;
    this.window = new ConfirmWindow(access, feed, includeItems);
  }

  /** What the ledger measured last; null when nothing is measured yet. */
  Duration serviceTime() {
    return serviceTime;
  }

  /** How many items are final, as far as the ledger has said. */
  long finished() {
    return finished;
  }

  /** Sends pieces off; {@code position} is the source's, right behind the last of them. */
  void ship(List<Piece> pieces, SourcePosition position) {
    long end = pieces.getLast().end();
    ConfirmWindow.unlessFenced(access.ledger(ledger -> ledger.announce(access.job(), feed.epoch(), end)));
    String place = IntakePlace.of(position, canary).json();
    window.send(pieces, () -> advance(end, place));
  }

  private void advance(long end, String place) {
    Optional<Pace> pace = access.ledger(ledger -> ledger.advance(access.job(), feed.epoch(), end, place));
    ConfirmWindow.unlessFenced(pace.isPresent());
    serviceTime = pace.get().serviceTime();
    finished = pace.get().finished();
  }

  /** Returns when everything is confirmed and its position stored. */
  void finish() {
    window.finish();
  }

  /** Stores positions as far as confirms are there already. */
  void finishWhatIsConfirmed() {
    window.finishWhatIsConfirmed();
  }
}
