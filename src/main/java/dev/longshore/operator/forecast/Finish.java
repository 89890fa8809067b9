package dev.longshore.operator.forecast;

import java.time.Duration;

/**
 * When the last item ends. First the queue runs empty: the work, over the slots as they come. Then the longest of what is still at work
 * ends: of the items that the job has started by then, by renewal theory {@code slots * E[(X - y)+] / E[X]} are expected to outlast the
 * queue by {@code y}, and none does with the probability exp of minus that (Poisson); beside them there may be one at work now that is as
 * old as the slots' time of which nothing has come yet. Likewise with those that then wait for a further attempt, as many as do now: their
 * waits are taken for exponential.
 */
final class Finish {
  /** Quantiles of the work that stand for its distribution, by the normal approximation of its logarithm. */
  private static final int STEPS = 16;
  private static final double[] NORMAL = new double[STEPS];
  private static final int HALVINGS = 16;
  private static final double LONGEST = 1e9;

  static {
    for (int i = 0; i < STEPS; i++) {
      NORMAL[i] = normal(part(i));
    }
  }

  /**
   * The slots that work.
   *
   * @param ready now
   * @param planned once all workers are there, at least 1
   * @param delay seconds that the missing ones are as likely to need less than as more; as a wait that has gone on for w goes on for
   * another w with a probability of one half, and for 9 w with one of a tenth (Gott, Nature 363, 1993)
   */
  record Slots(double ready, double planned, double delay) {
    private double seconds(double work, double part) {
      double until = delay * part / (1 - part);
      if (planned <= ready) {
        return work / planned;
      }
      return ready * until >= work ? work / ready : until + (work - ready * until) / planned;
    }
  }

  /**
   * The items inside the processors.
   *
   * @param items at once
   * @param since seconds since the first of the job started
   * @param oldest seconds that the oldest of those that are there now may have been so
   */
  record AtWork(double items, double since, double oldest) {}

  /**
   * The items that wait for a further attempt.
   *
   * @param seconds that one of them goes on to wait on average
   */
  record Waiting(double items, double seconds) {
    private double none(double after) {
      return seconds > 0 ? Math.exp(-items * Math.exp(-after / seconds)) : 1;
    }
  }

  private final Work work;
  private final AtWork atWork;
  private final Waiting waiting;
  private final double[] empty = new double[STEPS];
  private final double usual;

  Finish(Work work, Slots slots, AtWork atWork, Waiting waiting) {
    this.work = work;
    this.atWork = atWork;
    this.waiting = waiting;
    usual = Math.max(1e-7, work.shape().beyond(0, LONGEST));
    for (int i = 0; i < STEPS; i++) {
      empty[i] = slots.seconds(work.seconds() * Math.exp(NORMAL[i] * Math.sqrt(work.variance())), part(i));
    }
  }

  /** The time in which it has ended with this probability; at most about 30 years. */
  Duration within(double probability) {
    double low = 0;
    double high = Math.max(1e-3, empty[STEPS - 1]);
    while (high < LONGEST && ended(high) < probability) {
      low = high;
      high *= 2;
    }
    for (int i = 0; i < HALVINGS; i++) {
      double middle = (low + high) / 2;
      if (ended(middle) < probability) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return Duration.ofMillis(Math.round(Math.min(high, LONGEST) * 1_000));
  }

  private double ended(double seconds) {
    double sum = 0;
    for (double queue : empty) {
      if (seconds > queue) {
        double after = (seconds - queue) / work.scale();
        double sinceFirst = (seconds + atWork.since()) / work.scale();
        sum += Math.exp(-atWork.items() * work.shape().beyond(after, sinceFirst) / usual) * waiting.none(seconds - queue);
      }
    }
    double oldest = atWork.oldest() / work.scale();
    double stillThere = work.shape().longer(oldest + seconds / work.scale()) / Math.max(1e-12, work.shape().longer(oldest));
    return sum / STEPS * (1 - Math.min(1, stillThere));
  }

  private static double part(int step) {
    return (step + 0.5) / STEPS;
  }

  /** Quantile of the normal distribution; the inverse error function as Winitzki (2008) approximates it, to 0.002. */
  private static double normal(double part) {
    double y = 2 * part - 1;
    double log = Math.log(1 - y * y);
    double a = 0.147;
    double b = 2 / (Math.PI * a) + log / 2;
    return Math.signum(y) * Math.sqrt(2 * (Math.sqrt(b * b - log / a) - b));
  }
}
