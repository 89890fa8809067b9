package dev.longshore.store.memory;

import dev.longshore.store.Accounts;
import dev.longshore.store.Ledger;
import dev.longshore.store.LedgerSteeringContract;
import java.time.Duration;

/** The contract on the ledger in memory. */
class MemoryLedgerTest extends LedgerSteeringContract {
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

  @Override
  protected int randomRuns() {
    return 300;
  }

  @Override
  protected void plant(Damage damage) {
    Account account = ledger.account(job);
    switch (damage) {
      case COUNTED_TWICE -> account.succeededCount++;
      case COUNT_LOST -> account.succeededCount--;
      case MARK_LOST -> account.finals.clear(3);
      case MARK_WITHOUT_COUNT -> account.finals.set(17);
      case MARK_BEYOND_KNOWN -> account.finals.set(20);
      case NOT_SUCCEEDED_WITHOUT_KIND -> account.notSucceeded.set(2);
      case TWO_KINDS -> account.skipped.set(5);
      case KIND_WITHOUT_FINAL -> account.failed.set(16);
      case FINAL_LEASED -> account.claims.put(1L, new Account.Lease(1, "w1", 0));
      case FINAL_RETRYING -> account.claims.put(1L, new Account.Retry(2, "w1", 0));
      case RESULT_TWICE -> account.results.put(4L, new Account.Kept(set("4"), Accounts.blob(set("4"), 1, "w2")));
      case RESULT_OF_PENDING -> account.results.put(16L, new Account.Kept(set("16"), Accounts.blob(set("16"), 1, "w2")));
      case KNOWN_TOO_LOW -> account.known = 12;
    }
  }
}
