package dev.longshore.operator.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FieldValuesTest {
  @Test
  void readsDurations() {
    assertThat(FieldValues.duration("1h30m")).isEqualTo(Duration.ofMinutes(90));
    assertThat(FieldValues.duration("500ms")).isEqualTo(Duration.ofMillis(500));
    assertThat(FieldValues.duration("1m1s1ms")).isEqualTo(Duration.ofMillis(61_001));
    assertThat(FieldValues.duration("0s")).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "5", "-5s", "1.5s", "1d", "s", "5 s", "99999999999999999999s", "9999999999999999999h", "9000000000000000000h"})
  void refusesWhatIsNoDuration(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> FieldValues.duration(text)).withMessageContaining("\"" + text + "\"");
  }

  @Test
  void readsShares() {
    assertThat(FieldValues.percent("0%")).isZero();
    assertThat(FieldValues.percent("20%")).isEqualTo(0.2);
    assertThat(FieldValues.percent("100%")).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "20", "101%", "-1%", "0.5%", "020%"})
  void refusesWhatIsNoShare(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> FieldValues.percent(text)).withMessageContaining("\"" + text + "\"");
  }

  @Test
  void readsAmountsOfBytes() {
    assertThat(FieldValues.quantity("4096")).isEqualTo(4096);
    assertThat(FieldValues.quantity("256Ki")).isEqualTo(256 << 10);
    assertThat(FieldValues.quantity("4Mi")).isEqualTo(4 << 20);
    assertThat(FieldValues.quantity("2Gi")).isEqualTo(2L << 30);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Ki", "1K", "1.5Mi", "-1", "9999999999999"})
  void refusesWhatIsNoAmount(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> FieldValues.quantity(text)).withMessageContaining("\"" + text + "\"");
  }
}
