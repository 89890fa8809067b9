package dev.longshore.store.memory;

import dev.longshore.job.FailureGroup;
import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemResult;
import dev.longshore.job.ItemResult.Status;
import dev.longshore.store.Ledger.Gaps;
import dev.longshore.store.Ledger.RedriveReply;
import dev.longshore.store.Ledger.Selection;
import dev.longshore.store.memory.Account.Kept;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Opens failed items of an account again. */
final class Redrive {
  private final Account account;
  private final Instant now;

  Redrive(Account account, Instant now) {
    this.account = account;
    this.now = now;
  }

  RedriveReply run(String request, Selection selection) {
    Account.Steering steering = account.steering;
    if (request.equals(steering.request)) {
      return steering.reply;
    }
    boolean ended = account.ended != null && !steering.cancelled;
    long items = steering.cancelled ? 0 : open(selection);
    Optional<Long> intake = Optional.empty();
    if (ended) {
      markOpen();
      items = account.marks.cardinality();
      if (items > 0 || !account.feed.complete) {
        intake = beginRun();
      }
    }
    steering.failedBefore = Math.min(steering.failedBefore, account.failedCount);
    Gaps gaps = new Gaps(account.gapsEpoch, 0);
    if (items > 0) {
      new FeedingAgain(account).begin();
      gaps = new Gaps(account.gapsEpoch, account.marks.cardinality());
    }
    steering.request = request;
    steering.reply = new RedriveReply(items, account.run, gaps, intake);
    return steering.reply;
  }

  /** Returns the epoch of the intake feed when that has to go on. */
  private Optional<Long> beginRun() {
    account.run++;
    account.ended = null;
    account.fatal = null;
    account.feed.crashes = 0;
    account.steering.failedBefore = account.failedCount;
    account.steering.active = Duration.ZERO;
    account.steering.since = account.steering.suspended ? null : now;
    if (account.feed.complete) {
      return Optional.empty();
    }
    account.feed.beat = account.clock();
    return Optional.of(++account.feed.epoch);
  }

  /** Every item that the ended run left open. */
  private void markOpen() {
    for (int index = account.finals.nextClearBit(0); index < account.known; index = account.finals.nextClearBit(index + 1)) {
      account.marks.set(index);
    }
  }

  private long open(Selection selection) {
    Set<String> named = new HashSet<>(account.groups.keySet());
    IndexSet.Builder opened = new IndexSet.Builder();
    MemoryResults.failures(account, 0).forEach(item -> {
      String fingerprint = item.failure() == null ? "" : item.failure().fingerprint();
      boolean chosen = switch (selection) {
        case Selection.All all -> true;
        case Selection.Indexes some -> some.indexes().contains(item.index());
        case Selection.Group group -> inGroup(group.fingerprint(), item, named);
      };
      if (chosen) {
        open(item.index(), fingerprint);
        opened.add(item.index());
      }
    });
    cutResults(opened.build());
    return opened.build().size();
  }

  /** Whether a failed item is in the group of that fingerprint. */
  static boolean inGroup(String fingerprint, ItemResult item, Set<String> named) {
    return item.status() == Status.FAILED && item.failure() != null && (fingerprint.equals(item.failure().fingerprint())
        || (fingerprint.equals(FailureGroup.OTHER) && !named.contains(item.failure().fingerprint())));
  }

  private void open(long index, String fingerprint) {
    account.finals.clear((int) index);
    account.notSucceeded.clear((int) index);
    account.failed.clear((int) index);
    account.marks.set((int) index);
    account.failedCount--;
    // one without a kept failure, or whose group has none left, is taken from the largest
    String name = account.groups.containsKey(fingerprint) ? fingerprint
        : account.groups.containsKey(FailureGroup.OTHER) ? FailureGroup.OTHER : account.topGroups(1).getFirst().fingerprint();
    FailureGroup group = account.groups.get(name);
    if (group.count() == 1) {
      account.groups.remove(name);
    } else {
      account.groups.put(name, new FailureGroup(name, group.count() - 1, group.example(), group.message()));
    }
  }

  private void cutResults(IndexSet opened) {
    for (Kept kept : List.copyOf(account.results.values())) {
      IndexSet taken = kept.mask().filter(opened::contains);
      if (!taken.isEmpty()) {
        account.results.remove(kept.mask().first());
        taken.forEach(index -> account.copies.put(index, kept.blob()));
        IndexSet rest = kept.mask().minus(taken);
        if (!rest.isEmpty()) {
          account.results.put(rest.first(), new Kept(rest, kept.blob()));
        }
      }
    }
  }
}
