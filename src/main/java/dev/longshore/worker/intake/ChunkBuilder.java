package dev.longshore.worker.intake;

import dev.longshore.job.Chunk;
import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import dev.longshore.job.Limits;
import dev.longshore.source.SourceRecord;
import dev.longshore.store.Settlement.Failed;
import java.util.ArrayList;
import java.util.List;

/** Gathers records until they are a chunk; records that cannot be read leave a gap in its indexes. */
final class ChunkBuilder {
  private final int mostBytes;
  private long next;
  private int mostItems;
  private long start;
  private List<byte[]> items = new ArrayList<>();
  private List<byte[]> malformed = new ArrayList<>();
  private List<Failed> skipped = new ArrayList<>();
  private IndexSet.Builder indexes = new IndexSet.Builder();
  private int bytes;

  ChunkBuilder(long next, int mostItems, int mostBytes) {
    this.next = next;
    this.start = next;
    this.mostItems = mostItems;
    this.mostBytes = mostBytes;
  }

  /**
   * A run of records.
   *
   * @param chunk its good ones; null when there is none
   * @param skipped its malformed ones
   * @param raw the JSON text of each malformed one
   * @param end the index behind the last
   */
  record Piece(Chunk chunk, List<Failed> skipped, List<byte[]> raw, long end) {}

  /** The index of the next record. */
  long next() {
    return next;
  }

  /** Leaves indexes out: the next record has this one. */
  void jumpTo(long index) {
    start = isEmpty() ? index : start;
    next = index;
  }

  /** Whether a chunk may hold both what was gathered and this index. */
  boolean reaches(long index) {
    return isEmpty() || index - start < Limits.CHUNK_ITEMS;
  }

  boolean isEmpty() {
    return next == start;
  }

  /** Whether the value would make the chunk too large: it then belongs to the next one. */
  boolean overflows(byte[] json) {
    return bytes > 0 && bytes + json.length + 1L > mostBytes;
  }

  void add(byte[] json) {
    indexes.add(next++);
    items.add(json);
    bytes += json.length + 1;
  }

  void addMalformed(SourceRecord.Malformed record) {
    skipped.add(new Failed(next++, new Failure("Malformed", record.place() + ": " + record.reason())));
    malformed.add(record.raw());
  }

  /** Whether it is time to cut: by count, by reach, or because another record like these would not fit. */
  boolean full() {
    return items.size() >= mostItems || next - start >= Limits.CHUNK_ITEMS
        || !items.isEmpty() && bytes + bytes / items.size() > mostBytes;
  }

  /** Takes what was gathered; the next chunk gets {@code nextMostItems} at most. */
  Piece cut(int nextMostItems) {
    Piece piece = new Piece(items.isEmpty() ? null : new Chunk(indexes.build(), 1, items), skipped, malformed, next);
    items = new ArrayList<>(nextMostItems);
    malformed = new ArrayList<>();
    skipped = new ArrayList<>();
    indexes = new IndexSet.Builder();
    bytes = 0;
    start = next;
    mostItems = nextMostItems;
    return piece;
  }
}
