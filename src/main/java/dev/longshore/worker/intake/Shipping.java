package dev.longshore.worker.intake;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.longshore.job.ChunkCodec;
import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemResult;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.source.SourcePosition;
import dev.longshore.store.Ledger.Pace;
import dev.longshore.store.ResultBlob;
import dev.longshore.store.Settlement;
import dev.longshore.store.Settlement.Failed;
import dev.longshore.worker.access.JobAccess;
import dev.longshore.worker.access.JobAccess.Outgoing;
import dev.longshore.worker.intake.ChunkBuilder.Piece;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Brings blocks of chunks to the work queue: announce, publish, confirm, store the position. Several blocks are under way while the next
 * one is read; positions are stored in order, each behind the confirms of all before it.
 */
final class Shipping {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MOST_CHUNKS_UNDER_WAY = 64;

  private final JobAccess access;
  private final Message.Feed feed;
  private final boolean includeItems;
  private final ArrayDeque<Block> underWay = new ArrayDeque<>();
  private int chunksUnderWay;
  private Duration serviceTime;

  private record Block(List<CompletableFuture<Void>> published, long end, String position) {}

  Shipping(JobAccess access, Message.Feed feed, boolean includeItems) {
    this.access = access;
    this.feed = feed;
    this.includeItems = includeItems;
  }

  /** Another feed has taken over, or intake is complete. */
  static final class Fenced extends RuntimeException {
    Fenced() {
      super("another feed has taken over", null, false, false);
    }
  }

  /** The broker did not take a chunk: this reading of the source ends, and goes on from the stored position. */
  static final class NotTaken extends RuntimeException {
    NotTaken() {
      super("the broker did not take a chunk", null, false, false);
    }
  }

  /** What the ledger measured last; null when nothing is measured yet. */
  Duration serviceTime() {
    return serviceTime;
  }

  /** Sends pieces off; {@code position} is the source's, right behind the last of them. */
  void ship(List<Piece> pieces, SourcePosition position) {
    long end = pieces.getLast().end();
    unlessFenced(access.ledger(ledger -> ledger.announce(access.job(), feed.epoch(), end)));
    List<CompletableFuture<Void>> published = new ArrayList<>(pieces.size());
    for (Piece piece : pieces) {
      if (!piece.skipped().isEmpty()) {
        access.settle(skipped(piece));
      }
      if (piece.chunk() != null) {
        // packing a chunk takes as long as reading one: both go on side by side
        published.add(CompletableFuture.supplyAsync(() -> Message.Work.of(feed.run(), piece.chunk()), Thread.ofVirtual()::start)
            .thenCompose(message -> access.tryPublish(new Outgoing(Kind.WORK, message, Duration.ZERO))));
      }
    }
    underWay.add(new Block(published, end, json(position)));
    chunksUnderWay += published.size();
    while (chunksUnderWay > MOST_CHUNKS_UNDER_WAY) {
      finishOldest();
    }
  }

  /** Returns when everything is confirmed and its position stored. */
  void finish() {
    while (!underWay.isEmpty()) {
      finishOldest();
    }
  }

  /** Stores positions as far as confirms are there already. */
  void finishWhatIsConfirmed() {
    while (!underWay.isEmpty() && underWay.getFirst().published().stream().allMatch(CompletableFuture::isDone)) {
      finishOldest();
    }
  }

  private void finishOldest() {
    Block block = underWay.removeFirst();
    chunksUnderWay -= block.published().size();
    for (CompletableFuture<Void> published : block.published()) {
      if (!access.confirmed(published)) {
        throw new NotTaken();
      }
    }
    Optional<Pace> pace = access.ledger(ledger -> ledger.advance(access.job(), feed.epoch(), block.end(), block.position()));
    unlessFenced(pace.isPresent());
    serviceTime = pace.get().serviceTime();
  }

  private static void unlessFenced(boolean mayMove) {
    if (!mayMove) {
      throw new Fenced();
    }
  }

  private Settlement skipped(Piece piece) {
    IndexSet indexes = IndexSet.of(piece.skipped().stream().mapToLong(Failed::index).toArray());
    List<byte[]> lines = piece.skipped().stream().map(one -> ResultBlob.failure(ItemResult.Status.SKIPPED, one.failure())).toList();
    ChunkCodec.Body items = includeItems ? ChunkCodec.encode(piece.raw()) : null;
    ResultBlob results = new ResultBlob(indexes, 1, indexes, items, ChunkCodec.encode(lines));
    return new Settlement(1, access.holder(), IndexSet.empty(), List.of(), piece.skipped(), List.of(), results, Duration.ZERO);
  }

  private static String json(SourcePosition position) {
    try {
      return JSON.writeValueAsString(position);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a source's position is no JSON: " + e.getMessage(), e);
    }
  }

  static SourcePosition position(String json) {
    try {
      return JSON.readValue(json, SourcePosition.class);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the ledger's position of the source is broken: " + e.getMessage(), e);
    }
  }
}
