package dev.longshore.resilience.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RetryDelaysTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration TEN_MINUTES = Duration.ofMinutes(10);

  private static Duration plain(int attempt) {
    return RetryDelays.next(SECOND, 2, TEN_MINUTES, 0, attempt, Optional.empty(), 0.5);
  }

  @Test
  void doublesUpToItsBound() {
    assertThat(plain(1)).isEqualTo(SECOND);
    assertThat(plain(2)).isEqualTo(Duration.ofSeconds(2));
    assertThat(plain(5)).isEqualTo(Duration.ofSeconds(16));
    assertThat(plain(11)).isEqualTo(TEN_MINUTES);
    assertThat(plain(Integer.MAX_VALUE)).isEqualTo(TEN_MINUTES);
  }

  @Test
  void whoSaysWhenToComeAgainIsObeyedUpToAWeek() {
    assertThat(RetryDelays.next(SECOND, 2, TEN_MINUTES, 0.5, 3, Optional.of(Duration.ofHours(5)), 0.9)).isEqualTo(Duration.ofHours(5));
    assertThat(RetryDelays.next(SECOND, 2, TEN_MINUTES, 0.5, 3, Optional.of(Duration.ofDays(400)), 0.9)).isEqualTo(RetryDelays.LONGEST);
    assertThat(RetryDelays.next(SECOND, 2, TEN_MINUTES, 0.5, 3, Optional.of(Duration.ofSeconds(-5)), 0.9)).isZero();
  }

  @Test
  void jitterStaysWithinItsShareForAnySettings() {
    Random random = new Random(20261122);
    for (int i = 0; i < 100_000; i++) {
      Duration initial = Duration.ofMillis(random.nextLong(100_000));
      double factor = 1 + random.nextDouble() * 9;
      Duration max = Duration.ofMillis(1 + random.nextLong(Duration.ofDays(30).toMillis()));
      double jitter = random.nextDouble();
      int attempt = 1 + random.nextInt(random.nextBoolean() ? 10 : 100_000);
      double draw = random.nextDouble();
      Duration plain = RetryDelays.next(initial, factor, max, 0, attempt, Optional.empty(), draw);
      Duration moved = RetryDelays.next(initial, factor, max, jitter, attempt, Optional.empty(), draw);
      assertThat(plain).isBetween(Duration.ZERO, max.compareTo(RetryDelays.LONGEST) < 0 ? max : RetryDelays.LONGEST);
      assertThat((double) moved.toMillis()).isBetween(plain.toMillis() * (1 - jitter) - 1, plain.toMillis() * (1 + jitter) + 1);
      assertThat(moved).isLessThanOrEqualTo(RetryDelays.LONGEST);
      Duration later = RetryDelays.next(initial, factor, max, 0, attempt + 1, Optional.empty(), draw);
      assertThat(later).isGreaterThanOrEqualTo(plain);
    }
  }

  @Test
  void settingsOutOfBoundsAreRefused() {
    assertThatThrownBy(() -> RetryDelays.next(SECOND, 2, TEN_MINUTES, 0, 0, Optional.empty(), 0)).hasMessageContaining("attempt 0");
    assertThatThrownBy(() -> RetryDelays.next(SECOND, 0.5, TEN_MINUTES, 0, 1, Optional.empty(), 0)).hasMessageContaining("factor 0.5");
  }
}
