package dev.longshore.operator.forecast;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How a series of positive ratios moved, and what that makes of its future: it stood still, or it moved along a line, or it jumped once, or
 * it wanders ({@link RandomWalk}). A line is as likely to go on as to end now, because most movements do end (damped trend: Gardner and
 * McKenzie, Management Science 31, 1985). Each of these explanations counts by its marginal likelihood (Bayesian model averaging: Hoeting
 * et al., Statistical Science 14, 1999), on the logarithms of the ratios, where a heavy tail weighs little. The noise is told from what
 * neighbours differ by (von Neumann, Annals of Mathematical Statistics 12, 1941), which a slow movement hardly disturbs.
 */
final class Drift {
  /** Among fewer ratios there is no telling movement from noise. */
  private static final int FEWEST = 5;
  /** A jump is believed only when so many ratios stand on either side. */
  private static final int SIDE = 2;
  private static final double LEAST_NOISE = 0.02;
  /** No movement is followed further than to three times, or a third, of what it has come to. */
  private static final double FURTHEST = Math.log(3);
  /** Before anything is seen, four jobs of ten stand still, two move along a line, one jumps, three wander. */
  private static final double STILL = 0.4;
  private static final double LINE = 0.2;
  private static final double JUMP = 0.1;
  private static final double WANDER = 0.3;
  /** What a line comes to over a whole job, and a jump at once, before anything is seen: the logarithm's deviation, a factor of 1.8. */
  private static final double PRIOR = 0.6;
  /** Likewise of those that wander, slowly or fast, with equal shares. */
  private static final double[] WANDERED = {0.5, 1.5};

  private final double[] x;
  private final double[] z;
  private final double[] weight;
  private final double all;
  private final double at;
  private final double noise;
  private final double[] carry;
  private final double variance;

  /**
   * One explanation.
   *
   * @param log logarithm of its prior and likelihood, over that of standing still
   * @param carry logarithms of what each ratio is to be multiplied by
   * @param variance of the future's logarithm if it is right
   */
  private record Explanation(double log, double[] carry, double variance) {}

  /**
   * Fits.
   *
   * @param weight of each ratio: the items behind it
   * @param ratio positive, oldest first
   * @param ahead items whose ratio is to be told
   * @param moves whether it may move steadily, and not only jump
   */
  Drift(double[] weight, double[] ratio, double ahead, boolean moves) {
    int n = ratio.length;
    this.weight = weight;
    all = Arrays.stream(weight).sum();
    x = new double[n];
    z = new double[n];
    double before = 0;
    for (int i = 0; i < n; i++) {
      x[i] = (before + weight[i] / 2) / all;
      before += weight[i];
      z[i] = Math.log(ratio[i]);
    }
    at = ahead / 2 / all;
    noise = noise();
    List<Explanation> explanations = new ArrayList<>();
    explanations.add(new Explanation(0, new double[n], 0));
    if (n >= FEWEST) {
      if (moves) {
        explanations.add(line());
        for (double wandered : WANDERED) {
          explanations.add(wander(wandered * wandered / (1 + 2 * at)));
        }
      }
      for (int c = SIDE; c <= n - SIDE; c++) {
        explanations.add(jump(c));
      }
    }
    carry = new double[n];
    variance = average(explanations);
  }

  /** By what a ratio of the past is to be multiplied to tell of the future. */
  double carry(int i) {
    return Math.exp(carry[i]);
  }

  /** Variance of the logarithm of the future that comes from not knowing how it moves. */
  double variance() {
    return variance;
  }

  private double noise() {
    double sum = 0;
    for (int i = 1; i < z.length; i++) {
      sum += Math.abs(z[i] - z[i - 1]);
    }
    // two normal values are 2 / sqrt(pi) of their deviation apart, on average
    return Math.max(LEAST_NOISE, z.length < 2 ? 1 : sum / (z.length - 1) * Math.sqrt(Math.PI) / 2);
  }

  private Explanation line() {
    int n = z.length;
    double level = mean(0, n);
    double middle = 0.5;
    double sxx = 0;
    double sxz = 0;
    for (int i = 0; i < n; i++) {
      sxx += weight[i] * (x[i] - middle) * (x[i] - middle);
      sxz += weight[i] * (x[i] - middle) * (z[i] - level);
    }
    double error = noise * noise * all / n / sxx;
    double prior = square(PRIOR / (1 + 2 * at));
    double shrunk = prior / (prior + error);
    double slope = sxz / sxx * shrunk;
    double grown = Math.clamp(Math.log(Math.max(0.01, 1 + slope * at)), -FURTHEST, FURTHEST) / 2;
    double[] carried = new double[n];
    for (int i = 0; i < n; i++) {
      carried[i] = slope * (1 - x[i]) + grown;
    }
    return new Explanation(Math.log(LINE / STILL) + evidence(sxz / sxx, error, shrunk), carried,
        prior * (1 - shrunk) * square(at + 1 - middle) + square(grown));
  }

  /** Only what is known of the level now less than if it stood still is counted here: the rest is, with the items' own spread. */
  private Explanation wander(double rate) {
    double[] error = new double[z.length];
    Arrays.setAll(error, i -> square(noise) * all / z.length / weight[i]);
    RandomWalk walk = new RandomWalk(x, z, error, rate);
    RandomWalk still = new RandomWalk(x, z, error, 0);
    // the mean of a random walk over a time has a third of the variance that it ends with
    double ahead = rate * 2 * at / 3;
    return new Explanation(Math.log(WANDER / WANDERED.length / STILL) + walk.likelihood() - still.likelihood(), walk.since(),
        Math.max(0, walk.variance() - still.variance()) + ahead);
  }

  private Explanation jump(int place) {
    int n = z.length;
    double height = mean(place, n) - mean(0, place);
    double past = sum(0, place);
    double error = noise * noise * all / n * (1 / past + 1 / (all - past));
    double shrunk = PRIOR * PRIOR / (PRIOR * PRIOR + error);
    double[] carried = new double[n];
    Arrays.fill(carried, 0, place, height * shrunk);
    return new Explanation(Math.log(JUMP / STILL / (n - 2 * SIDE + 1)) + evidence(height, error, shrunk), carried,
        PRIOR * PRIOR * (1 - shrunk) * square(past / all));
  }

  /** Logarithm of the Bayes factor of an effect with a normal prior, against none. */
  private static double evidence(double effect, double error, double shrunk) {
    return Math.log(1 - shrunk) / 2 + effect * effect / error * shrunk / 2;
  }

  private double average(List<Explanation> explanations) {
    double best = explanations.stream().mapToDouble(Explanation::log).max().orElse(0);
    double total = 0;
    double mean = 0;
    double squares = 0;
    for (Explanation e : explanations) {
      double share = Math.exp(e.log() - best);
      double moved = 0;
      for (int i = 0; i < carry.length; i++) {
        carry[i] += share * e.carry()[i];
        moved += weight[i] / all * e.carry()[i];
      }
      total += share;
      mean += share * moved;
      squares += share * (moved * moved + e.variance());
    }
    for (int i = 0; i < carry.length; i++) {
      carry[i] /= total;
    }
    return Math.max(0, squares / total - square(mean / total));
  }

  private double mean(int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += weight[i] * z[i];
    }
    return sum / sum(from, to);
  }

  private double sum(int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += weight[i];
    }
    return sum;
  }

  private static double square(double value) {
    return value * value;
  }
}
