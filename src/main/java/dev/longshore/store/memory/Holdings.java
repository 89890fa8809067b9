package dev.longshore.store.memory;

import dev.longshore.job.IndexSet;
import dev.longshore.store.JobReading;
import dev.longshore.store.Ledger.CrashReply;
import dev.longshore.store.memory.Account.Claim;
import dev.longshore.store.memory.Account.Lease;
import dev.longshore.store.memory.Account.Retry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** What one holder has of an account, and what becomes of it when it lets go or crashes. */
final class Holdings {
  private final Account account;
  private final String holder;
  private final Instant now;

  Holdings(Account account, String holder, Instant now) {
    this.account = account;
    this.holder = holder;
    this.now = now;
  }

  /** Ends leases of one attempt without an outcome. */
  void release(IndexSet indexes, int attempt) {
    for (Map.Entry<Long, Claim> entry : List.copyOf(account.claims.subMap(indexes.first(), true, indexes.last(), true).entrySet())) {
      if (entry.getValue() instanceof Lease lease && lease.holder().equals(holder) && lease.attempt() == attempt
          && indexes.contains(entry.getKey())) {
        giveBack(entry.getKey(), lease);
      }
    }
  }

  /** Ends leases that were taken as long ago. */
  void releaseOlder(Duration age) {
    for (Map.Entry<Long, Claim> entry : List.copyOf(account.claims.entrySet())) {
      if (entry.getValue() instanceof Lease lease && lease.holder().equals(holder) && account.clock() - lease.since() >= age.toMillis()) {
        giveBack(entry.getKey(), lease);
      }
    }
  }

  /** Ends all leases. */
  void forget() {
    releaseOlder(Duration.ZERO);
    account.holders.remove(holder);
    account.inside.remove(holder);
  }

  private void giveBack(long index, Lease lease) {
    if (account.steering.cancelled) {
      account.close(index, now);
    } else {
      account.claim(index, lease.attempt() == 1 ? null : new Retry(lease.attempt(), holder, now.toEpochMilli()));
    }
  }

  void enter(IndexSet inside) {
    if (inside.isEmpty()) {
      account.inside.remove(holder);
    } else {
      account.inside.put(holder, inside);
    }
  }

  IndexSet inside() {
    return account.inside.getOrDefault(holder, IndexSet.empty())
        .filter(index -> account.claims.get(index) instanceof Lease lease && lease.holder().equals(holder));
  }

  CrashReply crashed(boolean alone) {
    IndexSet suspects = inside();
    IndexSet charged = alone && suspects.size() == 1 && !account.steering.cancelled ? suspects : IndexSet.empty();
    forget();
    if (!account.steering.cancelled) {
      account.suspectCrashes += suspects.isEmpty() ? 0 : 1;
      suspects.forEach(index -> account.suspects.put(index, account.suspectCrashes));
      charged.forEach(index -> account.crashes.merge(index, 1, Integer::sum));
    }
    if (holder.equals(account.feed.holder)) {
      account.feed.holder = null;
      if (suspects.isEmpty() && !account.feed.complete) {
        chargeIntake();
      }
    }
    return new CrashReply(suspects, charged);
  }

  private void chargeIntake() {
    account.feed.crashes++;
    if (account.feed.crashes >= account.spec.failurePolicy().maxCrashes() && account.fatal == null) {
      account.fatal = new JobReading.FatalError("IntakeCrashed", intakeCrashed(account.feed.crashes, account.feed.index, account.feed.position));
    }
  }

  private static String intakeCrashed(int crashes, long index, String position) {
    return "reading the source has killed " + crashes + " workers in a row at item " + index
        + (position == null ? "" : ", position " + position);
  }
}
