package dev.longshore.worker.consume;

/**
 * How many messages a worker has in hand: about a second of work, so that it never waits for the broker and other workers never wait for
 * what it hoards. Changes only when the aim is off by a factor of two.
 */
final class Prefetch {
  static final int FIRST = 8;
  private static final int LEAST = 2;
  private static final int USUAL_MOST = 256;
  private static final int BROKER_MOST = 65_535;
  private static final double AIM_NANOS = 1e9;
  /** Unpacked items in hand take at most about this much memory. */
  private static final long MOST_BYTES = 24 << 20;
  private static final int HEAP_ALARM_PERCENT = 80;

  private int current = FIRST;

  /**
   * What is known of a job's work.
   *
   * @param itemsPerMessage mean; 0 before the first message
   * @param bytesPerMessage mean, unpacked
   * @param nanosPerItem mean share of a call's time; 0 before the first call
   * @param slots calls at once that the job gets; 0 while it gets none, because other jobs have their turns
   */
  record Load(double itemsPerMessage, double bytesPerMessage, long nanosPerItem, double slots, int batchSize) {}

  int current() {
    return current;
  }

  /** The number to use from now on. */
  int next(Load load, int heapPercent) {
    if (heapPercent > HEAP_ALARM_PERCENT) {
      current = Math.max(LEAST, current / 2);
      return current;
    }
    if (load.itemsPerMessage() > 0 && (load.nanosPerItem() > 0 || load.slots() == 0)) {
      double aim = aim(load);
      if (aim >= 2.0 * current || aim * 2 <= current) {
        current = (int) aim;
      }
    }
    return current;
  }

  private static double aim(Load load) {
    double perSecond = load.slots() == 0 ? 0 : AIM_NANOS * load.slots() / (load.itemsPerMessage() * load.nanosPerItem());
    double bySecond = Math.clamp(perSecond, LEAST, USUAL_MOST);
    // every call slot has its batch and the next one waiting, however few items the messages carry
    double byItems = Math.max(1, 2 * load.slots()) * load.batchSize() / load.itemsPerMessage();
    double byMemory = Math.max(LEAST, MOST_BYTES / Math.max(1, load.bytesPerMessage()));
    return Math.min(Math.min(Math.max(bySecond, Math.ceil(byItems)), byMemory), BROKER_MOST);
  }
}
