package dev.longshore.store.memory;

import dev.longshore.store.Ledger;
import dev.longshore.store.LedgerContract;
import java.time.Duration;

/** The contract on the ledger in memory. */
class MemoryLedgerTest extends LedgerContract {
  private final MovedTime time = new MovedTime();
  private final MemoryLedger ledger = new MemoryLedger(time, LEASE);

  @Override
  protected Ledger ledger() {
    return ledger;
  }

  @Override
  protected void elapse(Duration duration) {
    for (long millis = duration.toMillis(); millis > 0; millis -= 1_000) {
      time.move(Duration.ofMillis(Math.min(millis, 1_000)));
      reading();
    }
  }

  @Override
  protected void away(Duration duration) {
    time.move(duration);
  }
}
