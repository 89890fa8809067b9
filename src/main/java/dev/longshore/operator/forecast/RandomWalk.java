package dev.longshore.operator.forecast;

/**
 * A level that moves at random, seen through noise: Kalman's filter of the local level model and the smoother of Rauch, Tung and Striebel
 * (Durbin and Koopman, Time Series Analysis by State Space Methods, 2012, chapter 2).
 */
final class RandomWalk {
  private final double[] level;
  private final double[] variance;
  private final double[] predicted;
  private double likelihood;

  /**
   * Fits.
   *
   * @param x where each value was seen, rising
   * @param z the values
   * @param noise variance of each value about its level
   * @param rate variance that the level gathers over one unit of {@code x}; 0 is a level that stands still
   */
  RandomWalk(double[] x, double[] z, double[] noise, double rate) {
    int n = z.length;
    level = new double[n];
    variance = new double[n];
    predicted = new double[n];
    level[0] = z[0];
    variance[0] = noise[0];
    for (int i = 1; i < n; i++) {
      predicted[i] = variance[i - 1] + rate * (x[i] - x[i - 1]);
      double spread = predicted[i] + noise[i];
      double off = z[i] - level[i - 1];
      likelihood -= (Math.log(spread) + off * off / spread) / 2;
      level[i] = level[i - 1] + predicted[i] / spread * off;
      variance[i] = predicted[i] * noise[i] / spread;
    }
  }

  /** Logarithm of the likelihood of all values after the first, but for a constant. */
  double likelihood() {
    return likelihood;
  }

  /** Variance of the level at the end. */
  double variance() {
    return variance[variance.length - 1];
  }

  /** How much higher the level is at the end than it was at each value, by all values. */
  double[] since() {
    double[] since = new double[level.length];
    double now = level[level.length - 1];
    double smooth = now;
    for (int i = level.length - 2; i >= 0; i--) {
      smooth = level[i] + variance[i] / predicted[i + 1] * (smooth - level[i]);
      since[i] = now - smooth;
    }
    return since;
  }
}
