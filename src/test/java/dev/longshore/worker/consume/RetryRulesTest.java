package dev.longshore.worker.consume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.Failure;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec.Backoff;
import dev.longshore.job.JobSpec.RetryAction;
import dev.longshore.job.JobSpec.RetryRule;
import dev.longshore.job.JobSpec.RetrySpec;
import dev.longshore.job.JobSpec.When;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import dev.longshore.worker.consume.RetryRules.Ruling;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The first rule that matches decides; without one the processor and the job's attempts do. */
class RetryRulesTest {
  private static final JobRef JOB = new JobRef("ns", "numbers", "5f3a9c02");
  private static final Backoff JOBS = new Backoff(Duration.ofSeconds(1), 2, Duration.ofMinutes(1), 0);
  private static final Backoff OWN = new Backoff(Duration.ofSeconds(10), 3, Duration.ofMinutes(10), 0);
  private static final Failure BUSY = new Failure("HttpStatus503", "GET http://a answered 503", 503, null, null);
  private static final Failure EXITED = new Failure("ExitCode", "the program ended with exit code 3", null, 3, null);
  private static final Failure THROWN = Failure.thrown(new CompletionException(new ConnectException("refused")));

  @Test
  void withoutARuleTheJobsAttemptsAndBackoffHold() {
    assertThat(ruling(1, Outcome.retry(BUSY))).isEqualTo(again(2, 1));
    assertThat(ruling(3, Outcome.retry(BUSY))).isEqualTo(again(4, 4));
    assertThat(ruling(4, Outcome.retry(BUSY))).isEqualTo(new Ruling.Fail());
    assertThat(ruling(1, new Outcome.Fail(BUSY))).isEqualTo(new Ruling.Fail());
  }

  @Test
  void aRuleHasItsOwnAttemptsAndBackoff() {
    RetryRule rule = new RetryRule(status(503), RetryAction.RETRY, 6, OWN);
    assertThat(ruling(1, Outcome.retry(BUSY), rule)).isEqualTo(again(2, 10));
    assertThat(ruling(5, Outcome.retry(BUSY), rule)).isEqualTo(again(6, 600));
    assertThat(ruling(6, Outcome.retry(BUSY), rule)).isEqualTo(new Ruling.Fail());
    assertThat(ruling(4, Outcome.retry(EXITED), rule)).isEqualTo(new Ruling.Fail());
  }

  @Test
  void aRuleTakesFromTheJobWhatItDoesNotSay() {
    RetryRule rule = new RetryRule(status(503), RetryAction.RETRY, null, null);
    assertThat(ruling(3, Outcome.retry(BUSY), rule)).isEqualTo(again(4, 4));
    assertThat(ruling(4, Outcome.retry(BUSY), rule)).isEqualTo(new Ruling.Fail());
  }

  @Test
  void whatTheProcessorGaveUpIsTriedAgainWhereARuleSaysSo() {
    assertThat(ruling(1, new Outcome.Fail(BUSY), new RetryRule(status(503), RetryAction.RETRY, null, null))).isEqualTo(again(2, 1));
  }

  @Test
  void theFirstRuleThatMatchesWins() {
    RetryRule other = new RetryRule(status(404), RetryAction.SKIP, null, null);
    RetryRule first = new RetryRule(status(503), RetryAction.FAIL, null, null);
    RetryRule second = new RetryRule(status(503), RetryAction.SKIP, null, null);
    assertThat(ruling(1, Outcome.retry(BUSY), other, first, second)).isEqualTo(new Ruling.Fail());
    assertThat(ruling(1, Outcome.retry(BUSY), other, second, first)).isEqualTo(new Ruling.Skip());
  }

  @Test
  void retryAfterWinsOverEveryBackoff() {
    Outcome.Retry told = new Outcome.Retry(BUSY, Duration.ofSeconds(77), true);
    assertThat(ruling(1, told)).isEqualTo(again(2, 77));
    assertThat(ruling(1, told, new RetryRule(status(503), RetryAction.RETRY, 6, OWN))).isEqualTo(again(2, 77));
    assertThat(ruling(1, told, new RetryRule(status(503), RetryAction.IGNORE, null, OWN))).isEqualTo(again(1, 77));
  }

  @Test
  void anIgnoredFailureCostsNoAttemptHoweverOftenItComes() {
    RetryRule rule = new RetryRule(status(503), RetryAction.IGNORE, null, OWN);
    assertThat(ruling(1, Outcome.retry(BUSY), rule)).isEqualTo(again(1, 10));
    assertThat(ruling(4, Outcome.retry(BUSY), rule)).isEqualTo(again(4, 270));
    assertThat(ruling(4, new Outcome.Fail(BUSY), rule)).isEqualTo(again(4, 270));
  }

  @Test
  void anIgnoredFailureDoesNotSpin() {
    RetryRule rule = new RetryRule(status(503), RetryAction.IGNORE, null, new Backoff(Duration.ZERO, 1, Duration.ZERO, 0));
    assertThat(ruling(1, Outcome.retry(BUSY), rule)).isEqualTo(new Ruling.Again(1, Duration.ofMillis(250)));
    assertThat(ruling(1, new Outcome.Retry(BUSY, Duration.ZERO, true), rule)).isEqualTo(new Ruling.Again(1, Duration.ofMillis(250)));
  }

  @Test
  void aRuleMatchesByEachPart() {
    assertMatches(new When(Set.of(429, 503), Set.of(), Set.of(), Set.of(), Set.of(), null), BUSY, EXITED);
    assertMatches(new When(Set.of(), Set.of(3), Set.of(), Set.of(), Set.of(), null), EXITED, BUSY);
    assertMatches(new When(Set.of(), Set.of(), Set.of("ConnectException"), Set.of(), Set.of(), null), THROWN, EXITED);
    assertMatches(new When(Set.of(), Set.of(), Set.of("java.net.ConnectException"), Set.of(), Set.of(), null), THROWN, EXITED);
    assertMatches(new When(Set.of(), Set.of(), Set.of(), Set.of("ExitCode"), Set.of(), null), EXITED, BUSY);
    assertMatches(new When(Set.of(), Set.of(), Set.of(), Set.of(), Set.of(EXITED.fingerprint()), null), EXITED, BUSY);
    assertMatches(expression("error.httpStatus == 503 && item.id == 7 && attempt == 1"), BUSY, EXITED);
  }

  @Test
  void aRuleWantsEveryPartThatItNames() {
    When both = new When(Set.of(503), Set.of(), Set.of(), Set.of("HttpStatus503"), Set.of(), "item.id == 7");
    When not = new When(Set.of(503), Set.of(), Set.of(), Set.of("HttpStatus503"), Set.of(), "item.id == 8");
    assertThat(ruling(1, Outcome.retry(BUSY), new RetryRule(both, RetryAction.SKIP, null, null))).isEqualTo(new Ruling.Skip());
    assertThat(ruling(1, Outcome.retry(BUSY), new RetryRule(not, RetryAction.SKIP, null, null))).isEqualTo(again(2, 1));
  }

  @Test
  void anExpressionThatFailsMatchesNothing() {
    assertThat(ruling(1, Outcome.retry(BUSY), new RetryRule(expression("item.none.deep == 1"), RetryAction.SKIP, null, null)))
        .isEqualTo(again(2, 1));
  }

  @Test
  void aRuleThatCannotBeCompiledHereIsPassedOver() {
    assertThat(ruling(1, Outcome.retry(BUSY), new RetryRule(expression("item."), RetryAction.SKIP, null, null),
        new RetryRule(status(503), RetryAction.FAIL_JOB, null, null))).isEqualTo(new Ruling.FailJob());
  }

  @ParameterizedTest
  @EnumSource(RetryAction.class)
  void noRuleLetsAnItemThatKillsWorkersTryAgain(RetryAction action) {
    Outcome.Fail crashed = new Outcome.Fail(new Failure("WorkerCrashed", "killed 3 workers while it ran alone"));
    assertThat(ruling(1, crashed, new RetryRule(expression("true"), action, null, null))).isNotInstanceOf(Ruling.Again.class);
  }

  private static void assertMatches(When when, Failure failure, Failure other) {
    RetryRule rule = new RetryRule(when, RetryAction.SKIP, null, null);
    assertThat(ruling(1, Outcome.retry(failure), rule)).as("%s on %s", when, failure).isEqualTo(new Ruling.Skip());
    assertThat(ruling(1, Outcome.retry(other), rule)).as("%s on %s", when, other).isEqualTo(again(2, 1));
  }

  private static When status(int status) {
    return new When(Set.of(status), Set.of(), Set.of(), Set.of(), Set.of(), null);
  }

  private static When expression(String text) {
    return new When(Set.of(), Set.of(), Set.of(), Set.of(), Set.of(), text);
  }

  private static Ruling again(int attempt, int seconds) {
    return new Ruling.Again(attempt, Duration.ofSeconds(seconds));
  }

  private static Ruling ruling(int attempt, Outcome outcome, RetryRule... given) {
    RetryRules rules = new RetryRules(JOB, new RetrySpec(4, JOBS, List.of(given)));
    WorkItem item = new WorkItem(3, attempt, "{\"id\": 7}".getBytes(StandardCharsets.UTF_8));
    return outcome instanceof Outcome.Retry retry ? rules.on(item, retry, 0.5) : rules.on(item, (Outcome.Fail) outcome, 0.5);
  }
}
