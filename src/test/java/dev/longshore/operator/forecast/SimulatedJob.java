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
 * done becomes known when its chunk is, or after a second; an attempt that fails is made again after a delay; once a second the counts are
 * read.
 */
final class SimulatedJob {
  private static final Instant START = Instant.parse("2026-11-22T06:00:00Z");
  private static final double PER_ITEM = 0.002;
  private static final double PER_CHUNK = 0.02;

  private final Items items;
  private final Workers workers;
  private final PriorityQueue<Retry> retries = new PriorityQueue<>(Comparator.comparingDouble(Retry::due));
  private final List<Done> known = new ArrayList<>();
  private final List<Double> waitFrom = new ArrayList<>();
  private final List<Double> waitTo = new ArrayList<>();
  private double end;

  /**
   * What is to be done.
   *
   * @param seconds of one attempt at each item
   * @param failures attempts that each item fails before the one that ends it
   * @param delay seconds until the second attempt, doubled for each further one
   * @param chunk items in each message
   */
  record Items(double[] seconds, int[] failures, double delay, int chunk) {
    Items(double[] seconds, int chunk) {
      this(seconds, new int[seconds.length], 0, chunk);
    }
  }

  /**
   * Who does it.
   *
   * @param planned when each worker is decided on, in seconds
   * @param join when it takes work
   * @param slower by how much each is slower than the items' times say
   * @param concurrency slots of each
   */
  record Workers(double[] planned, double[] join, double[] slower, int concurrency) {}

  private record Slot(double free, int worker) {}

  private record Retry(double failed, double due, int item, int attempt) {}


  /** An attempt of which the operator knows from {@code at} on. */
  private record Done(double at, double busy, boolean ends) {}

  /** Runs it. */
  SimulatedJob(Items items, Workers workers) {
    this.items = items;
    this.workers = workers;
    PriorityQueue<Slot> slots = new PriorityQueue<>(Comparator.comparingDouble(Slot::free));
    for (int w = 0; w < workers.join().length; w++) {
      for (int s = 0; s < workers.concurrency(); s++) {
        slots.add(new Slot(workers.join()[w], w));
      }
    }
    int count = items.seconds().length;
    int[] next = new int[workers.join().length];
    int[] until = new int[workers.join().length];
    double[] done = new double[count];
    double[] chunkDone = new double[count / items.chunk() + 1];
    double[] busy = new double[count];
    int fed = 0;
    while (!slots.isEmpty()) {
      Slot slot = slots.poll();
      int w = slot.worker();
      double from = slot.free();
      if (next[w] == until[w]) {
        if (!retries.isEmpty() && (retries.peek().due() <= from || fed == count)) {
          slots.add(retries.peek().due() <= from ? again(slot) : new Slot(retries.peek().due(), w));
          continue;
        }
        if (fed == count) {
          continue;
        }
        next[w] = fed;
        fed = Math.min(count, fed + items.chunk());
        until[w] = fed;
        from += PER_CHUNK;
      }
      int item = next[w]++;
      busy[item] = items.seconds()[item] * workers.slower()[w];
      done[item] = from + busy[item];
      chunkDone[item / items.chunk()] = Math.max(chunkDone[item / items.chunk()], done[item]);
      attempted(item, 1, done[item]);
      slots.add(new Slot(done[item] + PER_ITEM, w));
    }
    for (int i = 0; i < count; i++) {
      known.add(new Done(Math.min(chunkDone[i / items.chunk()], done[i] + 1), busy[i], items.failures()[i] == 0));
    }
    known.sort(Comparator.comparingDouble(Done::at));
    end = known.getLast().at();
    waitFrom.sort(null);
    waitTo.sort(null);
  }

  private Slot again(Slot slot) {
    Retry retry = retries.poll();
    waitFrom.add(retry.failed());
    waitTo.add(slot.free());
    double busy = items.seconds()[retry.item()] * workers.slower()[slot.worker()];
    double done = slot.free() + PER_CHUNK + busy;
    known.add(new Done(done, busy, !attempted(retry.item(), retry.attempt(), done)));
    return new Slot(done + PER_ITEM, slot.worker());
  }

  private boolean attempted(int item, int attempt, double done) {
    boolean failed = attempt <= items.failures()[item];
    if (failed) {
      retries.add(new Retry(done, done + items.delay() * Math.pow(2, attempt - 1), item, attempt + 1));
    }
    return failed;
  }

  /** Seconds from the start to the last item. */
  double end() {
    return end;
  }

  /** Shows each second's reading until all is done. */
  void watch(Consumer<Sample> reader) {
    int attempts = 0;
    int finished = 0;
    int began = 0;
    int waited = 0;
    double busy = 0;
    for (int second = 0; attempts < known.size(); second++) {
      while (attempts < known.size() && known.get(attempts).at() <= second) {
        Done done = known.get(attempts++);
        busy += done.busy();
        finished += done.ends() ? 1 : 0;
      }
      began = passed(waitFrom, began, second);
      waited = passed(waitTo, waited, second);
      reader.accept(new Sample(START.plusSeconds(second), finished, items.seconds().length - finished, began - waited,
          Duration.ofNanos((long) (busy * 1e9)), attempts, slots(workers.join(), second), slots(workers.planned(), second)));
    }
  }

  static double secondsOf(Sample sample) {
    return Duration.between(START, sample.at()).toNanos() / 1e9;
  }

  private static int passed(List<Double> times, int before, double now) {
    int passed = before;
    while (passed < times.size() && times.get(passed) <= now) {
      passed++;
    }
    return passed;
  }

  private int slots(double[] since, double now) {
    return workers.concurrency() * (int) Arrays.stream(since).filter(at -> at <= now).count();
  }
}
