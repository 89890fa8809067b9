package dev.longshore.worker.intake;

/** One worker's turn with a feed. */
interface FeedRun {

  /** Runs until the turn ends. */
  End run();

  /**
   * Tells the ledger that the feed lives; for the long moments in which the turn itself tells it nothing. A turn that is to end stops
   * waiting for a silent source. From any thread.
   */
  void showLife();
}
