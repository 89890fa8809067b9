package dev.longshore.store.redis;

import dev.longshore.job.FailureGroup;
import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemResult;
import dev.longshore.job.ItemResult.Status;
import dev.longshore.job.JobRef;
import dev.longshore.store.ResultBlob;
import dev.longshore.store.redis.RedisResults.Mask;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Reads the failed items in index order, a window that holds one at a time: what lies between them is passed over. */
final class RedisFailures {
  private final JobScripts scripts;
  private final RedisResults results;
  private final RedisReadings readings;

  RedisFailures(JobScripts scripts, RedisResults results, RedisReadings readings) {
    this.scripts = scripts;
    this.results = results;
    this.readings = readings;
  }

  /**
   * Failed items that reach over a chunk at most, none of them before the one that was asked for.
   *
   * @param items with why they failed, where that was kept
   */
  record Window(IndexSet indexes, Collection<ItemResult> items) {}

  void read(JobRef job, Optional<String> fingerprint, Consumer<ItemResult> action) {
    Predicate<ItemResult> chosen = fingerprint.map(f -> inGroup(job, f)).orElse(item -> true);
    for (Window window = window(job, 0); !window.indexes().isEmpty(); window = window(job, window.indexes().last() + 1)) {
      window.items().stream().filter(chosen).forEach(action);
    }
  }

  /** Whether a failed item is in the group of that fingerprint, as of now. */
  Predicate<ItemResult> inGroup(JobRef job, String fingerprint) {
    Set<String> named = readings.failureGroups(job, Integer.MAX_VALUE).stream().map(FailureGroup::fingerprint).collect(Collectors.toSet());
    return item -> item.failure() != null && (fingerprint.equals(item.failure().fingerprint())
        || (fingerprint.equals(FailureGroup.OTHER) && !named.contains(item.failure().fingerprint())));
  }

  /** The window that begins with the first failed item at or behind {@code from}; an empty one behind the last. */
  Window window(JobRef job, long from) {
    Response reply = scripts.run(job, Script.FAILURES, from);
    IndexSet failed = RedisWork.set(reply.get(0));
    List<Mask> masks = new ArrayList<>();
    reply.get(1).forEach(member -> {
      Mask mask = Mask.of(member.toString());
      IndexSet of = mask.indexes().filter(failed::contains);
      if (!of.isEmpty()) {
        masks.add(new Mask(mask.id(), of));
      }
    });
    TreeMap<Long, ItemResult> items = new TreeMap<>();
    failed.forEach(index -> items.put(index, new ItemResult(index, Status.FAILED, 0, null, null, null)));
    List<ResultBlob> blobs = results.blobs(job, masks);
    for (int i = 0; i < masks.size(); i++) {
      // one that is gone was redriven and fed meanwhile
      if (blobs.get(i) != null) {
        blobs.get(i).unpack(masks.get(i).indexes()).forEach(item -> items.put(item.index(), item));
      }
    }
    return new Window(failed, items.values());
  }
}
