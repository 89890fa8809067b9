package dev.longshore.worker.execute;

import dev.longshore.job.Outcome;
import dev.longshore.worker.execute.Batch.Segment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/**
 * Runs suspects of one delivery alone in this worker, group after group: half of a group, then half of its rest, and so on down to one, never
 * more than a batch at once. What a call brought is settled before the next begins, and with that is suspect no more. A half that kills the
 * worker is the first group next time, so that each crash halves where to look.
 */
final class AloneRun {
  private final Calls calls;
  private final Taken taken;
  private final Consumer<Taken> settle;
  private final Deque<BatchCutter> groups = new ArrayDeque<>();

  /** @param settle has a delivery's outcomes settled */
  AloneRun(Calls calls, Taken taken, List<List<Segment>> suspects, Consumer<Taken> settle) {
    this.calls = calls;
    this.taken = taken;
    this.settle = settle;
    long now = System.nanoTime();
    for (List<Segment> group : suspects) {
      BatchCutter cutter = new BatchCutter();
      group.forEach(segment -> cutter.offer(segment, now));
      groups.add(cutter);
    }
  }

  /** Returns when nothing is left; what could not begin is handed back. */
  void run(int batchSize) {
    Outcome otherwise = calls.alone(() -> {
      boolean settled = true;
      while (settled && more() && !calls.held()) {
        settled = step(batchSize);
      }
    });
    while (more()) {
      Batch left = groups.getFirst().cut(groups.getFirst().items());
      left.record(Calls.Answer.of(left.size(), otherwise), settle);
    }
  }

  private boolean more() {
    while (!groups.isEmpty() && groups.getFirst().isEmpty()) {
      groups.removeFirst();
    }
    return !groups.isEmpty();
  }

  private boolean step(int batchSize) {
    BatchCutter group = groups.getFirst();
    Batch half = group.cut(Math.min(batchSize, Math.ceilDiv(group.items(), 2)));
    half.record(calls.callInside(half), settle);
    if (taken.due()) {
      settle.accept(taken);
    }
    return taken.awaitSettled();
  }
}
