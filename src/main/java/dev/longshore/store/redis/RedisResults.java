package dev.longshore.store.redis;

import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemResult;
import dev.longshore.job.ItemResult.Status;
import dev.longshore.job.JobRef;
import dev.longshore.job.Limits;
import dev.longshore.store.LedgerGoneException;
import dev.longshore.store.ResultBlob;
import dev.longshore.store.ResultBlobCodec;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Reads results in index order. No blob reaches farther than {@link Limits#CHUNK_ITEMS}, so a window of that many indexes, with what its
 * blobs hold beyond it, is all that is in memory at once.
 */
final class RedisResults {
  private static final int WINDOW = Limits.CHUNK_ITEMS;
  private static final int BLOBS_AT_ONCE = 8;

  private final RedisConnection redis;
  private final JobScripts scripts;

  RedisResults(RedisConnection redis, JobScripts scripts) {
    this.redis = redis;
    this.scripts = scripts;
  }

  /** A blob and which of its indexes count. */
  record Mask(String id, IndexSet indexes) {
    static Mask of(String member) {
      int colon = member.indexOf(':');
      return new Mask(member.substring(0, colon), IndexSet.parse(member.substring(colon + 1)));
    }
  }

  void read(JobRef job, long fromIndex, Consumer<ItemResult> action) {
    TreeMap<Long, ItemResult> ahead = new TreeMap<>();
    long known;
    long at = fromIndex;
    do {
      long end = at + WINDOW - 1;
      long lowest = at == fromIndex ? at - WINDOW + 1 : at;
      Response reply = scripts.run(job, Script.RESULTS, at, end, lowest);
      known = reply.get(0).toLong();
      List<Mask> masks = new ArrayList<>();
      reply.get(5).forEach(member -> masks.add(Mask.of(member.toString())));
      addBare(reply, masks, ahead);
      for (int i = 0; i < masks.size(); i += BLOBS_AT_ONCE) {
        List<Mask> some = masks.subList(i, Math.min(masks.size(), i + BLOBS_AT_ONCE));
        // all that comes from here on begins at or behind this blob
        emit(ahead, some.getFirst().indexes().first(), action);
        load(job, fromIndex, some, ahead);
      }
      at = end + 1;
      emit(ahead, at, action);
    } while (at < known);
    emit(ahead, Long.MAX_VALUE, action);
  }

  private void load(JobRef job, long fromIndex, List<Mask> masks, TreeMap<Long, ItemResult> ahead) {
    List<ResultBlob> blobs = blobs(job, masks);
    for (int i = 0; i < masks.size(); i++) {
      if (blobs.get(i) == null) {
        throw new LedgerGoneException(job);
      }
      for (ItemResult result : blobs.get(i).unpack(masks.get(i).indexes())) {
        if (result.index() >= fromIndex) {
          ahead.put(result.index(), result);
        }
      }
    }
  }

  /** The blobs of these masks, one each; null where there is none any more. */
  List<ResultBlob> blobs(JobRef job, List<Mask> masks) {
    List<ResultBlob> blobs = new ArrayList<>();
    for (int at = 0; at < masks.size(); at += BLOBS_AT_ONCE) {
      List<Mask> some = masks.subList(at, Math.min(masks.size(), at + BLOBS_AT_ONCE));
      Object[] arguments = new Object[some.size() + 1];
      arguments[0] = RedisKeys.results(job);
      for (int i = 0; i < some.size(); i++) {
        arguments[i + 1] = some.get(i).id();
      }
      redis.call(Command.HMGET, arguments).forEach(blob -> blobs.add(blob == null ? null : ResultBlobCodec.decode(blob.toBytes())));
    }
    return blobs;
  }

  /** Items that are final without a kept result still have an end to tell of. */
  private static void addBare(Response reply, List<Mask> masks, TreeMap<Long, ItemResult> ahead) {
    IndexSet bare = RedisWork.set(reply.get(1));
    for (Mask mask : masks) {
      bare = bare.minus(mask.indexes());
    }
    if (bare.isEmpty()) {
      return;
    }
    IndexSet failed = RedisWork.set(reply.get(2));
    IndexSet skipped = RedisWork.set(reply.get(3));
    IndexSet cancelled = RedisWork.set(reply.get(4));
    bare.forEach(index -> {
      Status status = failed.contains(index) ? Status.FAILED : skipped.contains(index) ? Status.SKIPPED
          : cancelled.contains(index) ? Status.CANCELLED : Status.SUCCEEDED;
      ahead.putIfAbsent(index, new ItemResult(index, status, 0, null, null, null));
    });
  }

  private static void emit(TreeMap<Long, ItemResult> ahead, long before, Consumer<ItemResult> action) {
    while (!ahead.isEmpty() && ahead.firstKey() < before) {
      action.accept(ahead.pollFirstEntry().getValue());
    }
  }
}
