package dev.longshore.worker.execute;

import dev.longshore.job.Outcome;
import dev.longshore.worker.execute.Batch.Segment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Runs suspects of one delivery alone in this worker: half of them, then half of the rest, and so on down to one, never more than a batch
 * at once. What a call brought is settled before the next begins, and with that is suspect no more.
 *
 * <p>Which half goes first is drawn anew each time: the ledger keeps suspecting those that had not had their turn when a half killed the
 * worker, so that always beginning with the same half would kill one worker after the other with it.
 */
final class AloneRun {
  private final Calls calls;
  private final Taken taken;
  private final Consumer<Taken> settle;
  /** Positions in the delivery, shuffled. */
  private List<Integer> rest;

  /** @param settle has a delivery's outcomes settled */
  AloneRun(Calls calls, Taken taken, List<Segment> suspects, Consumer<Taken> settle) {
    this.calls = calls;
    this.taken = taken;
    this.settle = settle;
    this.rest = new ArrayList<>(suspects.stream().flatMapToInt(s -> IntStream.range(s.from(), s.from() + s.count())).boxed().toList());
    Collections.shuffle(rest);
  }

  /** Returns when nothing is left; what could not begin is handed back. */
  void run(int batchSize) {
    Outcome otherwise = calls.alone(() -> {
      boolean settled = true;
      while (settled && !rest.isEmpty() && !calls.held()) {
        settled = step(batchSize);
      }
    });
    if (!rest.isEmpty()) {
      Batch left = cut(rest.size());
      left.record(Calls.Answer.of(left.size(), otherwise), settle);
    }
  }

  private boolean step(int batchSize) {
    Batch half = cut(Math.min(batchSize, Math.ceilDiv(rest.size(), 2)));
    half.record(calls.callInside(half), settle);
    if (taken.due()) {
      settle.accept(taken);
    }
    return taken.awaitSettled();
  }

  private Batch cut(int size) {
    List<Segment> segments = new ArrayList<>();
    int from = -1;
    int count = 0;
    for (int position : rest.subList(0, size).stream().sorted().toList()) {
      if (from >= 0 && position == from + count) {
        count++;
        continue;
      }
      if (from >= 0) {
        segments.add(new Segment(taken, from, count));
      }
      from = position;
      count = 1;
    }
    segments.add(new Segment(taken, from, count));
    rest = rest.subList(size, rest.size());
    return new Batch(segments, size);
  }
}
