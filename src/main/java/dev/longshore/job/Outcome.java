package dev.longshore.job;

import java.time.Duration;
import java.util.Objects;

/** What came of one item: each item of a batch has its own. */
public sealed interface Outcome {

  /**
   * Done.
   *
   * @param result one JSON value in UTF-8 without line breaks; null when there is none
   */
  record Success(byte[] result) implements Outcome {}

  /**
   * Not done, worth another attempt.
   *
   * @param after wait at least this long; null leaves it to the job's backoff
   * @param spendsAttempt false when the item is not to blame (a shutdown, a rate limit, a neighbour's crash)
   */
  record Retry(Failure failure, Duration after, boolean spendsAttempt) implements Outcome {
    public Retry {
      Objects.requireNonNull(failure, "failure");
    }
  }

  /** Failed for good: no attempt will help. */
  record Fail(Failure failure) implements Outcome {
    public Fail {
      Objects.requireNonNull(failure, "failure");
    }
  }

  /** Left out on purpose. */
  record Skip(String reason) implements Outcome {
    public Skip {
      Objects.requireNonNull(reason, "reason");
    }
  }

  Success DONE = new Success(null);

  static Outcome success(byte[] result) {
    return result == null ? DONE : new Success(result);
  }

  static Outcome retry(Failure failure) {
    return new Retry(failure, null, true);
  }
}
