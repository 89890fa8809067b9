package dev.longshore.worker.trace;

import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;

/** Where it is told how a job's work goes, step by step. */
public interface Traces {
  /** Nothing is told. */
  Traces NONE = (step, job, parent, chunk) -> Span.NONE;

  /** What is told of. */
  enum Step {
    /** One worker's turn with a feed: the beginning of a trace, or its continuation by the next turn. */
    FEED,
    /** A chunk on its way to the broker, until that has confirmed it. */
    PUBLISH,
    /** The ledger is asked what is to be done with a chunk. */
    TAKE,
    /** One processor call. */
    CALL,
    /** What came of a chunk's items is booked. */
    SETTLE
  }

  /**
   * A step begins.
   *
   * @param parent what it belongs to, as W3C Trace Context writes it in {@code traceparent}; null begins a trace with {@link Step#FEED}, and
   *     with every other step tells nothing
   * @param chunk the indexes that it is about; null for none in particular
   */
  Span begin(Step step, JobRef job, String parent, IndexSet chunk);

  /** A step that goes on. */
  interface Span extends AutoCloseable {
    Span NONE = () -> { };

    /** Its {@code traceparent}, for what belongs to it; null when nothing is told of that. */
    default String context() {
      return null;
    }

    /** It has failed; it still must be closed. */
    default void failed(Throwable why) {}

    /** It is over. */
    @Override
    void close();
  }
}
