package dev.longshore.operator.forecast;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * How good the forecast is on large jobs, with the families that its constants were chosen with; {@code HeldOutForecastTest} asks the same
 * of others, of jobs of all sizes. All times are counted from the job's start: the p90 is asked to lie at or after the true end in at least
 * 85 of 100 runs, and to be at most 1.5 times the true end in at least 85 of 100. A run takes 2 to 5 workers with 2 to 4 slots, of which
 * one is there at first, some come after 3 to 23 s and the rest is decided on, and comes, while the job runs; 1,500 to 2,500 items a slot
 * of 0.1 to 2 s on average; chunks of up to 5 s. Only forecasts that are given count, and more than half must be.
 *
 * <p>Each family is asked from where there is something to know: a movement by a factor of 2 over the whole job is hidden by the items' own
 * spread until about three tenths, a jump cannot be known before it was, and the mean of a lognormal of sigma 2 (its items' deviation is
 * seven times their mean) before half of the job.
 */
class ForecastAccuracyTest {
  private static final int RUNS = 100;
  private static final double[] FROM_START = {0.2, 0.5, 0.8};
  private static final double[] FROM_MOVEMENT = {0.3, 0.5, 0.8};
  private static final double[] FROM_JUMP = {0.45, 0.6, 0.8};
  private static final double[] FROM_HALF = {0.5, 0.65, 0.8};

  /** Draws a job's item times, with mean about 1. */
  private interface Draw {
    double[] times(Random random, int items);
  }

  private record Family(String name, double[] points, Draw draw) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** What came of one point of a family's runs: of the whole job's time, as a share of the true one; 0 where none was given. */
  private record Score(double[] p50, double[] p90) {
    long given() {
      return Arrays.stream(p90).filter(share -> share > 0).count();
    }

    double covered() {
      return 100d * Arrays.stream(p90).filter(share -> share >= 1).count() / given();
    }

    double close() {
      return 100d * Arrays.stream(p90).filter(share -> share > 0 && share <= 1.5).count() / given();
    }

    double median() {
      double[] sorted = Arrays.stream(p50).filter(share -> share > 0).sorted().toArray();
      return sorted[sorted.length / 2];
    }
  }

  static Stream<Family> families() {
    return Stream.of(
        new Family("exponential", FROM_START, (r, n) -> drawn(n, () -> exponential(r))),
        new Family("Pareto, alpha 1.5 to 2.2", FROM_START, (r, n) -> {
          double alpha = 1.5 + 0.7 * r.nextDouble();
          return drawn(n, () -> (alpha - 1) / alpha * Math.pow(1 - r.nextDouble(), -1 / alpha));
        }),
        new Family("lognormal, sigma 1.5 to 2", FROM_HALF, (r, n) -> {
          double sigma = 1.5 + 0.5 * r.nextDouble();
          return drawn(n, () -> Math.exp(sigma * r.nextGaussian() - sigma * sigma / 2));
        }),
        new Family("bimodal, 5 % take 20 times as long", FROM_START,
            (r, n) -> drawn(n, () -> (r.nextDouble() < 0.05 ? 20 : 1) * (0.8 + 0.4 * r.nextDouble()) / 1.95)),
        new Family("mean rises by 2 to 3", FROM_MOVEMENT, (r, n) -> {
          double factor = 2 + r.nextDouble();
          return moved(drawn(n, () -> exponential(r)), x -> 1 + (factor - 1) * x);
        }),
        new Family("mean falls by 2 to 3", FROM_MOVEMENT, (r, n) -> {
          double factor = 2 + r.nextDouble();
          return moved(drawn(n, () -> exponential(r)), x -> factor - (factor - 1) * x);
        }),
        new Family("mean jumps up by 2 to 3 at 10 % to 35 %", FROM_JUMP, (r, n) -> {
          double factor = 2 + r.nextDouble();
          double place = 0.1 + 0.25 * r.nextDouble();
          return moved(drawn(n, () -> exponential(r)), x -> x < place ? 1 : factor);
        }),
        new Family("mean jumps down by 2 to 3 at 10 % to 35 %", FROM_JUMP, (r, n) -> {
          double factor = 2 + r.nextDouble();
          double place = 0.1 + 0.25 * r.nextDouble();
          return moved(drawn(n, () -> exponential(r)), x -> x < place ? factor : 1);
        }));
  }

  @ParameterizedTest
  @MethodSource("families")
  void theP90CoversTheEndAndIsNotFarFromIt(Family family) {
    List<Score> scores = new ArrayList<>();
    for (int p = 0; p < family.points().length; p++) {
      scores.add(new Score(new double[RUNS], new double[RUNS]));
    }
    for (int run = 0; run < RUNS; run++) {
      run(family, run, scores);
    }
    for (int p = 0; p < family.points().length; p++) {
      Score score = scores.get(p);
      assertThat(score.given()).as("%s at %.2f", family, family.points()[p]).isGreaterThan(RUNS / 2);
      String at = String.format("%s at %.0f %%: given %d, covered %.0f, close %.0f, median p50 %.2f", family, family.points()[p] * 100,
          score.given(), score.covered(), score.close(), score.median());
      assertThat(score.covered()).as(at).isGreaterThanOrEqualTo(85d);
      assertThat(score.close()).as(at).isGreaterThanOrEqualTo(85d);
      assertThat(score.median()).as(at).isBetween(0.85, 1.2);
    }
  }

  private static void run(Family family, int run, List<Score> scores) {
    // a Random of the number itself would begin alike for neighbouring numbers
    Random random = new Random(new SplittableRandom(1_000 + run).nextLong());
    int workers = 2 + random.nextInt(4);
    int concurrency = 2 + random.nextInt(3);
    int slots = workers * concurrency;
    int items = slots * (1_500 + random.nextInt(1_001));
    double mean = 0.1 * Math.pow(20, random.nextDouble());
    double[] times = moved(family.draw().times(random, items), x -> mean);
    double[] planned = new double[workers];
    double[] join = new double[workers];
    double decided = mean * items / slots * (0.05 + 0.1 * random.nextDouble());
    for (int w = 1; w < workers; w++) {
      planned[w] = w <= workers / 2 ? 0 : decided;
      join[w] = planned[w] + 3 + 20 * random.nextDouble();
    }
    double[] slower = new double[workers];
    Arrays.fill(slower, 1);
    SimulatedJob job = new SimulatedJob(new SimulatedJob.Items(times, (int) Math.max(1, 5 / mean)),
        new SimulatedJob.Workers(planned, join, slower, concurrency));
    EndEstimator estimator = new EndEstimator();
    int[] next = {0};
    job.watch(sample -> {
      estimator.sample(sample);
      if (next[0] < scores.size() && sample.finished() >= family.points()[next[0]] * items) {
        Score score = scores.get(next[0]++);
        double now = SimulatedJob.secondsOf(sample);
        estimator.timeLeft().ifPresent(left -> {
          score.p50()[run] = (now + left.p50().toMillis() / 1e3) / job.end();
          score.p90()[run] = (now + left.p90().toMillis() / 1e3) / job.end();
        });
      }
    });
  }

  private static double exponential(Random random) {
    return -Math.log(1 - random.nextDouble());
  }

  private static double[] drawn(int items, DoubleSupplier time) {
    return DoubleStream.generate(time).limit(items).toArray();
  }

  private static double[] moved(double[] times, DoubleUnaryOperator factor) {
    for (int i = 0; i < times.length; i++) {
      times[i] *= factor.applyAsDouble((double) i / times.length);
    }
    return times;
  }
}
