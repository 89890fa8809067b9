package dev.longshore.store.memory;

import dev.longshore.job.IndexSet;
import dev.longshore.store.Ledger.Newer;
import dev.longshore.store.Ledger.PastAttempt;
import dev.longshore.store.Ledger.SettleReply;
import dev.longshore.store.Ledger.TakeReply;
import dev.longshore.store.ResultBlob;
import dev.longshore.store.Settlement;
import dev.longshore.store.memory.Account.Claim;
import dev.longshore.store.memory.Account.Kept;
import dev.longshore.store.memory.Account.Lease;
import dev.longshore.store.memory.Account.Retry;
import dev.longshore.store.memory.MemoryLedger.Told;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Takes and settles items of an account. */
final class Booking {
  private static final long DUE_STEP = 250;

  private final Account account;
  private final Duration leaseTime;
  private final Instant now;

  Booking(Account account, Duration leaseTime, Instant now) {
    this.account = account;
    this.leaseTime = leaseTime;
    this.now = now;
  }

  TakeReply take(IndexSet asked, int attempt, String holder) {
    if (account.steering.cancelled) {
      closeUnheld(asked, holder);
      return new TakeReply(IndexSet.empty(), asked, Map.of(), IndexSet.empty(), IndexSet.empty(), IndexSet.empty(), IndexSet.empty());
    }
    IndexSet.Builder yours = new IndexSet.Builder();
    IndexSet.Builder done = new IndexSet.Builder();
    IndexSet.Builder leased = new IndexSet.Builder();
    Map<Newer, IndexSet.Builder> newer = new LinkedHashMap<>();
    account.raise(asked.last() + 1);
    asked.forEach(index -> {
      Claim claim = account.claims.get(index);
      if (account.finals.get((int) index)) {
        done.add(index);
      } else if (claim != null && claim.attempt() > attempt) {
        newer.computeIfAbsent(new Newer(claim.attempt(), due(claim)), n -> new IndexSet.Builder()).add(index);
      } else if (heldByAnother(claim, holder)) {
        leased.add(index);
      } else {
        account.claim(index, new Lease(attempt, holder, account.clock()));
        yours.add(index);
      }
    });
    account.beat(holder);
    IndexSet mine = yours.build();
    if (account.started == null && !mine.isEmpty()) {
      account.started = now;
    }
    Map<Newer, IndexSet> built = new LinkedHashMap<>();
    newer.forEach((claim, indexes) -> built.put(claim, indexes.build()));
    int most = account.spec.failurePolicy().maxCrashes();
    IndexSet condemned = mine.filter(index -> account.crashes.getOrDefault(index, 0) >= most);
    IndexSet suspects = mine.filter(index -> account.suspects.containsKey(index) && !condemned.contains(index));
    long last = suspects.stream().map(account.suspects::get).max().orElse(0);
    IndexSet prime = suspects.filter(index -> account.suspects.get(index) == last);
    return new TakeReply(mine, done.build(), built, leased.build(), suspects, condemned, prime);
  }

  private void closeUnheld(IndexSet asked, String holder) {
    asked.forEach(index -> {
      if (index < account.known && !account.finals.get((int) index) && !heldByAnother(account.claims.get(index), holder)) {
        account.close(index, now);
      }
    });
  }

  private boolean heldByAnother(Claim claim, String holder) {
    return claim instanceof Lease lease && !lease.holder().equals(holder) && account.live(lease.holder(), leaseTime);
  }

  /** In steps, so that entries due about together travel as one message. */
  private Duration due(Claim claim) {
    if (!(claim instanceof Retry retry)) {
      return Duration.ZERO;
    }
    long wait = Math.max(0, retry.due() - now.toEpochMilli());
    return Duration.ofMillis((wait + DUE_STEP - 1) / DUE_STEP * DUE_STEP);
  }

  Told<SettleReply> settle(Settlement settlement) {
    List<Long> finalNow = new ArrayList<>();
    List<Long> won = new ArrayList<>();
    settlement.succeeded().forEach(index -> {
      if (win(index, settlement.attempt())) {
        account.succeededCount++;
        finalNow.add(index);
      }
    });
    for (Settlement.Failed item : settlement.failed()) {
      if (win(item.index(), settlement.attempt())) {
        account.failedCount++;
        account.notSucceeded.set((int) item.index());
        account.failed.set((int) item.index());
        account.addToGroup(item.failure().fingerprint(), item.index(), item.failure().message());
        finalNow.add(item.index());
      }
    }
    boolean firstFailure = !finalNow.isEmpty() && account.failedCount > account.steering.failedBefore
        && account.steering.failureTold != account.run;
    if (firstFailure) {
      account.steering.failureTold = account.run;
    }
    for (Settlement.Failed item : settlement.skipped()) {
      if (win(item.index(), settlement.attempt())) {
        account.skippedCount++;
        account.notSucceeded.set((int) item.index());
        account.skipped.set((int) item.index());
        finalNow.add(item.index());
      }
    }
    for (Settlement.RetryAt retry : settlement.retries()) {
      if (winRetry(retry, settlement)) {
        again(retry, settlement);
        won.add(retry.index());
      }
      account.raise(retry.index() + 1);
    }
    account.busyNanos += settlement.busy().toNanos();
    account.busyItems += settlement.succeeded().size() + settlement.failed().size() + settlement.skipped().size()
        + settlement.retries().size();
    if (!finalNow.isEmpty()) {
      account.last = now;
      keep(settlement.results(), IndexSet.of(finalNow.stream().mapToLong(Long::longValue).toArray()));
    }
    boolean changed = !finalNow.isEmpty() || (account.steering.cancelled && !won.isEmpty());
    won.addAll(finalNow);
    IndexSet settled = IndexSet.of(won.stream().mapToLong(Long::longValue).toArray());
    // the same item may be taken again before its holder says what is inside from then on
    account.inside.computeIfPresent(settlement.holder(), (holder, inside) -> inside.minus(settled));
    boolean allFinal = account.counts().allFinal();
    return new Told<>(new SettleReply(settled, allFinal),
        firstFailure || (allFinal && changed));
  }

  private boolean win(long index, int attempt) {
    account.raise(index + 1);
    Claim claim = account.claims.get(index);
    if (account.finals.get((int) index) || (claim != null && claim.attempt() > attempt)) {
      return false;
    }
    account.end(index);
    return true;
  }

  private boolean winRetry(Settlement.RetryAt retry, Settlement settlement) {
    if (account.finals.get((int) retry.index())) {
      return false;
    }
    Claim claim = account.claims.get(retry.index());
    // the entry that this very holder wrote is won again: the reply of the first call may have been lost
    return claim == null || claim.attempt() <= settlement.attempt()
        || (claim instanceof Retry written && written.attempt() == retry.attempt() && written.holder().equals(settlement.holder()));
  }

  private void again(Settlement.RetryAt retry, Settlement settlement) {
    if (account.steering.cancelled) {
      account.close(retry.index(), now);
      return;
    }
    account.claim(retry.index(), new Retry(retry.attempt(), settlement.holder(), now.plus(retry.delay()).toEpochMilli()));
    account.suspects.remove(retry.index());
    if (retry.failure() != null) {
      List<PastAttempt> past = new ArrayList<>(account.history.getOrDefault(retry.index(), List.of()));
      PastAttempt attempt = new PastAttempt(settlement.attempt(), retry.failure(), settlement.holder(), now);
      if (past.isEmpty() || !past.getLast().repeats(attempt)) {
        past.add(attempt);
      }
      account.history.put(retry.index(), past.subList(Math.max(0, past.size() - PastAttempt.KEPT), past.size()));
    }
  }

  private void keep(ResultBlob blob, IndexSet finalNow) {
    if (blob != null) {
      IndexSet mask = blob.indexes().filter(finalNow::contains);
      if (!mask.isEmpty()) {
        account.results.put(mask.first(), new Kept(mask, blob));
      }
    }
  }
}
