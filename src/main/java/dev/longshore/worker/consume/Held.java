package dev.longshore.worker.consume;

import dev.longshore.job.IndexSet;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * The indexes that this process has in hand. A second delivery of one of them would find the lease to be this worker's own, so the ledger
 * cannot tell that it is being worked on.
 */
final class Held {
  private final Map<Object, IndexSet> byOwner = new IdentityHashMap<>();

  /** Holds indexes for {@code owner}. False, and nothing is held, when one of them is held already. */
  synchronized boolean hold(Object owner, IndexSet indexes) {
    for (IndexSet other : byOwner.values()) {
      if (meet(other, indexes)) {
        return false;
      }
    }
    byOwner.put(owner, indexes);
    return true;
  }

  /** Holds no more than {@code indexes} for {@code owner}. */
  synchronized void keep(Object owner, IndexSet indexes) {
    if (indexes.isEmpty()) {
      byOwner.remove(owner);
    } else {
      byOwner.put(owner, indexes);
    }
  }

  /** These are settled, or will be handed on now. */
  synchronized void release(Object owner, IndexSet indexes) {
    IndexSet left = byOwner.getOrDefault(owner, IndexSet.empty());
    keep(owner, left.equals(indexes) ? IndexSet.empty() : left.minus(indexes));
  }

  synchronized void release(Object owner) {
    byOwner.remove(owner);
  }

  private static boolean meet(IndexSet a, IndexSet b) {
    if (a.last() < b.first() || b.last() < a.first()) {
      return false;
    }
    return a.rangeCount() == 1 && b.rangeCount() == 1 || a.stream().anyMatch(b::contains);
  }
}
