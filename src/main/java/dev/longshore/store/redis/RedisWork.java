package dev.longshore.store.redis;

import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.job.Limits;
import dev.longshore.store.Ledger.CrashReply;
import dev.longshore.store.Ledger.Newer;
import dev.longshore.store.Ledger.PastAttempt;
import dev.longshore.store.Ledger.SettleReply;
import dev.longshore.store.Ledger.TakeReply;
import dev.longshore.store.ResultBlobCodec;
import dev.longshore.store.Settlement;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What workers do with items: take, settle, give back, stay alive. */
final class RedisWork {
  private static final byte[] NOTHING = new byte[0];

  private final JobScripts scripts;
  private final Duration leaseTime;

  RedisWork(JobScripts scripts, Duration leaseTime) {
    this.scripts = scripts;
    this.leaseTime = leaseTime;
  }

  TakeReply take(JobRef job, IndexSet indexes, int attempt, String holder) {
    bounded(indexes);
    Response reply = scripts.run(job, Script.TAKE, indexes, attempt, holder, leaseTime.toMillis());
    Map<Newer, IndexSet> newer = new LinkedHashMap<>();
    for (int i = 6; i < reply.size(); i += 3) {
      newer.put(new Newer(reply.get(i).toInteger(), Duration.ofMillis(reply.get(i + 1).toLong())), set(reply.get(i + 2)));
    }
    return new TakeReply(set(reply.get(0)), set(reply.get(1)), newer, set(reply.get(2)), set(reply.get(3)),
        set(reply.get(4)), set(reply.get(5)));
  }

  SettleReply settle(JobRef job, Settlement settlement) {
    IndexSet skipped = IndexSet.of(settlement.skipped().stream().mapToLong(Settlement.Failed::index).toArray());
    Collection<Group> failures = groups(settlement.failed());
    List<Object> arguments = new ArrayList<>();
    arguments.addAll(List.of(settlement.attempt(), settlement.holder(), settlement.busy().toNanos() / 1_000, RedisKeys.events(job),
        RedisLedger.event(job), settlement.succeeded(), skipped));
    boolean kept = settlement.results() != null;
    arguments.add(kept ? settlement.results().indexes() : "");
    arguments.add(kept ? ResultBlobCodec.encode(settlement.results()) : NOTHING);
    arguments.add(failures.size());
    IndexSet all = settlement.succeeded().plus(skipped);
    for (Group group : failures) {
      IndexSet indexes = group.indexes();
      all = all.plus(indexes);
      arguments.addAll(List.of(group.fingerprint, group.message, indexes));
    }
    Map<Newer, List<Long>> kinds = retries(settlement.retries());
    arguments.add(kinds.size());
    for (var retry : kinds.entrySet()) {
      IndexSet indexes = IndexSet.of(retry.getValue().stream().mapToLong(Long::longValue).toArray());
      all = all.plus(indexes);
      arguments.addAll(List.of(retry.getKey().attempt(), retry.getKey().delay().toMillis(), indexes));
    }
    for (Settlement.RetryAt retry : settlement.retries()) {
      if (retry.failure() != null) {
        arguments.addAll(List.of(retry.index(), RememberedAttempt.line(settlement, retry.failure())));
      }
    }
    bounded(all);
    Response reply = scripts.run(job, Script.SETTLE, arguments.toArray());
    return new SettleReply(set(reply.get(0)), reply.get(1).toInteger() == 1);
  }

  void release(JobRef job, IndexSet indexes, int attempt, String holder) {
    if (!indexes.isEmpty()) {
      bounded(indexes);
      scripts.run(job, Script.RELEASE, holder, indexes, attempt);
    }
  }

  void releaseOlder(JobRef job, String holder, Duration age) {
    scripts.run(job, Script.RELEASE, holder, "", age.toMillis());
  }

  void forget(JobRef job, String holder) {
    scripts.run(job, Script.RELEASE, holder);
  }

  Map<Long, List<PastAttempt>> attempts(JobRef job, IndexSet indexes) {
    Map<Long, List<PastAttempt>> attempts = new TreeMap<>();
    if (!indexes.isEmpty()) {
      bounded(indexes);
      Response reply = scripts.run(job, Script.HISTORY, indexes.stream().boxed().toArray());
      int[] at = {0};
      indexes.forEach(index -> {
        Response lines = reply.get(at[0]++);
        if (lines != null) {
          attempts.put(index, RememberedAttempt.read(lines.toString()));
        }
      });
    }
    return attempts;
  }

  void enter(JobRef job, String holder, IndexSet inside) {
    scripts.enter(job, holder, inside);
  }

  Map<JobRef, IndexSet> inside(Collection<JobRef> jobs, String holder) {
    Map<JobRef, IndexSet> all = new LinkedHashMap<>();
    scripts.runEach(jobs, Script.INSIDE, holder).forEach((job, reply) -> {
      IndexSet inside = set(reply);
      if (!inside.isEmpty()) {
        all.put(job, inside);
      }
    });
    return all;
  }

  CrashReply crashed(JobRef job, String holder, boolean alone) {
    Response reply = scripts.run(job, Script.CRASH, holder, alone ? 1 : 0, RedisKeys.events(job), RedisLedger.event(job));
    return new CrashReply(set(reply.get(0)), set(reply.get(1)));
  }

  Set<JobRef> beat(Collection<JobRef> jobs, String holder) {
    Set<JobRef> gone = new HashSet<>(jobs);
    gone.removeAll(scripts.runEach(jobs, Script.BEAT, holder).keySet());
    return gone;
  }

  /** The scripts look for leases that far before a range, and no farther. */
  private static void bounded(IndexSet indexes) {
    if (indexes.span() > Limits.CHUNK_ITEMS) {
      throw new IllegalArgumentException("indexes " + indexes + " reach over " + indexes.span() + ", more than " + Limits.CHUNK_ITEMS);
    }
  }

  /** Items that failed in one way: they share a fingerprint, and the text of the first stands for all. */
  private record Group(String fingerprint, String message, List<Long> items) {
    IndexSet indexes() {
      return IndexSet.of(items.stream().mapToLong(Long::longValue).toArray());
    }
  }

  private static Collection<Group> groups(List<Settlement.Failed> failed) {
    Map<String, Group> groups = new LinkedHashMap<>();
    for (Settlement.Failed item : failed) {
      String fingerprint = item.failure().fingerprint();
      groups.computeIfAbsent(fingerprint, f -> new Group(f, item.failure().message(), new ArrayList<>())).items().add(item.index());
    }
    return groups.values();
  }

  /** By attempt and delay, since one message each will carry them. */
  private static Map<Newer, List<Long>> retries(List<Settlement.RetryAt> retries) {
    Map<Newer, List<Long>> kinds = new LinkedHashMap<>();
    for (Settlement.RetryAt retry : retries) {
      kinds.computeIfAbsent(new Newer(retry.attempt(), retry.delay()), k -> new ArrayList<>()).add(retry.index());
    }
    return kinds;
  }

  static IndexSet set(Response text) {
    return IndexSet.parse(text.toString());
  }
}
