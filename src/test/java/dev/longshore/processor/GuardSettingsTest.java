package dev.longshore.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.JobSpec;
import dev.longshore.job.JobSpec.GuardSpec;
import io.smallrye.faulttolerance.api.RateLimit;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import org.eclipse.microprofile.faulttolerance.Bulkhead;
import org.eclipse.microprofile.faulttolerance.CircuitBreaker;
import org.eclipse.microprofile.faulttolerance.Retry;
import org.eclipse.microprofile.faulttolerance.Timeout;
import org.junit.jupiter.api.Test;

class GuardSettingsTest {
  static class Plain {
    public void process() {}
  }

  @Bulkhead(7)
  @Timeout(value = 9, unit = ChronoUnit.SECONDS)
  static class Annotated {
    @Timeout(200)
    @Retry(maxRetries = 2, delay = 5, jitter = 1, abortOn = IllegalStateException.class)
    @CircuitBreaker(requestVolumeThreshold = 4, failureRatio = 0.75, delay = 50, successThreshold = 2)
    @RateLimit(value = 3, window = 2, windowUnit = ChronoUnit.SECONDS)
    public void process() {}
  }

  static class Unlimited {
    @Timeout(0)
    public void process() {}
  }

  private static GuardSettings resolve(Class<?> type, JobSpec spec) {
    try {
      return GuardSettings.resolve(type.getMethod("process"), type, spec);
    } catch (NoSuchMethodException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void longshoresDefaultsHoldWhereNobodySaysAnything() {
    GuardSettings settings = resolve(Plain.class, Specs.noop().concurrency(4).spec());
    assertThat(settings).isEqualTo(new GuardSettings(Duration.ofSeconds(30), 4, null, null, null));
  }

  @Test
  void annotationsAreThePluginsDefaults() {
    GuardSettings settings = resolve(Annotated.class, Specs.noop().spec());
    assertThat(settings.timeout()).as("the method's, before the class's").isEqualTo(Duration.ofMillis(200));
    assertThat(settings.concurrency()).isEqualTo(7);
    assertThat(settings.retry().max()).isEqualTo(2);
    assertThat(settings.retry().delay()).isEqualTo(Duration.ofMillis(5));
    assertThat(settings.retry().never()).containsExactly(IllegalStateException.class);
    assertThat(settings.breaker().failureRatio()).isEqualTo(0.75);
    assertThat(settings.breaker().window()).isEqualTo(4);
    assertThat(settings.breaker().successes()).isEqualTo(2);
    assertThat(settings.rate().calls()).isEqualTo(3);
    assertThat(settings.rate().window()).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void theJobWinsOverAnnotations() {
    GuardSettings settings =
        resolve(Annotated.class, Specs.noop().timeout(Duration.ofMinutes(2)).retries(0).breaker(0.5, 20, Duration.ofSeconds(5)).spec());
    assertThat(settings.timeout()).isEqualTo(Duration.ofMinutes(2));
    assertThat(settings.retry()).isNull();
    assertThat(settings.breaker().failureRatio()).isEqualTo(0.5);
    assertThat(settings.breaker().window()).isEqualTo(20);
    assertThat(settings.breaker().delay()).isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void aJobMayLowerButNotRaiseWhatAPluginBears() {
    assertThat(resolve(Annotated.class, Specs.noop().concurrency(100).spec()).concurrency()).isEqualTo(7);
    assertThat(resolve(Annotated.class, Specs.noop().concurrency(2).spec()).concurrency()).isEqualTo(2);
  }

  @Test
  void noTimeoutComesToTheLongestOne() {
    assertThat(resolve(Unlimited.class, Specs.noop().spec()).timeout()).isEqualTo(Duration.ofHours(24));
    assertThat(resolve(Plain.class, Specs.noop().timeout(Duration.ofDays(3)).spec()).timeout()).isEqualTo(Duration.ofHours(24));
  }

  @Test
  void aMissingGuardIsAnEmptyOne() {
    JobSpec spec = new Specs(new JobSpec.NoopProcessor(), null, (GuardSpec) null, 3, null, Specs.EVERYTHING).spec();
    assertThat(resolve(Plain.class, spec).timeout()).isEqualTo(GuardSettings.DEFAULT_TIMEOUT);
  }
}
