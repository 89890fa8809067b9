package dev.longshore.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The bounds of the options are those that their reference tells, and are kept. */
class ConfigBoundsTest {
  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "longshore.worker.lease-time | 1s | LONGSHORE_WORKER_LEASE_TIME is 1s, it must be from 2s to 10m | 2 s to 10 min",
      "longshore.worker.hold-limit | 11m | LONGSHORE_WORKER_HOLD_LIMIT is 11m, it must be from 2s to 10m | 2 s to 10 min",
      "longshore.audit.quiet | 2s | LONGSHORE_AUDIT_QUIET is 2s, it must be from 3s to 1h | 3 s to 1 h",
      "longshore.audit.grace | 2h | LONGSHORE_AUDIT_GRACE is 2h, it must be from 1s to 1h | 1 s to 1 h",
      "longshore.operator.finalizer-patience | 5s | LONGSHORE_OPERATOR_FINALIZER_PATIENCE is 5s, it must be from 10s to 24h | 10 s to 24 h"})
  void whatIsOutsideOfItsBoundsIsNamed(String option, String value, String expected, String told) throws IOException {
    assertThatIllegalStateException().isThrownBy(() -> ConfigBounds.check(config(Map.of(option, value)))).withMessage(expected);
    String name = expected.substring(0, expected.indexOf(' '));
    assertThat(Files.readString(Path.of("docs/reference/options.md")).lines().filter(line -> line.contains("`" + name + "`"))).singleElement()
        .asString().contains(told);
  }

  @Test
  void defaultsAndBoundsThemselvesAreFine() {
    assertThatCode(() -> ConfigBounds.check(config(Map.of()))).doesNotThrowAnyException();
    assertThatCode(() -> ConfigBounds.check("X", Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofSeconds(2))).doesNotThrowAnyException();
  }

  private static LongshoreConfig config(Map<String, String> values) {
    return new SmallRyeConfigBuilder().withMapping(LongshoreConfig.class).withConverter(Duration.class, 200, new DurationConverter())
        .withSources(new PropertiesConfigSource(values, "test", 100)).build().getConfigMapping(LongshoreConfig.class);
  }
}
