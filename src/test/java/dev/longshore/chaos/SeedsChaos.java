package dev.longshore.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * {@code ./mvnw verify -Pchaos}: seed after seed, from where the last run stopped, until {@code -Dchaos.seeds=20} in a row have passed; or
 * {@code -Dchaos.seed=N}, that one and, with {@code chaos.seeds}, the next ones. {@code -Dchaos.items=200000} and {@code -Dchaos.seconds=120}
 * (what an undisturbed job takes) say how long each is, {@code -Dchaos.faults=WORKER_KILLED,LINK_CUT} which faults there are.
 */
class SeedsChaos {
  private static final Path FOLDER = Path.of("target", "chaos");
  private static final int LEAST_FAULTS = 20;

  @Test
  void noSeedLosesAnItemOrCountsOneTwice() throws Exception {
    SeedBook book = new SeedBook(FOLDER.resolve("seeds.ndjson"));
    Long first = Long.getLong("chaos.seed");
    if (first == null) {
      int goal = Integer.getInteger("chaos.seeds", 20);
      while (book.passedInARow().size() < goal) {
        pass(book.next(), book);
      }
      new ReliabilityPage(Path.of("docs", "reliability.md")).write(book.passedInARow());
      return;
    }
    for (long seed = first; seed < first + Integer.getInteger("chaos.seeds", 1); seed++) {
      pass(seed, book);
    }
  }

  private static void pass(long seed, SeedBook book) throws Exception {
    System.out.println("chaos.seed=" + seed + " begins");
    SeedReport report = new ChaosRun(plan(seed), FOLDER).run();
    book.add(report);
    System.out.println(report.table() + book.passedInARow().size() + " seeds in a row have passed");
    assertThat(report.failure()).isEmpty();
  }

  private static ChaosPlan plan(long seed) {
    Duration ideal = Duration.ofSeconds(Integer.getInteger("chaos.seconds", 120));
    return new ChaosPlan(seed, Integer.getInteger("chaos.items", 200_000), ideal, ideal.multipliedBy(4),
        Duration.ofMillis(2_000), LEAST_FAULTS, Storm.allowed(System.getProperty("chaos.faults", "")));
  }
}
