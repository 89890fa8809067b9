package dev.longshore.worker;

import dev.longshore.store.Heartbeat;
import dev.longshore.worker.consume.WorkConsumer;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/** Makes a worker's heartbeats out of what its jobs' work says. */
final class Pulse {
  private final HeapGauge heap = new HeapGauge();
  private final AtomicLong settledByEnded = new AtomicLong();
  private long busyBefore;
  private long nanosBefore = System.nanoTime();

  int heapPercent() {
    return heap.percent();
  }

  /** A job's work has ended: what it did still counts. */
  void ended(JobWork work) {
    WorkConsumer.Reading last = work.read();
    if (last != null) {
      settledByEnded.addAndGet(last.settled());
    }
  }

  /** {@code slots} is how many calls the worker may run at once, over all jobs. */
  synchronized Heartbeat read(String pod, Heartbeat.State state, Collection<JobWork> works, int slots, String message) {
    int chunks = 0;
    long items = 0;
    long remaining = 0;
    boolean measured = true;
    Set<String> holding = new HashSet<>();
    long settled = settledByEnded.get();
    long busy = 0;
    for (JobWork work : works) {
      WorkConsumer.Reading reading = work.read();
      if (reading != null) {
        chunks += reading.chunks();
        items += reading.items();
        // jobs run beside each other
        remaining = Math.max(remaining, reading.calls().remainingNanos());
        measured &= reading.calls().remainingNanos() >= 0;
        if (reading.items() > 0) {
          holding.add(work.job().uid());
        }
        settled += reading.settled();
        busy += reading.calls().busyNanos();
      }
    }
    long now = System.nanoTime();
    // a job that ended took its share of the sum with it: then the difference is no measure, and never below zero
    double share = slots == 0 ? 0 : (double) (busy - busyBefore) / (now - nanosBefore) / slots;
    busyBefore = busy;
    nanosBefore = now;
    return new Heartbeat(pod, state, chunks, items, measured ? Duration.ofMillis(remaining / 1_000_000) : null, holding,
        (int) Math.clamp(Math.round(share * 100), 0, 100), settled, heap.percent(), message);
  }
}
