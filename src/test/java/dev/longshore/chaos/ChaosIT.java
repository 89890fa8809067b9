package dev.longshore.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** One short seed of the storm that {@code ./mvnw verify -Pchaos} lets loose for hours. */
class ChaosIT {
  private static final long SEED = 4;

  @Test
  void aShortStormLosesNothingAndCountsNothingTwice() throws Exception {
    ChaosPlan plan = new ChaosPlan(SEED, 10_000, Duration.ofSeconds(14), Duration.ofSeconds(18), Duration.ofSeconds(1), 5, Storm.allowed(System.getProperty("chaos.faults", "")));
    SeedReport report = new ChaosRun(plan, Path.of("target", "chaos", "short")).run();
    System.out.println(report.table());
    assertThat(report.failure()).isEmpty();
  }
}
