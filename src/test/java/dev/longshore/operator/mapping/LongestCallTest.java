package dev.longshore.operator.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.api.v1alpha1.BatchJob;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LongestCallTest {
  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "{noop: {}} | {} | PT30S",
      "{noop: {}} | {timeout: 1m30s} | PT1M30S",
      "{noop: {}} | {timeout: 10s, retries: 2} | PT30S",
      "{noop: {}} | {retries: 1} | PT1M",
      "{plugin: {name: x}} | {timeout: 10s} | PT10S",
      "{plugin: {name: x}} | {} | PT24H",
      "{noop: {}} | {timeout: 9999999999999h} | PT24H",
      "{noop: {}} | {timeout: soon} | PT24H"})
  void aCallMayLastThisLong(String processor, String guard, Duration longest) {
    BatchJob job = Serialization.unmarshal("spec: {processor: " + processor + ", guard: " + guard + "}", BatchJob.class);
    assertThat(LongestCall.of(job.getSpec())).isEqualTo(longest);
  }
}
