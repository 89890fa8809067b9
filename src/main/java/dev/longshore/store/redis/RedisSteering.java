package dev.longshore.store.redis;

import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemResult;
import dev.longshore.job.JobRef;
import dev.longshore.store.Ledger.Gaps;
import dev.longshore.store.Ledger.RedriveReply;
import dev.longshore.store.Ledger.Selection;
import dev.longshore.store.redis.RedisFailures.Window;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Cancel and redrive: one script for each window of a job, so that none holds up Redis for long. */
final class RedisSteering {
  private final JobScripts scripts;
  private final RedisFailures failures;
  private final RedisGaps gaps;
  private final Duration leaseTime;

  RedisSteering(JobScripts scripts, RedisFailures failures, RedisGaps gaps, Duration leaseTime) {
    this.scripts = scripts;
    this.failures = failures;
    this.gaps = gaps;
    this.leaseTime = leaseTime;
  }

  void cancel(JobRef job) {
    for (long start = 0; start >= 0;) {
      start = scripts.run(job, Script.CANCEL, start, leaseTime.toMillis(), RedisKeys.events(job), RedisLedger.event(job)).toLong();
    }
  }

  RedriveReply redrive(JobRef job, String request, Selection selection) {
    Response begun = scripts.run(job, Script.REDRIVE, "begin", request);
    String before = begun.get(0).toString();
    if (!before.isEmpty()) {
      return reply(before);
    }
    Predicate<ItemResult> chosen = switch (selection) {
      case Selection.All all -> item -> true;
      case Selection.Indexes some -> item -> some.indexes().contains(item.index());
      case Selection.Group group -> failures.inGroup(job, group.fingerprint());
    };
    for (long from = next(selection, 0); from >= 0;) {
      Window window = failures.window(job, from);
      open(job, request, window.items().stream().filter(chosen).toList());
      from = window.indexes().isEmpty() ? -1 : next(selection, window.indexes().last() + 1);
    }
    return end(job, request, begun.get(1).toInteger() == 1);
  }

  /** Where to look for failed items from {@code from} on; -1 when none of those that follow is chosen. */
  private static long next(Selection selection, long from) {
    return selection instanceof Selection.Indexes some
        ? some.indexes().ranges().stream().filter(range -> range.last() >= from).mapToLong(range -> Math.max(range.first(), from)).findFirst()
            .orElse(-1)
        : from;
  }

  /** What an ended run left open is marked before the next one begins: after a crash in between, the request finds the run ended again. */
  private RedriveReply end(JobRef job, String request, boolean ended) {
    if (ended) {
      gaps.markOpen(job);
    }
    String reply = scripts.run(job, Script.REDRIVE, "end", request, ended ? 1 : 0).toString();
    return reply.isEmpty() ? end(job, request, true) : reply(reply);
  }

  private void open(JobRef job, String request, List<ItemResult> items) {
    Map<String, IndexSet.Builder> groups = new TreeMap<>();
    items.forEach(item -> groups.computeIfAbsent(item.failure() == null ? "" : item.failure().fingerprint(), f -> new IndexSet.Builder())
        .add(item.index()));
    if (!groups.isEmpty()) {
      List<Object> arguments = new ArrayList<>(List.of("open", request));
      groups.forEach((fingerprint, indexes) -> arguments.addAll(List.of(fingerprint, indexes.build())));
      scripts.run(job, Script.REDRIVE, arguments.toArray());
    }
  }

  private static RedriveReply reply(String stored) {
    String[] parts = stored.split(" ");
    long intake = Long.parseLong(parts[4]);
    return new RedriveReply(Long.parseLong(parts[0]), Integer.parseInt(parts[1]),
        new Gaps(Long.parseLong(parts[2]), Long.parseLong(parts[3])), intake == 0 ? Optional.empty() : Optional.of(intake));
  }
}
