package dev.longshore.store.memory;

import dev.longshore.job.FailureGroup;
import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemCounts;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.job.Limits;
import dev.longshore.store.JobReading;
import dev.longshore.store.Ledger.Newer;
import dev.longshore.store.Ledger.SettleReply;
import dev.longshore.store.Ledger.TakeReply;
import dev.longshore.store.ResultBlob;
import dev.longshore.store.Settlement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** One job's account. Whoever calls it holds its lock. */
final class Account {
  private static final int GROUPS = 1_000;
  private static final long DUE_STEP = 250;

  /** Who has an item that is not final: a lease or a retry entry. */
  sealed interface Claim {
    int attempt();

    String holder();
  }

  record Lease(int attempt, String holder) implements Claim {}

  record Retry(int attempt, String holder, long due) implements Claim {}

  /** A blob and which of its indexes count. */
  record Kept(IndexSet mask, ResultBlob blob) {}

  final JobRef job;
  final byte[] inline;
  JobSpec spec;
  final BitSet finals = new BitSet();
  final BitSet notSucceeded = new BitSet();
  final BitSet failed = new BitSet();
  final BitSet skipped = new BitSet();
  final BitSet cancelled = new BitSet();
  final TreeMap<Long, Claim> claims = new TreeMap<>();
  final TreeMap<Long, Kept> results = new TreeMap<>();
  final Map<String, Long> holders = new HashMap<>();
  final Map<String, FailureGroup> groups = new LinkedHashMap<>();
  final Feed feed = new Feed();
  long known;
  long highest;
  long retrying;
  long succeededCount;
  long failedCount;
  long skippedCount;
  long cancelledCount;
  int run = 1;
  String ended;
  JobReading.FatalError fatal;
  Instant started;
  Instant last;
  private long busyNanos;
  private long busyItems;
  private long clock;
  private long seen;

  /** The feed's place, and when it last showed that it lives by the account's clock. */
  static final class Feed {
    long epoch = 1;
    long index;
    String position;
    boolean complete;
    long beat;
    Instant started;
    /** Who reads the source; null while nobody does. */
    String holder;
  }

  Account(JobRef job, JobSpec spec, byte[] inline, Instant now) {
    this.job = job;
    this.spec = spec;
    this.inline = inline;
    seen = now.toEpochMilli();
  }

  /** A copy that shares nothing that changes. */
  Account(Account other) {
    this(other.job, other.spec, other.inline, Instant.ofEpochMilli(other.seen));
    finals.or(other.finals);
    notSucceeded.or(other.notSucceeded);
    failed.or(other.failed);
    skipped.or(other.skipped);
    cancelled.or(other.cancelled);
    claims.putAll(other.claims);
    results.putAll(other.results);
    holders.putAll(other.holders);
    groups.putAll(other.groups);
    feed.epoch = other.feed.epoch;
    feed.index = other.feed.index;
    feed.position = other.feed.position;
    feed.complete = other.feed.complete;
    feed.beat = other.feed.beat;
    feed.started = other.feed.started;
    feed.holder = other.feed.holder;
    known = other.known;
    highest = other.highest;
    retrying = other.retrying;
    succeededCount = other.succeededCount;
    failedCount = other.failedCount;
    skippedCount = other.skippedCount;
    cancelledCount = other.cancelledCount;
    run = other.run;
    ended = other.ended;
    fatal = other.fatal;
    started = other.started;
    last = other.last;
    busyNanos = other.busyNanos;
    busyItems = other.busyItems;
    clock = other.clock;
  }

  /** The account's own clock: moves with real time, but at most 1 s from one call to the next. */
  long tick(Instant now) {
    long millis = now.toEpochMilli();
    clock += Math.max(0, Math.min(millis - seen, 1_000));
    seen = millis;
    return clock;
  }

  boolean live(String holder, Duration leaseTime) {
    Long beat = holders.get(holder);
    return beat != null && clock - beat < leaseTime.toMillis();
  }

  TakeReply take(IndexSet asked, int attempt, String holder, Duration leaseTime, Instant now) {
    IndexSet.Builder yours = new IndexSet.Builder();
    IndexSet.Builder done = new IndexSet.Builder();
    IndexSet.Builder leased = new IndexSet.Builder();
    Map<Newer, IndexSet.Builder> newer = new LinkedHashMap<>();
    raise(asked.last() + 1);
    asked.forEach(index -> {
      Claim claim = claims.get(index);
      if (finals.get((int) index)) {
        done.add(index);
      } else if (claim != null && claim.attempt() > attempt) {
        newer.computeIfAbsent(new Newer(claim.attempt(), due(claim, now)), n -> new IndexSet.Builder()).add(index);
      } else if (claim instanceof Lease lease && !lease.holder().equals(holder) && live(lease.holder(), leaseTime)) {
        leased.add(index);
      } else {
        claim(index, new Lease(attempt, holder));
        yours.add(index);
      }
    });
    // asking shows that the asker lives
    holders.put(holder, clock);
    IndexSet mine = yours.build();
    if (started == null && !mine.isEmpty()) {
      started = now;
    }
    Map<Newer, IndexSet> built = new LinkedHashMap<>();
    newer.forEach((claim, indexes) -> built.put(claim, indexes.build()));
    return new TakeReply(mine, done.build(), built, leased.build(), IndexSet.empty(), IndexSet.empty());
  }

  /** In steps, so that entries due about together travel as one message. */
  private static Duration due(Claim claim, Instant now) {
    if (!(claim instanceof Retry retry)) {
      return Duration.ZERO;
    }
    long wait = Math.max(0, retry.due() - now.toEpochMilli());
    return Duration.ofMillis((wait + DUE_STEP - 1) / DUE_STEP * DUE_STEP);
  }

  /** Replaces what stands for an item; null makes it pending or leaves it final. */
  private void claim(long index, Claim claim) {
    Claim before = claim == null ? claims.remove(index) : claims.put(index, claim);
    retrying += (claim instanceof Retry ? 1 : 0) - (before instanceof Retry ? 1 : 0);
  }

  private void raise(long atLeast) {
    known = Math.max(known, atLeast);
    highest = Math.max(highest, atLeast);
  }

  SettleReply settle(Settlement settlement, Instant now) {
    List<Long> finalNow = new ArrayList<>();
    List<Long> won = new ArrayList<>();
    settlement.succeeded().forEach(index -> {
      if (win(index, settlement.attempt())) {
        succeededCount++;
        finalNow.add(index);
      }
    });
    for (Settlement.Failed item : settlement.failed()) {
      if (win(item.index(), settlement.attempt())) {
        failedCount++;
        notSucceeded.set((int) item.index());
        failed.set((int) item.index());
        group(item);
        finalNow.add(item.index());
      }
    }
    for (Settlement.Failed item : settlement.skipped()) {
      if (win(item.index(), settlement.attempt())) {
        skippedCount++;
        notSucceeded.set((int) item.index());
        skipped.set((int) item.index());
        finalNow.add(item.index());
      }
    }
    for (Settlement.RetryAt retry : settlement.retries()) {
      if (winRetry(retry, settlement)) {
        claim(retry.index(), new Retry(retry.attempt(), settlement.holder(), now.plus(retry.delay()).toEpochMilli()));
        won.add(retry.index());
      }
      raise(retry.index() + 1);
    }
    busyNanos += settlement.busy().toNanos();
    busyItems += settlement.succeeded().size() + settlement.failed().size() + settlement.skipped().size() + settlement.retries().size();
    if (!finalNow.isEmpty()) {
      last = now;
      keep(settlement.results(), IndexSet.of(finalNow.stream().mapToLong(Long::longValue).toArray()));
    }
    won.addAll(finalNow);
    return new SettleReply(IndexSet.of(won.stream().mapToLong(Long::longValue).toArray()), counts().allFinal());
  }

  private boolean win(long index, int attempt) {
    raise(index + 1);
    Claim claim = claims.get(index);
    if (finals.get((int) index) || (claim != null && claim.attempt() > attempt)) {
      return false;
    }
    finals.set((int) index);
    claim(index, null);
    return true;
  }

  private boolean winRetry(Settlement.RetryAt retry, Settlement settlement) {
    if (finals.get((int) retry.index())) {
      return false;
    }
    Claim claim = claims.get(retry.index());
    // the entry that this very holder wrote is won again: the reply of the first call may have been lost
    return claim == null || claim.attempt() <= settlement.attempt()
        || (claim instanceof Retry written && written.attempt() == retry.attempt() && written.holder().equals(settlement.holder()));
  }

  private void group(Settlement.Failed item) {
    String fingerprint = item.failure().fingerprint();
    String name = groups.containsKey(fingerprint) || groups.size() < GROUPS ? fingerprint : "other";
    FailureGroup group = groups.getOrDefault(name, new FailureGroup(name, 0, item.index(), item.failure().message()));
    groups.put(name, new FailureGroup(name, group.count() + 1, group.example(), group.message()));
  }

  private void keep(ResultBlob blob, IndexSet finalNow) {
    if (blob != null) {
      IndexSet mask = blob.indexes().filter(finalNow::contains);
      if (!mask.isEmpty()) {
        results.put(mask.first(), new Kept(mask, blob));
      }
    }
  }

  /** Ends leases without an outcome; a null {@code indexes} means all of the holder's. */
  void giveBack(IndexSet indexes, int attempt, String holder, Instant now) {
    Map<Long, Claim> asked = indexes == null ? claims : claims.subMap(indexes.first(), true, indexes.last(), true);
    for (Map.Entry<Long, Claim> entry : List.copyOf(asked.entrySet())) {
      if (entry.getValue() instanceof Lease lease && lease.holder().equals(holder)
          && (indexes == null || (lease.attempt() == attempt && indexes.contains(entry.getKey())))) {
        claim(entry.getKey(), lease.attempt() == 1 ? null : new Retry(lease.attempt(), holder, now.toEpochMilli()));
      }
    }
  }

  ItemCounts counts() {
    long leased = claims.size() - retrying;
    long pending = known - claims.size() - succeededCount - failedCount - skippedCount - cancelledCount;
    return new ItemCounts(known, feed.complete, pending, leased, retrying, succeededCount, failedCount, skippedCount, cancelledCount);
  }

  /** The mean for one item; null before the first. */
  Duration serviceTime() {
    return busyItems == 0 ? null : Duration.ofNanos(busyNanos / busyItems);
  }

  JobReading reading() {
    Duration idle = feed.complete ? Duration.ZERO : Duration.ofMillis(clock - feed.beat);
    List<FailureGroup> top = groups.values().stream().sorted(Comparator.comparingLong(FailureGroup::count).reversed()).limit(10).toList();
    return new JobReading(counts(), run, ended, new JobReading.Intake(feed.epoch, feed.complete, idle), JobReading.Gaps.NONE, JobReading.Steering.NONE, started, last, feed.started,
        serviceTime(), fatal, top);
  }

  /** The ledger's limit, the same for every adapter. */
  static void bounded(IndexSet indexes) {
    if (indexes.span() > Limits.CHUNK_ITEMS) {
      throw new IllegalArgumentException("indexes " + indexes + " reach over " + indexes.span() + ", more than " + Limits.CHUNK_ITEMS);
    }
  }
}
