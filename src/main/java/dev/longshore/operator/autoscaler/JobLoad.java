package dev.longshore.operator.autoscaler;

import dev.longshore.job.JobRef;
import java.time.Duration;

/**
 * The work that one active job brings to its pool.
 *
 * @param items that still need a worker, at least 1 while intake goes on; what was last known when {@code stale}
 * @param stale whether the reading is missing or too old to lower anything
 * @param serviceTime recent mean time inside the processor for one item; null while none is measured
 * @param concurrency processor calls at once in each worker, at least 1
 * @param timeLeft until the job is to be finished, not positive when that is over; null: no such time
 * @param arrivals items a second that its source goes on to bring; 0 when it has been read to its end, or too little is known
 */
public record JobLoad(JobRef job, long items, boolean stale, Duration serviceTime, int concurrency, Duration timeLeft, double arrivals) {
  /** Of a job whose source has been read to its end. */
  public JobLoad(JobRef job, long items, boolean stale, Duration serviceTime, int concurrency, Duration timeLeft) {
    this(job, items, stale, serviceTime, concurrency, timeLeft, 0);
  }

  /** Of a job of which nothing but its items counts. */
  public JobLoad(JobRef job, long items, boolean stale) {
    this(job, items, stale, null, 1, null);
  }

  /** How many workers would need {@code time} for all of it, and for what arrives meanwhile. */
  double workersFor(Duration time) {
    if (!time.isPositive()) {
      return items;
    }
    double all = items + arrivals * seconds(time);
    // each worker needs an item of its own
    return Math.min(all, all * seconds(serviceTime) / concurrency / seconds(time));
  }

  /** A deadline may be thousands of years away, which is too many nanoseconds for a long. */
  private static double seconds(Duration time) {
    return time.toSeconds() + time.getNano() / 1e9;
  }
}
