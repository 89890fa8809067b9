package dev.longshore.operator.forecast;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RetriesTest {
  private final Retries retries = new Retries();

  @Test
  void whereNothingFailsNothingIsWaitedFor() {
    retries.add(0, 10, 100, 100);
    assertThat(retries.secondsLeft()).isZero();
  }

  @Test
  void theMeanNumberThatWaitTellsHowLongAWaitIs() {
    // 5 attempts fail in a second and 100 items wait: 20 s each, and as every second attempt fails, two waits on average
    retries.add(100, 10, 100, 50);
    assertThat(retries.secondsLeft()).isEqualTo(40);
  }
}
