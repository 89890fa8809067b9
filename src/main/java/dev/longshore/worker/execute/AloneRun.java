package dev.longshore.worker.execute;

import dev.longshore.job.Outcome;
import dev.longshore.worker.execute.Batch.Segment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Runs suspects of one delivery alone in this worker: half of them, then half of the rest, and so on down to one, never more than a batch
 * at once. What a call brought is settled before the next begins. A crash leaves only those suspect that were inside.
 */
final class AloneRun {
  private final Calls calls;
  private final Taken taken;
  private final Recorder recorder;
  private List<Segment> rest;

  /** Keeps what came of a call, and has it settled. */
  interface Recorder {
    void record(Batch batch, Calls.Answer answer);

    void settle(Taken taken);
  }

  AloneRun(Calls calls, Taken taken, List<Segment> suspects, Recorder recorder) {
    this.calls = calls;
    this.taken = taken;
    this.rest = suspects;
    this.recorder = recorder;
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
      int left = size(rest);
      recorder.record(new Batch(rest, left), new Calls.Answer(Collections.nCopies(left, otherwise), 0));
    }
  }

  private boolean step(int batchSize) {
    Batch half = cut(Math.min(batchSize, Math.ceilDiv(size(rest), 2)));
    recorder.record(half, calls.callInside(half));
    recorder.settle(taken);
    return taken.awaitSettled();
  }

  private Batch cut(int size) {
    List<Segment> cut = new ArrayList<>();
    List<Segment> left = new ArrayList<>();
    int missing = size;
    for (Segment segment : rest) {
      int count = Math.min(missing, segment.count());
      if (count > 0) {
        cut.add(segment.part(0, count));
      }
      if (count < segment.count()) {
        left.add(segment.part(count, segment.count()));
      }
      missing -= count;
    }
    rest = left;
    return new Batch(cut, size);
  }

  private static int size(List<Segment> segments) {
    return segments.stream().mapToInt(Segment::count).sum();
  }
}
