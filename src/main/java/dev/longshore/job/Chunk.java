package dev.longshore.job;

import java.util.List;

/**
 * One message's worth of items: the unit of delivery.
 *
 * @param indexes of the items, in ascending order; at most {@link Limits#CHUNK_ITEMS}, and no farther apart than that
 * @param attempt the attempt that this message asks for, the same for all its items
 * @param items the JSON of each, in the order of the indexes
 */
public record Chunk(IndexSet indexes, int attempt, List<byte[]> items) {
  public Chunk {
    if (indexes.isEmpty() || indexes.size() != items.size()) {
      throw new IllegalArgumentException(indexes.size() + " indexes for " + items.size() + " items");
    }
    if (indexes.span() > Limits.CHUNK_ITEMS) {
      throw new IllegalArgumentException("a chunk's indexes reach over " + indexes.span() + ", more than " + Limits.CHUNK_ITEMS);
    }
    if (attempt < 1) {
      throw new IllegalArgumentException("attempt " + attempt);
    }
  }

  /** The part of this chunk with the given indexes, each of which it must hold; {@code attempt} may differ. */
  public Chunk part(IndexSet some, int newAttempt) {
    java.util.ArrayList<byte[]> chosen = new java.util.ArrayList<>((int) some.size());
    int[] at = {0};
    indexes.forEach(index -> {
      if (some.contains(index)) {
        chosen.add(items.get(at[0]));
      }
      at[0]++;
    });
    return new Chunk(some, newAttempt, List.copyOf(chosen));
  }
}
