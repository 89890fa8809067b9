package dev.longshore.operator.forecast;

/**
 * The work that a job's remaining items are.
 *
 * @param seconds of slots that they need together: as likely more as less
 * @param variance of the logarithm of {@code seconds}
 * @param scale how many times longer they take than those of the past did
 * @param shape how the single items of the past were
 */
record Work(double seconds, double variance, double scale, LongItems.Shape shape) {
  /** Seconds of an item that are too few to be told from none. */
  private static final double NOTHING = 1e-7;
  /** Slots' time over the processors' in a block: less is a long item of earlier, or workers that were seen late. */
  private static final double LEAST_SLOTS = 0.1;
  /** What no history shows: five percent. */
  private static final double UNFORESEEN = 0.05 * 0.05;
  /** Among fewer blocks their spread says too little; items are taken to spread as exponential ones do at least. */
  private static final int FEW = 5;

  /**
   * Carries the past to the future: each block counts with its own mean times what {@link Drift} makes of it since. What the items need
   * beside their processors (taking them, settling them, a limited rate, other jobs of the pool) is the slots' time over the processors'.
   */
  static Work of(History.Blocks past, double remaining, LongItems.Shape shape) {
    int n = past.count();
    double[] perItem = new double[n];
    double[] perBusy = new double[n];
    double items = 0;
    double busy = 0;
    for (int i = 0; i < n; i++) {
      perItem[i] = Math.max(NOTHING, past.busy()[i] / past.items()[i]);
      perBusy[i] = Math.max(LEAST_SLOTS, past.slotTime()[i] / (perItem[i] * past.items()[i]));
      items += past.items()[i];
      busy += perItem[i] * past.items()[i];
    }
    Drift times = new Drift(past.items(), perItem, remaining, true);
    Drift slots = new Drift(past.items(), perBusy, remaining, false);
    double carried = 0;
    double slotTime = 0;
    for (int i = 0; i < n; i++) {
      carried += past.items()[i] * perItem[i] * times.carry(i);
      slotTime += perBusy[i] * perItem[i] * past.items()[i] * slots.carry(i);
    }
    double mean = carried / items;
    double squares = 0;
    for (int i = 0; i < n; i++) {
      squares += past.items()[i] * Math.pow(perItem[i] * times.carry(i) / mean - 1, 2);
    }
    double spread = n < FEW ? Math.max(1, n < 2 ? 1 : squares / (n - 1)) : squares / (n - 1);
    double seen = shape.square(0.5 / remaining) / Math.pow(busy / items, 2) - 1;
    double variance = Math.max(spread, seen) * (1 / items + 1 / remaining);
    variance += times.variance() + slots.variance() + UNFORESEEN;
    return new Work(remaining * mean * slotTime / busy, variance, mean * items / busy, shape);
  }
}
