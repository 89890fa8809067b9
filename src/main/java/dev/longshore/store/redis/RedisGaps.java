package dev.longshore.store.redis;

import dev.longshore.job.ChunkCodec;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.job.Limits;
import dev.longshore.store.Ledger.Gaps;
import dev.longshore.store.ResultBlob;
import dev.longshore.store.redis.RedisResults.Mask;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The marks of what is to be fed again, and the gaps feed's side of the account. */
final class RedisGaps {
  private final JobScripts scripts;
  private final RedisResults results;
  private final Duration leaseTime;
  private final Duration retryGrace;

  RedisGaps(JobScripts scripts, RedisResults results, Duration leaseTime, Duration retryGrace) {
    this.scripts = scripts;
    this.results = results;
    this.leaseTime = leaseTime;
    this.retryGrace = retryGrace;
  }

  Gaps markMissing(JobRef job) {
    long marked = mark(job, false);
    Response reply = scripts.run(job, Script.GAPS, "marked", marked);
    return new Gaps(reply.get(0).toLong(), reply.get(1).toLong());
  }

  /** Marks all that is open, also what somebody will bring. */
  void markOpen(JobRef job) {
    mark(job, true);
  }

  private long mark(JobRef job, boolean everything) {
    long marked = 0;
    for (long start = 0; start >= 0;) {
      Response reply = scripts.run(job, Script.MARK, start, leaseTime.toMillis(), retryGrace.toMillis(), everything ? 1 : 0);
      start = reply.get(0).toLong();
      marked += reply.get(1).toLong();
    }
    return marked;
  }

  Optional<IndexSet> list(JobRef job, long epoch, long from, int maxRanges) {
    return Optional.ofNullable(scripts.run(job, Script.GAPS, "list", epoch, from, maxRanges)).map(RedisWork::set);
  }

  boolean fed(JobRef job, long epoch, IndexSet indexes) {
    return scripts.run(job, Script.GAPS, "fed", epoch, indexes) != null;
  }

  Optional<Long> restart(JobRef job) {
    return Optional.ofNullable(scripts.run(job, Script.GAPS, "restart")).map(reply -> reply.get(0).toLong());
  }

  Map<Long, byte[]> copies(JobRef job, IndexSet indexes) {
    Map<Long, byte[]> copies = new TreeMap<>();
    for (long from = indexes.isEmpty() ? 1 : indexes.first(); !indexes.isEmpty() && from <= indexes.last(); from += Limits.CHUNK_ITEMS) {
      List<Mask> kept = new ArrayList<>();
      scripts.run(job, Script.COPIES, from, Math.min(indexes.last(), from + Limits.CHUNK_ITEMS - 1)).forEach(member -> {
        Mask mask = Mask.of(member.toString());
        if (mask.indexes().stream().anyMatch(indexes::contains)) {
          kept.add(mask);
        }
      });
      List<ResultBlob> blobs = results.blobs(job, kept);
      for (int i = 0; i < kept.size(); i++) {
        if (blobs.get(i) != null && blobs.get(i).items() != null) {
          add(blobs.get(i), kept.get(i).indexes().filter(indexes::contains), copies);
        }
      }
    }
    return copies;
  }

  private static void add(ResultBlob blob, IndexSet wanted, Map<Long, byte[]> copies) {
    List<byte[]> lines = ChunkCodec.decode(blob.items().bytes(), blob.items().gzip());
    int[] at = {0};
    blob.itemsIndexes().forEach(index -> {
      byte[] line = lines.get(at[0]++);
      if (wanted.contains(index)) {
        copies.put(index, line);
      }
    });
  }
}
