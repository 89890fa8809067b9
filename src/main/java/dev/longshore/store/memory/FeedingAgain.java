package dev.longshore.store.memory;

import dev.longshore.job.ChunkCodec;
import dev.longshore.job.IndexSet;
import dev.longshore.store.Ledger.Gaps;
import dev.longshore.store.ResultBlob;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The marks of an account, and the feed that brings what is marked back to work. */
final class FeedingAgain {
  private final Account account;

  FeedingAgain(Account account) {
    this.account = account;
  }

  /** Marks; begins a new epoch when it marked anything. */
  Gaps mark(IndexSet missing) {
    missing.forEach(index -> account.marks.set((int) index));
    if (!missing.isEmpty()) {
      begin();
    }
    return new Gaps(account.gapsEpoch, account.marks.cardinality());
  }

  void begin() {
    account.gapsEpoch++;
    account.gapsBeat = account.clock();
  }

  Optional<IndexSet> gaps(long epoch, long from, int maxRanges) {
    if (epoch != account.gapsEpoch) {
      return Optional.empty();
    }
    account.gapsBeat = account.clock();
    return Optional.of(MemoryResults.ranges(account.marks, from, maxRanges));
  }

  boolean fed(long epoch, IndexSet indexes) {
    if (epoch != account.gapsEpoch) {
      return false;
    }
    account.gapsBeat = account.clock();
    indexes.forEach(account::unmark);
    return true;
  }

  Optional<Long> restart() {
    if (account.marks.isEmpty()) {
      return Optional.empty();
    }
    begin();
    return Optional.of(account.gapsEpoch);
  }

  Map<Long, byte[]> copies(IndexSet indexes) {
    Map<Long, byte[]> copies = new TreeMap<>();
    indexes.forEach(index -> {
      ResultBlob blob = account.copies.get(index);
      if (blob != null && blob.items() != null) {
        List<byte[]> lines = ChunkCodec.decode(blob.items().bytes(), blob.items().gzip());
        copies.put(index, lines.get((int) blob.itemsIndexes().stream().filter(held -> held < index).count()));
      }
    });
    return copies;
  }
}
