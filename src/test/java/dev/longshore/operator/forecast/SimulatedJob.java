package dev.longshore.operator.forecast;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Consumer;

/**
 * A job as its operator sees it: workers that come one after the other, each with some slots, take chunks of items from one queue; what is
 * done becomes known when its chunk is, or after a second; once a second the counts are read.
 */
final class SimulatedJob {
  private static final Instant START = Instant.parse("2026-11-22T06:00:00Z");
  private static final double PER_ITEM = 0.002;
  private static final double PER_CHUNK = 0.02;

  private final double[] known;
  private final double[] knownBusy;
  private final double[] join;
  private final double[] planned;
  private final int concurrency;

  private record Slot(double free, int worker) {}

  private record Done(double at, double busy) {}

  /**
   * Runs it.
   *
   * @param times seconds of each item
   * @param planned when each worker is decided on, in seconds
   * @param join when it takes work
   */
  SimulatedJob(double[] times, double[] planned, double[] join, int concurrency, int chunk) {
    this.planned = planned;
    this.join = join;
    this.concurrency = concurrency;
    PriorityQueue<Slot> slots = new PriorityQueue<>(Comparator.comparingDouble(Slot::free));
    for (int w = 0; w < join.length; w++) {
      for (int s = 0; s < concurrency; s++) {
        slots.add(new Slot(join[w], w));
      }
    }
    int[] next = new int[join.length];
    int[] end = new int[join.length];
    double[] done = new double[times.length];
    double[] chunkDone = new double[times.length];
    int fed = 0;
    while (!slots.isEmpty()) {
      Slot slot = slots.poll();
      int w = slot.worker();
      double from = slot.free();
      if (next[w] == end[w]) {
        if (fed == times.length) {
          continue;
        }
        next[w] = fed;
        fed = Math.min(times.length, fed + chunk);
        end[w] = fed;
        from += PER_CHUNK;
      }
      int item = next[w]++;
      done[item] = from + times[item];
      int head = item / chunk;
      chunkDone[head] = Math.max(chunkDone[head], done[item]);
      slots.add(new Slot(done[item] + PER_ITEM, w));
    }
    List<Done> all = new ArrayList<>();
    for (int i = 0; i < times.length; i++) {
      all.add(new Done(Math.min(chunkDone[i / chunk], done[i] + 1), times[i]));
    }
    all.sort(Comparator.comparingDouble(Done::at));
    known = all.stream().mapToDouble(Done::at).toArray();
    knownBusy = all.stream().mapToDouble(Done::busy).toArray();
    Arrays.parallelPrefix(knownBusy, Double::sum);
  }

  /** Seconds from the start to the last item. */
  double end() {
    return known[known.length - 1];
  }

  int items() {
    return known.length;
  }

  /** Shows each second's reading until all is done. */
  void watch(Consumer<Sample> reader) {
    int finished = 0;
    for (int second = 0; finished < known.length; second++) {
      while (finished < known.length && known[finished] <= second) {
        finished++;
      }
      double busy = finished == 0 ? 0 : knownBusy[finished - 1];
      reader.accept(new Sample(START.plusSeconds(second), finished, known.length - finished, Duration.ofNanos((long) (busy * 1e9)),
          finished, slots(join, second), slots(planned, second)));
    }
  }

  static double secondsOf(Sample sample) {
    return Duration.between(START, sample.at()).toNanos() / 1e9;
  }

  private int slots(double[] since, double now) {
    return concurrency * (int) Arrays.stream(since).filter(at -> at <= now).count();
  }
}
