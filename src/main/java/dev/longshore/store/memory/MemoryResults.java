package dev.longshore.store.memory;

import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemResult;
import dev.longshore.job.ItemResult.Status;
import dev.longshore.job.Limits;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.TreeMap;

/** Reads an account's results in index order, a window at a time, so that the account is locked for short. */
final class MemoryResults {
  private MemoryResults() {}

  /** The final items up to {@code next}, which is where to go on. */
  record Window(long next, List<ItemResult> items) {}

  /** The final items from {@code from} on; null behind the last one. */
  static Window window(Account account, long from) {
    if (from >= account.known) {
      return null;
    }
    long next = from + Limits.CHUNK_ITEMS;
    TreeMap<Long, ItemResult> items = new TreeMap<>();
    for (Account.Kept kept : account.results.subMap(from - Limits.CHUNK_ITEMS + 1, true, next - 1, true).values()) {
      for (ItemResult result : kept.blob().unpack(kept.mask().filter(index -> index >= from && index < next))) {
        items.put(result.index(), result);
      }
    }
    for (int index = account.finals.nextSetBit((int) from); index >= 0 && index < next; index = account.finals.nextSetBit(index + 1)) {
      items.putIfAbsent((long) index, new ItemResult(index, status(account, index), 0, null, null, null));
    }
    return new Window(next, new ArrayList<>(items.values()));
  }

  /** The failed items of the whole account from {@code from} on. */
  static List<ItemResult> failures(Account account, long from) {
    List<ItemResult> failures = new ArrayList<>();
    for (int at = account.failed.nextSetBit((int) from); at >= 0; at = account.failed.nextSetBit(Math.toIntExact(from))) {
      Window window = window(account, at);
      window.items().stream().filter(item -> item.status() == Status.FAILED).forEach(failures::add);
      from = window.next();
    }
    return failures;
  }

  /** What is set from {@code from} on, at most {@code maxRanges} ranges. */
  static IndexSet ranges(BitSet bits, long from, int maxRanges) {
    IndexSet.Builder found = new IndexSet.Builder();
    int first = bits.nextSetBit(Math.toIntExact(from));
    for (int ranges = 0; first >= 0 && ranges < maxRanges; ranges++) {
      int beyond = bits.nextClearBit(first);
      found.add(first, beyond - 1L);
      first = bits.nextSetBit(beyond);
    }
    return found.build();
  }

  /** Items that are final without a kept result still have an end to tell of. */
  private static Status status(Account account, int index) {
    return account.failed.get(index) ? Status.FAILED : account.skipped.get(index) ? Status.SKIPPED
        : account.cancelled.get(index) ? Status.CANCELLED : Status.SUCCEEDED;
  }
}
