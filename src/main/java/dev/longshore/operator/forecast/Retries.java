package dev.longshore.operator.forecast;

/**
 * Waits of items for a further attempt. How long one lasts is told by Little's law (Operations Research 9, 1961): the mean number that
 * wait, over how many begin to in a second. Used by one thread at a time.
 */
final class Retries {
  /** With more failures than this a job ends only because attempts do. */
  private static final double MOST_FAIL = 0.95;

  private double waited;
  private double failed;
  private double attempts;

  /**
   * Adds what lies between two samples.
   *
   * @param waiting items that waited
   * @param seconds how long they did
   * @param attempts how many ended
   * @param finished how many of those ended their item
   */
  void add(double waiting, double seconds, double attempts, double finished) {
    waited += waiting * seconds;
    this.attempts += attempts;
    failed += Math.max(0, attempts - finished);
  }

  /** Mean seconds until an item that waits now waits no more, further failures included; 0 when none has waited. */
  double secondsLeft() {
    return failed == 0 ? 0 : waited / failed / (1 - Math.min(MOST_FAIL, failed / attempts));
  }
}
