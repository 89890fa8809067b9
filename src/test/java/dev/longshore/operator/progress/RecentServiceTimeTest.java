package dev.longshore.operator.progress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.store.JobReading.Busy;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RecentServiceTimeTest {
  private static final Instant START = Instant.parse("2026-11-22T06:00:00Z");

  private final RecentServiceTime recent = new RecentServiceTime();
  private long second;
  private long items;
  private Duration busy = Duration.ZERO;

  @Test
  void thereIsNoneBeforeTheFirstItem() {
    read();
    assertThat(recent.mean()).isNull();
    work(1, 1, Duration.ofSeconds(3));
    assertThat(recent.mean()).isEqualTo(Duration.ofSeconds(3));
  }

  @Test
  void itemsThatTakeThreeTimesAsLongAreKnownAfterAMinute() {
    work(600, 10, Duration.ofMillis(100));
    assertThat(recent.mean()).isEqualTo(Duration.ofMillis(100));
    work(30, 10, Duration.ofMillis(300));
    assertThat(recent.mean()).isBetween(Duration.ofMillis(190), Duration.ofMillis(210));
    work(32, 10, Duration.ofMillis(300));
    assertThat(recent.mean()).isEqualTo(Duration.ofMillis(300));
  }

  @Test
  void whereAMinuteHoldsFewItemsTheLastHundredCount() {
    work(200, 1, Duration.ofSeconds(1));
    for (int i = 0; i < 50; i++) {
      second += 30;
      work(1, 1, Duration.ofSeconds(60));
    }
    assertThat(recent.mean()).isBetween(Duration.ofSeconds(30), Duration.ofSeconds(31));
    for (int i = 0; i < 60; i++) {
      second += 30;
      work(1, 1, Duration.ofSeconds(60));
    }
    assertThat(recent.mean()).isEqualTo(Duration.ofSeconds(60));
  }

  @Test
  void aSpellInWhichNothingEndsChangesNothing() {
    work(100, 10, Duration.ofMillis(100));
    for (int i = 0; i < 3_600; i++) {
      second++;
      read();
    }
    assertThat(recent.mean()).isEqualTo(Duration.ofMillis(100));
    work(1, 10, Duration.ofMillis(100));
    assertThat(recent.mean()).isEqualTo(Duration.ofMillis(100));
  }

  @Test
  void anAccountThatBeginsAnewIsMeasuredAnew() {
    work(100, 10, Duration.ofMillis(100));
    items = 0;
    busy = Duration.ZERO;
    work(1, 10, Duration.ofMillis(500));
    assertThat(recent.mean()).isEqualTo(Duration.ofMillis(500));
  }

  private void work(int seconds, int perSecond, Duration each) {
    for (int i = 0; i < seconds; i++) {
      second++;
      items += perSecond;
      busy = busy.plus(each.multipliedBy(perSecond));
      read();
    }
  }

  private void read() {
    recent.sample(START.plusSeconds(second), new Busy(busy, items));
  }
}
