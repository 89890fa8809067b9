package dev.longshore.worker.execute;

import dev.longshore.worker.execute.Batch.Segment;
import java.util.List;
import java.util.function.Consumer;

/** Keeps what came of calls with the deliveries that their items are of, and has these settled when they must be. */
final class Recorder {
  private final Consumer<Taken> settle;

  /** {@code settle} must not block. */
  Recorder(Consumer<Taken> settle) {
    this.settle = settle;
  }

  void record(Batch batch, Calls.Answer answer) {
    long now = System.nanoTime();
    int offset = 0;
    for (Segment segment : batch.segments()) {
      long share = answer.nanos() * segment.count() / batch.size();
      if (segment.taken().record(segment.from(), answer, offset, segment.count(), share, now)) {
        settle.accept(segment.taken());
      }
      offset += segment.count();
    }
  }

  /** None of these has begun. */
  void handBack(Segment segment) {
    record(new Batch(List.of(segment), segment.count()), Calls.handedBack(segment.count()));
  }

  /** Has what is known of a delivery settled now. */
  void settle(Taken taken) {
    if (taken.due()) {
      settle.accept(taken);
    }
  }
}
