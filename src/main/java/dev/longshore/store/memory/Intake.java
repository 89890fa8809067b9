package dev.longshore.store.memory;

import dev.longshore.store.Ledger.IntakeState;
import dev.longshore.store.Ledger.Pace;
import dev.longshore.store.memory.MemoryLedger.Told;
import java.time.Instant;
import java.util.Optional;

/** The intake feed's side of an account: how far it has come, and which feed may move. */
final class Intake {
  private final Account account;
  private final Account.Feed feed;

  Intake(Account account) {
    this.account = account;
    feed = account.feed;
  }

  private boolean fenced(long epoch) {
    if (feed.epoch != epoch || feed.complete) {
      return true;
    }
    feed.beat = account.clock();
    return false;
  }

  Optional<IntakeState> begin(long epoch, String holder, Instant now) {
    if (fenced(epoch)) {
      return Optional.empty();
    }
    feed.started = feed.started == null ? now : feed.started;
    feed.holder = holder;
    return Optional.of(new IntakeState(Optional.ofNullable(feed.position), feed.index, account.known));
  }

  Told<Boolean> announce(long epoch, long known) {
    if (fenced(epoch)) {
      return new Told<>(false, false);
    }
    long before = account.known;
    account.known = Math.max(before, known);
    boolean doubled = Long.numberOfLeadingZeros(account.known) < Long.numberOfLeadingZeros(before);
    return new Told<>(true, doubled);
  }

  Optional<Pace> advance(long epoch, long index, String position) {
    if (fenced(epoch)) {
      return Optional.empty();
    }
    feed.crashes = index > feed.index ? 0 : feed.crashes;
    if (index >= feed.index) {
      feed.index = index;
      feed.position = position;
    }
    return Optional.of(new Pace(account.counts().finished(), account.counts().failed(), account.serviceTime()));
  }

  Told<Boolean> complete(long epoch, long total) {
    if (feed.epoch != epoch) {
      return new Told<>(false, false);
    }
    // when it is complete already, this is the same feed's word again: its first reply was lost
    boolean ended = !feed.complete;
    if (ended) {
      feed.complete = true;
      feed.holder = null;
      account.known = Math.max(account.highest, total);
    }
    return new Told<>(true, ended);
  }

  void leave(long epoch, String holder) {
    if (!fenced(epoch) && holder.equals(feed.holder)) {
      feed.holder = null;
    }
  }

  Optional<Long> restart() {
    if (feed.complete) {
      return Optional.empty();
    }
    feed.beat = account.clock();
    return Optional.of(++feed.epoch);
  }
}
