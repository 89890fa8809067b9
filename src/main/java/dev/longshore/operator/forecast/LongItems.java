package dev.longshore.operator.forecast;

/**
 * How long single items take: a histogram with two buckets for each doubling, from 1 ms on, 256 bytes. A sample tells the sum of several
 * items only; what that has over so many usual ones is taken for its longest. Used by one thread at a time.
 */
final class LongItems {
  private static final int BUCKETS = 64;
  private static final double SHORTEST = 0.001;
  private static final double[] LOWER = new double[BUCKETS];
  private static final double[] MIDDLE = new double[BUCKETS];
  /** Entries that the tail is told from, at most a quarter of all: of more, the body of a lognormal would tell of its tail. */
  private static final int TOP = 20;
  /** Share of Hill's estimate in the index: more makes the p90 too late at first, less too early at last. */
  private static final double HILL = 0.8;
  /** Bounds of the power law's index: below 1 there is no mean, far above it decays as good as exponentially. */
  private static final double HEAVIEST = 1.1;
  private static final double LIGHTEST = 12;

  static {
    for (int i = 0; i < BUCKETS; i++) {
      LOWER[i] = i == 0 ? 0 : SHORTEST * Math.pow(2, (i - 1) / 2d);
      MIDDLE[i] = LOWER[i] * Math.pow(2, 0.25);
    }
  }

  private final float[] counts = new float[BUCKETS];
  private double all;

  /**
   * Counts what became final since the last sample.
   *
   * @param items how many, nothing is counted for none
   * @param busy seconds that they took together
   * @param usual seconds of one item on average so far
   */
  void add(long items, double busy, double usual) {
    if (items < 1) {
      return;
    }
    double longest = longest(items, busy, usual);
    counts[bucket(longest)]++;
    if (items > 1) {
      counts[bucket((busy - longest) / (items - 1))] += items - 1;
    }
    all += items;
  }

  static double longest(long items, double busy, double usual) {
    return Math.max(busy / items, busy - (items - 1) * usual);
  }

  private static int bucket(double seconds) {
    return seconds <= SHORTEST ? 0 : Math.min(BUCKETS - 1, 1 + (int) (2 * Math.log(seconds / SHORTEST) / Math.log(2)));
  }

  /** What is known by now; at least one item must have been counted. */
  Shape shape() {
    return new Shape();
  }

  /**
   * The distribution: the histogram, and beyond a threshold near its end a power law. Its index lies between Hill's estimate (Annals of
   * Statistics 3, 1975), which takes every tail for a power law, and the moment estimate (Dekkers, Einmahl and de Haan, Annals of
   * Statistics 17, 1989), which also knows lighter ones but wavers more.
   */
  final class Shape {
    private final int first;
    private final double threshold;
    private final double share;
    private final double index;
    /** Items in the buckets from each on, up to the threshold, and their seconds. */
    private final double[] items = new double[BUCKETS + 1];
    private final double[] seconds = new double[BUCKETS + 1];

    private Shape() {
      int bucket = BUCKETS;
      double count = 0;
      while (bucket > 1 && count < Math.min(TOP, all / 4)) {
        count += counts[--bucket];
      }
      first = bucket;
      threshold = LOWER[bucket];
      share = count / all;
      double hill = 0;
      double second = 0;
      for (int i = bucket; i < BUCKETS; i++) {
        double log = Math.log(MIDDLE[i] / threshold);
        hill += counts[i] / Math.max(1, count) * log;
        second += counts[i] / Math.max(1, count) * log * log;
      }
      double moment = second > 1.001 * hill * hill ? Math.clamp(hill + 1 - 0.5 / (1 - hill * hill / second), 0, hill) : hill;
      for (int i = first - 1; i >= 0; i--) {
        items[i] = items[i + 1] + counts[i] / all;
        seconds[i] = seconds[i + 1] + counts[i] / all * MIDDLE[i];
      }
      // a tail that is too light hurts more than one too heavy: one standard error of Hill's estimate on the safe side
      double extremeValue = (HILL * hill + (1 - HILL) * moment) * (1 + 1 / Math.sqrt(Math.max(1, count)));
      index = Math.clamp(1 / Math.max(1e-9, extremeValue), HEAVIEST, LIGHTEST);
    }

    /** The first bucket whose items take longer. */
    private int after(double time) {
      int bucket = bucket(time);
      return Math.min(first, MIDDLE[bucket] > time ? bucket : bucket + 1);
    }

    /** Share of the items that take longer. */
    double longer(double time) {
      return time >= threshold ? share * Math.pow(time / threshold, -index) : share + items[after(time)];
    }

    /** Seconds that an item has beyond {@code from}, counted up to {@code to} only, on average over all items. */
    double beyond(double from, double to) {
      double sum = 0;
      if (from < threshold) {
        int low = after(from);
        int high = after(to);
        sum = seconds[low] - seconds[high] - from * (items[low] - items[high]) + (to - from) * items[high]
            + share * (Math.min(threshold, to) - from);
      }
      double low = Math.max(from, threshold);
      if (to > low) {
        sum += share * threshold / (index - 1) * (Math.pow(low / threshold, 1 - index) - Math.pow(to / threshold, 1 - index));
      }
      return sum;
    }

    /** Mean square of an item's seconds, where none counts longer than the one that only a {@code rare} share exceeds. */
    double square(double rare) {
      double sum = 0;
      for (int i = 0; i < first; i++) {
        sum += counts[i] * Math.pow(MIDDLE[i], 2);
      }
      double reach = Math.log(Math.max(1, share / rare)) / index;
      double power = Math.abs(2 - index) < 1e-6 ? reach : Math.expm1((2 - index) * reach) / (2 - index);
      return sum / all + share * threshold * threshold * (1 + 2 * power);
    }
  }
}
