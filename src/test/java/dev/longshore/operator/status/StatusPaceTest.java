package dev.longshore.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StatusPaceTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private final StatusPace pace = new StatusPace();

  @Test
  void oneResourceIsWrittenOnceASecond() {
    assertThat(pace.left("a", NOW)).isZero();
    pace.written("a", NOW);
    assertThat(pace.left("a", NOW.plusMillis(300))).isEqualTo(Duration.ofMillis(700));
    assertThat(pace.left("a", NOW.plusSeconds(1))).isZero();
  }

  @Test
  void thoseOfTheSameMomentFollowOneAnotherAndKeepTheirTurns() {
    assertThat(IntStream.range(0, 4).mapToObj(i -> pace.left("r" + i, NOW).toMillis())).containsExactly(0L, 50L, 100L, 150L);
    assertThat(pace.left("r2", NOW.plusMillis(60))).isEqualTo(Duration.ofMillis(40));
    assertThat(pace.left("r2", NOW.plusMillis(100))).isZero();
    pace.written("r2", NOW.plusMillis(100));
    assertThat(pace.left("r3", NOW.plusMillis(100))).as("whose turn comes next").isEqualTo(Duration.ofMillis(50));
  }

  @Test
  void howeverManyThereAreNobodyWaitsLong() {
    Duration last = IntStream.range(0, 20_000).mapToObj(i -> pace.left("r" + i, NOW)).max(Duration::compareTo).orElseThrow();
    assertThat(last).isBetween(Duration.ofSeconds(10), Duration.ofSeconds(90));
  }

  @Test
  void aTurnThatNobodyTookIsOver() {
    pace.left("a", NOW);
    pace.left("b", NOW);
    assertThat(pace.left("b", NOW.plusSeconds(5))).isZero();
    assertThat(pace.left("c", NOW.plusSeconds(5))).as("behind the new turn of b").isEqualTo(Duration.ofMillis(50));
  }
}
