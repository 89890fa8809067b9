package dev.longshore.store.memory;

import dev.longshore.job.FailureGroup;
import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemCounts;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.job.Limits;
import dev.longshore.store.JobReading;
import dev.longshore.store.Ledger.PastAttempt;
import dev.longshore.store.Ledger.RedriveReply;
import dev.longshore.store.ResultBlob;
import java.time.Duration;
import java.time.Instant;
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

  /** Who has an item that is not final: a lease or a retry entry. */
  sealed interface Claim {
    int attempt();

    String holder();
  }

  /** @param since when it was taken, by the account's clock */
  record Lease(int attempt, String holder, long since) implements Claim {}

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
  final BitSet marks = new BitSet();
  /** Where the JSON of marked items is. */
  final Map<Long, ResultBlob> copies = new TreeMap<>();
  /** The number of the last crash that each was inside at. */
  final TreeMap<Long, Long> suspects = new TreeMap<>();
  long suspectCrashes;
  final Map<Long, Integer> crashes = new HashMap<>();
  final Map<String, IndexSet> inside = new HashMap<>();
  final Map<Long, List<PastAttempt>> history = new HashMap<>();
  final Feed feed = new Feed();
  final Steering steering = new Steering();
  /** The gaps feed that may move, and when it last showed that it lives. */
  long gapsEpoch;
  long gapsBeat;
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
  long busyNanos;
  long busyItems;
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
    int crashes;

    void copy(Feed other) {
      epoch = other.epoch;
      index = other.index;
      position = other.position;
      complete = other.complete;
      beat = other.beat;
      started = other.started;
      holder = other.holder;
      crashes = other.crashes;
    }
  }

  /** What was asked of the job. */
  static final class Steering {
    boolean cancelled;
    boolean suspended;
    /** Active time up to {@code since}; null while the clock stands still. */
    Duration active = Duration.ZERO;
    Instant since;
    String request;
    RedriveReply reply;
    long failedBefore;
    /** The run whose first failure was told of. */
    int failureTold;

    void copy(Steering other) {
      cancelled = other.cancelled;
      suspended = other.suspended;
      active = other.active;
      since = other.since;
      request = other.request;
      reply = other.reply;
      failedBefore = other.failedBefore;
      failureTold = other.failureTold;
    }

    Duration active(Instant now) {
      return since == null || now.isBefore(since) ? active : active.plus(Duration.between(since, now));
    }

    /** Stops the clock, or lets it go on when the run has not ended. */
    void suspend(boolean stop, boolean running, Instant now) {
      if (stop && !suspended) {
        stop(now);
      } else if (!stop && suspended && running) {
        since = now;
      }
      suspended = stop;
    }

    void stop(Instant now) {
      active = active(now);
      since = null;
    }
  }

  Account(JobRef job, JobSpec spec, byte[] inline, Instant now) {
    this.job = job;
    this.spec = spec;
    this.inline = inline;
    seen = now.toEpochMilli();
    steering.since = now;
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
    marks.or(other.marks);
    copies.putAll(other.copies);
    suspects.putAll(other.suspects);
    suspectCrashes = other.suspectCrashes;
    crashes.putAll(other.crashes);
    inside.putAll(other.inside);
    other.history.forEach((index, attempts) -> history.put(index, List.copyOf(attempts)));
    feed.copy(other.feed);
    steering.copy(other.steering);
    gapsEpoch = other.gapsEpoch;
    gapsBeat = other.gapsBeat;
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

  long clock() {
    return clock;
  }

  /** The holder shows that it lives. */
  void beat(String holder) {
    holders.put(holder, clock);
  }

  boolean live(String holder, Duration leaseTime) {
    Long beat = holders.get(holder);
    return beat != null && clock - beat < leaseTime.toMillis();
  }

  /** Replaces what stands for an item; null makes it pending or leaves it final. */
  void claim(long index, Claim claim) {
    Claim before = claim == null ? claims.remove(index) : claims.put(index, claim);
    retrying += (claim instanceof Retry ? 1 : 0) - (before instanceof Retry ? 1 : 0);
  }

  void raise(long atLeast) {
    known = Math.max(known, atLeast);
    highest = Math.max(highest, atLeast);
  }

  /** Makes an item final: whatever was remembered of its way is done with. */
  void end(long index) {
    finals.set((int) index);
    claim(index, null);
    unmark(index);
    suspects.remove(index);
    crashes.remove(index);
    history.remove(index);
  }

  /** Ends an item as cancelled. */
  void close(long index, Instant now) {
    end(index);
    notSucceeded.set((int) index);
    cancelled.set((int) index);
    cancelledCount++;
    last = now;
  }

  /** Ends intake and closes what no live holder has. */
  void cancel(Duration leaseTime, Instant now) {
    if (ended != null) {
      return;
    }
    if (!steering.cancelled) {
      steering.cancelled = true;
      suspects.clear();
      crashes.clear();
      history.clear();
      marks.clear();
      copies.clear();
      known = Math.max(known, highest);
      feed.epoch += feed.complete ? 0 : 1;
      feed.complete = true;
    }
    for (int index = finals.nextClearBit(0); index < known; index = finals.nextClearBit(index + 1)) {
      if (!(claims.get((long) index) instanceof Lease lease && live(lease.holder(), leaseTime))) {
        close(index, now);
      }
    }
  }

  /** It need not be fed again. */
  void unmark(long index) {
    marks.clear((int) index);
    copies.remove(index);
  }

  void addToGroup(String fingerprint, long index, String message) {
    String name = groups.containsKey(fingerprint) || groups.size() < GROUPS ? fingerprint : FailureGroup.OTHER;
    FailureGroup group = groups.getOrDefault(name, new FailureGroup(name, 0, index, message));
    groups.put(name, new FailureGroup(name, group.count() + 1, group.example(), group.message()));
  }

  /** The groups, most frequent first. */
  List<FailureGroup> topGroups(int max) {
    return groups.values().stream()
        .sorted(Comparator.comparingLong(FailureGroup::count).thenComparing(FailureGroup::fingerprint).reversed()).limit(max).toList();
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

  JobReading reading(Instant now) {
    Duration idle = feed.complete ? Duration.ZERO : Duration.ofMillis(clock - feed.beat);
    long marked = marks.cardinality();
    JobReading.Gaps gaps = new JobReading.Gaps(gapsEpoch, marked, marked == 0 ? Duration.ZERO : Duration.ofMillis(clock - gapsBeat));
    JobReading.Steering asked = new JobReading.Steering(steering.suspended, steering.cancelled, steering.active(now), steering.request,
        steering.reply == null ? 0 : steering.reply.items(), steering.failedBefore);
    return new JobReading(counts(), run, ended, new JobReading.Intake(feed.epoch, feed.complete, idle), gaps, asked, started, last,
        feed.started, new JobReading.Busy(Duration.ofNanos(busyNanos), busyItems), fatal, topGroups(10));
  }

  /** The ledger's limit, the same for every adapter. */
  static void bounded(IndexSet indexes) {
    if (indexes.span() > Limits.CHUNK_ITEMS) {
      throw new IllegalArgumentException("indexes " + indexes + " reach over " + indexes.span() + ", more than " + Limits.CHUNK_ITEMS);
    }
  }
}
