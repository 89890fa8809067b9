package dev.longshore.worker.intake;

import dev.longshore.job.Chunk;
import dev.longshore.job.ChunkCodec;
import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemResult;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.store.ResultBlob;
import dev.longshore.store.Settlement;
import dev.longshore.store.Settlement.Failed;
import dev.longshore.worker.access.JobAccess;
import dev.longshore.worker.access.JobAccess.Outgoing;
import dev.longshore.worker.intake.ChunkBuilder.Piece;
import dev.longshore.worker.trace.Traces;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Publishes pieces of a feed. Several blocks of them are under way while the next one is read; what is to follow a block's confirms is done
 * in order, behind the confirms of all before it.
 */
final class ConfirmWindow {
  private static final int MOST_CHUNKS_UNDER_WAY = 64;

  private final JobAccess access;
  private final int run;
  private final String trace;
  private final boolean includeItems;
  private final ArrayDeque<Block> underWay = new ArrayDeque<>();
  private int chunksUnderWay;

  private record Block(List<CompletableFuture<Void>> published, Runnable confirmed) {}

  /** {@code feed} is what the pieces belong to; {@code includeItems} tells whether results are kept with their items. */
  ConfirmWindow(JobAccess access, Message.Feed feed, boolean includeItems) {
    this.access = access;
    this.run = feed.run();
    this.trace = feed.trace();
    this.includeItems = includeItems;
  }

  /** Another feed has taken over, or there is nothing left to feed. */
  static final class Fenced extends RuntimeException {
    Fenced() {
      super("another feed has taken over", null, false, false);
    }
  }

  /** The broker did not take a chunk: this reading of the source ends, and goes on from what the ledger knows. */
  static final class NotTaken extends RuntimeException {
    NotTaken() {
      super("the broker did not take a chunk", null, false, false);
    }
  }

  static void unlessFenced(boolean mayMove) {
    if (!mayMove) {
      throw new Fenced();
    }
  }

  /** Sends a block off; {@code confirmed} runs behind its confirms. */
  void send(List<Piece> pieces, Runnable confirmed) {
    List<CompletableFuture<Void>> published = new ArrayList<>(pieces.size());
    for (Piece piece : pieces) {
      if (!piece.skipped().isEmpty()) {
        access.settle(skipped(piece));
      }
      if (piece.chunk() != null) {
        published.add(publish(piece.chunk()));
      }
    }
    underWay.add(new Block(published, confirmed));
    chunksUnderWay += published.size();
    while (chunksUnderWay > MOST_CHUNKS_UNDER_WAY) {
      finishOldest();
    }
  }

  /** Packing a chunk takes as long as reading one: both go on side by side. */
  private CompletableFuture<Void> publish(Chunk chunk) {
    Traces.Span span = access.traces().begin(Traces.Step.PUBLISH, access.job(), trace, chunk.indexes());
    CompletableFuture<Void> published = CompletableFuture.supplyAsync(() -> Message.Work.of(run, chunk, span.context()), Thread.ofVirtual()::start)
        .thenCompose(message -> access.tryPublish(new Outgoing(Kind.WORK, message, Duration.ZERO)));
    return published.whenComplete((done, failure) -> {
      if (failure != null) {
        span.failed(failure);
      }
      span.close();
    });
  }

  /** Returns when everything is confirmed, and done what was to follow. */
  void finish() {
    while (!underWay.isEmpty()) {
      finishOldest();
    }
  }

  /** Does what is to follow as far as confirms are there already. */
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
    access.outage().queueAnswered(access.job());
    block.confirmed().run();
  }

  private Settlement skipped(Piece piece) {
    IndexSet indexes = IndexSet.of(piece.skipped().stream().mapToLong(Failed::index).toArray());
    List<byte[]> lines = piece.skipped().stream().map(one -> ResultBlob.failure(ItemResult.Status.SKIPPED, one.failure())).toList();
    ChunkCodec.Body items = includeItems ? ChunkCodec.encode(piece.raw()) : null;
    ResultBlob results = new ResultBlob(indexes, 1, indexes, items, ChunkCodec.encode(lines));
    return new Settlement(1, access.holder(), IndexSet.empty(), List.of(), piece.skipped(), List.of(), results, Duration.ZERO);
  }
}
