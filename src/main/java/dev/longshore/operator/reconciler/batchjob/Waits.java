package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.queue.BrokerBlockedException;
import dev.longshore.queue.QueueLeaderlessException;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.store.StoreRefusedException;
import dev.longshore.store.StoreUnavailableException;
import java.time.Duration;

/** What the status says while a service keeps a job from going on. */
final class Waits {
  private Waits() {}

  static Progress.Wait on(QueueUnavailableException e, Duration again) {
    return switch (e) {
      case BrokerBlockedException blocked -> new Progress.Wait("BrokerBlocked",
          "the broker takes no messages; work goes on when it has room: " + e.getMessage(), false, again);
      case QueueLeaderlessException one -> new Progress.Wait("QueueUnavailable",
          "a queue of the job does not serve; it gets a leader, or is made anew: " + e.getMessage(), false, again);
      default -> new Progress.Wait("BrokerUnavailable",
          "the broker is away; work goes on when it is back: " + e.getMessage(), false, again);
    };
  }

  static Progress.Wait on(StoreUnavailableException e, Duration again) {
    if (e instanceof StoreRefusedException) {
      return new Progress.Wait("LedgerRefused", "nothing is begun until the ledger's store is set right: " + e.getMessage(), true, again);
    }
    return new Progress.Wait("LedgerUnavailable", "the ledger is away, the counts are old; work goes on when it is back: " + e.getMessage(),
        true, again);
  }
}
