package dev.longshore.worker.consume;

/**
 * How many messages a worker has in hand: about a second of work, so that it never waits for the broker and other workers never wait for
 * what it hoards. Changes only when the aim is off by a factor of two, or call slots would stay empty.
 */
final class Prefetch {
  static final int FIRST = 8;
  private static final int LEAST = 2;
  private static final int USUAL_MOST = 256;
  private static final int BROKER_MOST = 65_535;
  private static final double AIM_NANOS = 1e9;
  /**
   * While workers share, what waits here is what another lacks. Well below the time after which it is shed, or everybody's would go round and
   * round.
   */
  private static final double SHARING_NANOS = 0.25e9;
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
   * @param slots calls at once that the job gets; fewer than it may have, and down to 0, while other jobs have their turns
   * @param sharing whether workers share what waits, because there is too little for all of them
   */
  record Load(double itemsPerMessage, double bytesPerMessage, long nanosPerItem, double slots, int batchSize, boolean sharing) {
    /** The messages that it takes to keep every call slot busy, or to have one call ready, however few items they carry. */
    double atOnce() {
      return Math.ceil(Math.max(1, slots) * batchSize / itemsPerMessage);
    }
  }

  int current() {
    return current;
  }

  /** The number to use from now on. */
  int next(Load load, int heapPercent) {
    if (heapPercent > HEAP_ALARM_PERCENT) {
      current = Math.max(LEAST, current / 2);
      return current;
    }
    if (load.itemsPerMessage() > 0) {
      double aim = aim(load);
      boolean starves = current < Math.min(aim, load.atOnce());
      if (starves || aim >= 2.0 * current || aim * 2 <= current) {
        current = (int) aim;
      }
    }
    return current;
  }

  private double aim(Load load) {
    boolean measured = load.nanosPerItem() > 0;
    boolean waits = load.slots() == 0;
    double nanosPerMessage = load.itemsPerMessage() * load.nanosPerItem() / load.slots();
    // of messages that are a call each, none needs to wait
    int least = load.sharing() && load.itemsPerMessage() <= load.batchSize() ? 1 : LEAST;
    double bySecond = measured ? Math.clamp((load.sharing() ? SHARING_NANOS : AIM_NANOS) / nanosPerMessage, least, USUAL_MOST)
        : load.sharing() || waits ? least : current;
    // every call slot has its batch; and the next one waiting, which may be for long where nothing is measured or others lack it
    double byItems = (measured && !load.sharing() && !waits ? 2 : 1) * load.atOnce();
    double byMemory = Math.max(LEAST, MOST_BYTES / Math.max(1, load.bytesPerMessage()));
    return Math.min(Math.min(Math.max(bySecond, byItems), byMemory), BROKER_MOST);
  }
}
