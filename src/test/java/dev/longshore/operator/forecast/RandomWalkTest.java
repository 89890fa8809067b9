package dev.longshore.operator.forecast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RandomWalkTest {
  private static final int VALUES = 30;
  private static final double NOISE = 0.01;

  private final double[] x = new double[VALUES];
  private final double[] z = new double[VALUES];
  private final double[] noise = new double[VALUES];

  RandomWalkTest() {
    Arrays.setAll(x, i -> i / (double) VALUES);
    Arrays.fill(noise, NOISE);
  }

  @Test
  void aLevelThatStandsStillIsKnownEverBetter() {
    Arrays.fill(z, 3);
    RandomWalk still = new RandomWalk(x, z, noise, 0);
    assertThat(still.since()).containsOnly(0);
    assertThat(still.variance()).isCloseTo(NOISE / VALUES, within(1e-9));
  }

  @Test
  void whatRisesIsFollowed() {
    Arrays.setAll(z, i -> x[i] * 3);
    RandomWalk walk = new RandomWalk(x, z, noise, 1);
    assertThat(walk.likelihood()).isGreaterThan(new RandomWalk(x, z, noise, 0).likelihood());
    assertThat(walk.since()[0]).isBetween(2.0, 3.0);
    assertThat(walk.since()[VALUES - 1]).isZero();
    assertThat(walk.variance()).isGreaterThan(NOISE / VALUES);
  }

  @Test
  void noiseAloneIsBetterExplainedByALevelThatStandsStill() {
    Random random = new Random(7);
    Arrays.setAll(z, i -> Math.sqrt(NOISE) * random.nextGaussian());
    assertThat(new RandomWalk(x, z, noise, 0).likelihood()).isGreaterThan(new RandomWalk(x, z, noise, 1).likelihood());
  }
}
