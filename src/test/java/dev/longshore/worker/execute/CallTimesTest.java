package dev.longshore.worker.execute;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CallTimesTest {
  private final CallTimes times = new CallTimes();

  @Test
  void measuresByItemAndTellsHowLongCallsWereBusy() {
    times.begin(1_000);
    times.end(10, 1_500);
    times.begin(2_000);
    assertThat(times.read(2_100)).isEqualTo(new CallTimes.Reading(50, 600, 100, 400));
  }

  @Test
  void aCallGoesOnForWhatItLacksToTheMeanThenForAsLongAsItIsBeyond() {
    times.begin(0);
    assertThat(times.read(70).restNanos()).as("nothing is known but that it runs").isEqualTo(70);
    times.end(1, 100);
    times.begin(200);
    assertThat(times.read(230).restNanos()).isEqualTo(70);
    assertThat(times.read(300).restNanos()).isZero();
    assertThat(times.read(1_300).restNanos()).isEqualTo(1_000);
    times.end(1, 1_300);
    assertThat(times.read(1_400)).as("none runs").isEqualTo(new CallTimes.Reading(600, 1_200, 0, 0));
  }
}
