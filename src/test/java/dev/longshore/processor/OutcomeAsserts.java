package dev.longshore.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.Outcome;
import java.nio.charset.StandardCharsets;

/** Reads outcomes in tests. */
public final class OutcomeAsserts {
  private OutcomeAsserts() {}

  public static String result(Outcome outcome) {
    assertThat(outcome).isInstanceOf(Outcome.Success.class);
    byte[] result = ((Outcome.Success) outcome).result();
    return result == null ? null : new String(result, StandardCharsets.UTF_8);
  }

  public static Outcome.Retry retry(Outcome outcome, String code) {
    assertThat(outcome).isInstanceOf(Outcome.Retry.class);
    Outcome.Retry retry = (Outcome.Retry) outcome;
    assertThat(retry.failure().code()).as(retry.failure().message()).isEqualTo(code);
    return retry;
  }

  /** A retry that is charged. */
  public static Outcome.Retry spent(Outcome outcome, String code) {
    Outcome.Retry retry = retry(outcome, code);
    assertThat(retry.spendsAttempt()).as(retry.failure().message()).isTrue();
    return retry;
  }

  /** A retry that is not charged. */
  public static Outcome.Retry unspent(Outcome outcome, String code) {
    Outcome.Retry retry = retry(outcome, code);
    assertThat(retry.spendsAttempt()).as(retry.failure().message()).isFalse();
    return retry;
  }

  public static void fail(Outcome outcome, String code) {
    assertThat(outcome).isInstanceOf(Outcome.Fail.class);
    Outcome.Fail fail = (Outcome.Fail) outcome;
    assertThat(fail.failure().code()).as(fail.failure().message()).isEqualTo(code);
  }
}
