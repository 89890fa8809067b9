package dev.longshore.store.memory;

import dev.longshore.store.IdentitiesContract;
import dev.longshore.store.Ledger;
import java.time.Duration;

/** The contract of identities in memory. */
class MemoryIdentitiesTest extends IdentitiesContract {
  private final MemoryLedger ledger = new MemoryLedger(new MovedTime(), Duration.ofSeconds(10));

  @Override
  protected Ledger ledger() {
    return ledger;
  }
}
