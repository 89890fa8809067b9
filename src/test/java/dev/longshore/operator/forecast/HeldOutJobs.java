package dev.longshore.operator.forecast;

import java.util.Arrays;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * Jobs of 200 to 100,000 items on 1 to 200 slots, which would take 1 to 60 minutes with all workers from the start. The families of item
 * times are none that a constant of the estimator was chosen with, and must stay so: who changes the estimator tries it with others, such
 * as those of {@code ForecastAccuracyTest}, and looks at these when it is done.
 */
final class HeldOutJobs {
  private static final long SEED = 9_000_000;
  private static final int FEWEST_ITEMS = 200;
  private static final int MOST_ITEMS = 100_000;
  private static final int MOST_SLOTS = 200;
  /** Seconds that a job takes if all its workers are there from the start. */
  private static final double SHORTEST = 60;
  private static final double LONGEST = 3_600;

  /** Times that do not move. */
  private static final double STILL = 0;
  /** Times that are alike for a while: from half on enough of the runs have been seen. */
  private static final double RUNS = 0.5;
  /** Times that turn or jump, around the middle too. */
  private static final double MOVED = 0.75;
  /** Times that rise and fall more than once are not asked for by themselves: 84 of 100 are covered at three quarters, 68 at half. */
  private static final double WAVES = 1;

  private HeldOutJobs() {}

  /** Draws item times of any mean. */
  interface Draw {
    double[] times(Random random, int items);
  }

  /**
   * One family.
   *
   * @param hosts deviation of the logarithm of the workers' speeds
   * @param failing share of attempts that fail, at most
   * @param from share of the items from which on it can be told: its movement has shown by then
   */
  record Family(String name, double from, double hosts, double failing, Draw draw) {
    Family(String name, double from, Draw draw) {
      this(name, from, 0, 0, draw);
    }
  }

  /**
   * A job.
   *
   * @param slots once all workers are there
   */
  record Drawn(SimulatedJob job, int items, int slots) {}

  static Stream<Family> families() {
    return Stream.of(
        new Family("even, gamma of shape 4", STILL, (r, n) -> drawn(n, () -> gamma(r, 4))),
        new Family("Weibull, shape 0.5 to 0.8", STILL, (r, n) -> {
          double shape = between(r, 0.5, 0.8);
          return drawn(n, () -> Math.pow(exponential(r), 1 / shape));
        }),
        new Family("mixture of three, times 1, 6, 30", STILL, (r, n) -> drawn(n, () -> {
          double which = r.nextDouble();
          return (which < 0.7 ? 1 : which < 0.95 ? 6 : 30) * gamma(r, 3);
        })),
        new Family("Pareto, index 1.3 to 3", STILL, (r, n) -> {
          double index = between(r, 1.3, 3);
          return drawn(n, () -> Math.pow(1 - r.nextDouble(), -1 / index));
        }),
        new Family("sine of half a period to 4, by 0.3 to 0.7", WAVES, (r, n) -> {
          double periods = between(r, 0.5, 4);
          double phase = between(r, 0, 2 * Math.PI);
          double by = between(r, 0.3, 0.7);
          return moved(drawn(n, () -> gamma(r, 2)), x -> 1 + by * Math.sin(phase + 2 * Math.PI * periods * x));
        }),
        new Family("rises by 1.5 to 3, then falls", MOVED, (r, n) -> {
          double factor = between(r, 1.5, 3);
          return moved(drawn(n, () -> gamma(r, 2)), x -> 1 + (factor - 1) * (1 - Math.abs(2 * x - 1)));
        }),
        new Family("one step at 40 to 60 %, by 1.5 to 3 up or down", MOVED, (r, n) -> {
          double place = between(r, 0.4, 0.6);
          double factor = Math.pow(between(r, 1.5, 3), r.nextBoolean() ? 1 : -1);
          return moved(drawn(n, () -> gamma(r, 2)), x -> x < place ? 1 : factor);
        }),
        new Family("runs of 20 to 500 items alike, sigma 0.7", RUNS, (r, n) -> {
          int length = (int) between(r, 20, 500);
          double[] runs = drawn(n / length + 1, () -> Math.exp(0.7 * r.nextGaussian()));
          double[] times = drawn(n, () -> gamma(r, 2));
          Arrays.setAll(times, i -> times[i] * runs[i / length]);
          return times;
        }),
        new Family("hosts unlike, sigma 0.5", STILL, 0.5, 0, (r, n) -> drawn(n, () -> gamma(r, 2))),
        new Family("attempts that fail, up to 40 %", STILL, 0, 0.4, (r, n) -> drawn(n, () -> gamma(r, 2))));
  }

  /** The run of this number of a family. */
  static Drawn draw(Family family, int run) {
    return draw(family, new SplittableRandom(SEED + run));
  }

  static Drawn draw(Family family, SplittableRandom seeds) {
    // a Random of the seed itself would begin alike for neighbouring seeds
    Random random = new Random(seeds.nextLong());
    int items = (int) logBetween(random, FEWEST_ITEMS, MOST_ITEMS);
    int most = (int) logBetween(random, 1, MOST_SLOTS);
    int concurrency = Math.min(most, 1 + random.nextInt(8));
    int workers = most / concurrency;
    int slots = workers * concurrency;
    double ideal = logBetween(random, SHORTEST, LONGEST);
    double[] times = family.draw().times(random, items);
    double scale = ideal * slots / Arrays.stream(times).sum();
    Arrays.setAll(times, i -> times[i] * scale);
    double[] planned = new double[workers];
    double[] join = new double[workers];
    double[] slower = new double[workers];
    double decided = ideal * between(random, 0.02, 0.07);
    for (int w = 0; w < workers; w++) {
      planned[w] = w <= workers / 2 ? 0 : decided;
      join[w] = w == 0 ? 0 : planned[w] + between(random, 3, 23);
      slower[w] = Math.exp(family.hosts() * random.nextGaussian());
    }
    int[] failures = new int[items];
    double failing = family.failing() * random.nextDouble();
    Arrays.setAll(failures, i -> family.failing() == 0 ? 0 : (int) Math.min(4, Math.log(1 - random.nextDouble()) / Math.log(failing)));
    int chunk = (int) Math.clamp(5 * items / (ideal * slots), 1, Math.max(1, items / (4 * slots)));
    return new Drawn(new SimulatedJob(new SimulatedJob.Items(times, failures, 2, chunk),
        new SimulatedJob.Workers(planned, join, slower, concurrency)), items, slots);
  }

  private static double exponential(Random random) {
    return -Math.log(1 - random.nextDouble());
  }

  private static double gamma(Random random, int shape) {
    double sum = 0;
    for (int i = 0; i < shape; i++) {
      sum += exponential(random);
    }
    return sum;
  }

  private static double between(Random random, double low, double high) {
    return low + (high - low) * random.nextDouble();
  }

  private static double logBetween(Random random, double low, double high) {
    return low * Math.pow(high / low, random.nextDouble());
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
