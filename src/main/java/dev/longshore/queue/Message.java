package dev.longshore.queue;

import dev.longshore.job.Chunk;
import dev.longshore.job.ChunkCodec;
import dev.longshore.job.IndexSet;
import java.util.Map;

/** What travels through the broker. */
public sealed interface Message {
  /** The format that this code writes. A reader that meets a higher one hands the message back untouched. */
  int VERSION = 1;

  /**
   * Items for a worker.
   *
   * @param run the job's run it was published in
   * @param trace what its way is told under, a {@code traceparent}; null when it is not told
   */
  record Work(int run, IndexSet indexes, int attempt, byte[] body, boolean gzip, String trace) implements Message {
    /** A message whose way is not told. */
    public Work(int run, IndexSet indexes, int attempt, byte[] body, boolean gzip) {
      this(run, indexes, attempt, body, gzip, null);
    }

    public static Work of(int run, Chunk chunk) {
      return of(run, chunk, null);
    }

    public static Work of(int run, Chunk chunk, String trace) {
      ChunkCodec.Body body = ChunkCodec.encode(chunk.items());
      return new Work(run, chunk.indexes(), chunk.attempt(), body.bytes(), body.gzip(), trace);
    }

    /** Unpacks the body; throws {@link ChunkCodec.MalformedChunk} when it does not fit the headers. */
    public Chunk chunk() {
      try {
        return new Chunk(indexes, attempt, ChunkCodec.decode(body, gzip));
      } catch (IllegalArgumentException e) {
        throw new ChunkCodec.MalformedChunk(e.getMessage());
      }
    }
  }

  /**
   * "Bring these items to the work queue". Which ones the ledger knows, so that a feed says the same whatever it is about.
   *
   * @param epoch fences: only the feed with the ledger's epoch for this target may move
   * @param trace what its turns are told under, a {@code traceparent}; null before the first, and when they are not told
   */
  record Feed(int run, long epoch, Target target, String trace) implements Message {
    /** A feed that nobody has told of yet. */
    public Feed(int run, long epoch, Target target) {
      this(run, epoch, target, null);
    }
  }

  /** What a feed brings. */
  enum Target {
    /** The source, from the ledger's position on: intake. */
    SOURCE,
    /** The items that the ledger has marked: what an audit found missing, and what a redrive opened again. */
    GAPS
  }

  /**
   * An item that failed for good, for people to look at.
   *
   * @param json a JSON object: index, attempts, errors (of each attempt, oldest first: attempt, code, message, worker, time), then code,
   *     message, worker and time of the last one, and the item
   */
  record DeadLetter(int run, long index, byte[] json) implements Message {}

  /**
   * A message of a newer format, or one that is no message of Longshore's.
   *
   * @param headers as they came, so that it can be handed on untouched
   */
  record Unknown(int version, String reason, Map<String, Object> headers, byte[] body) implements Message {}
}
