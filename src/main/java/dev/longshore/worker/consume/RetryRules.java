package dev.longshore.worker.consume;

import dev.longshore.expression.FailureExpression;
import dev.longshore.expression.InvalidExpressionException;
import dev.longshore.job.Failure;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec.Backoff;
import dev.longshore.job.JobSpec.RetryAction;
import dev.longshore.job.JobSpec.RetryRule;
import dev.longshore.job.JobSpec.RetrySpec;
import dev.longshore.job.JobSpec.When;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import dev.longshore.resilience.retry.RetryDelays;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * What becomes of an item that failed: as the job's first matching rule says, else as the processor said and the job's attempts allow. Rules
 * are compiled once for each version of {@code spec.retry}.
 */
final class RetryRules {
  private static final Logger LOG = Logger.getLogger(RetryRules.class);
  /** Ignored failures come back at most four times a second, whatever the backoff says. */
  static final Duration LEAST_IGNORED = Duration.ofMillis(250);

  private final RetrySpec spec;
  private final List<Rule> rules;

  /** What is to be done about one item. */
  sealed interface Ruling {
    /** It has failed for good. */
    record Fail() implements Ruling {}

    /** It is left out; its failure is the reason. */
    record Skip() implements Ruling {}

    /** It has failed for good, and so has the job. */
    record FailJob() implements Ruling {}

    /**
     * It comes again.
     *
     * @param attempt the next one, or the same when none was spent
     */
    record Again(int attempt, Duration delay) implements Ruling {}
  }

  /** A rule that is ready to be asked; {@code expression} is null when the rule has none. */
  private record Rule(RetryRule rule, FailureExpression expression) {
    boolean matches(WorkItem item, Failure failure) {
      When when = rule.when();
      return in(when.httpStatus(), failure.httpStatus()) && in(when.exitCode(), failure.exitCode()) && in(when.code(), failure.code())
          && thrown(when.exception(), failure.exception()) && (when.fingerprint().isEmpty() || when.fingerprint().contains(failure.fingerprint()))
          && (expression == null || expression.matches(error(failure), item.json(), item.attempt()));
    }

    private static boolean thrown(Set<String> names, String exception) {
      return in(names, exception) || (exception != null && names.contains(Failure.simple(exception)));
    }

    private static <T> boolean in(Set<T> given, T value) {
      return given.isEmpty() || (value != null && given.contains(value));
    }

    private static FailureExpression.Error error(Failure failure) {
      return new FailureExpression.Error(failure.code(), failure.message(), failure.fingerprint(), failure.httpStatus(), failure.exitCode(),
          failure.exception());
    }
  }

  RetryRules(JobRef job, RetrySpec spec) {
    this.spec = spec;
    List<Rule> compiled = new ArrayList<>(spec.rules().size());
    for (RetryRule rule : spec.rules()) {
      compile(job, rule).ifPresent(compiled::add);
    }
    this.rules = List.copyOf(compiled);
  }

  private static Optional<Rule> compile(JobRef job, RetryRule rule) {
    String text = rule.when().expression();
    try {
      return Optional.of(new Rule(rule, text == null ? null : FailureExpression.compile(text,
          problem -> LOG.warnf("job=%s state=rule-does-not-match reason=\"%s\" (said once)", job, problem))));
    } catch (InvalidExpressionException e) {
      // the operator compiled it before: only another version of the language can bring this here
      LOG.errorf("job=%s state=rule-passed-over reason=\"%s\" heals=\"workers and operator of one version\"", job, e.getMessage());
      return Optional.empty();
    }
  }

  /** The spec that these rules were made of. */
  RetrySpec spec() {
    return spec;
  }

  /**
   * Rules on a failed outcome.
   *
   * @param jitter 0 (included) to 1 (excluded)
   */
  Ruling on(WorkItem item, Outcome.Retry retry, double jitter) {
    return on(item, retry.failure(), Optional.ofNullable(retry.after()), true, jitter);
  }

  /** As above, for an item that the processor gave up. */
  Ruling on(WorkItem item, Outcome.Fail fail, double jitter) {
    return on(item, fail.failure(), Optional.empty(), false, jitter);
  }

  /** Whether this outcome ends the item as failed, where a fallback may still mend it. */
  boolean failsForGood(WorkItem item, Outcome outcome) {
    return switch (outcome) {
      case Outcome.Fail fail -> on(item, fail, 0) instanceof Ruling.Fail && mayFallBack(fail.failure());
      case Outcome.Retry retry -> retry.spendsAttempt() && on(item, retry, 0) instanceof Ruling.Fail && mayFallBack(retry.failure());
      case Outcome.Success success -> false;
      case Outcome.Skip skip -> false;
    };
  }

  /** A fallback gets no item that kills workers. */
  static boolean mayFallBack(Failure failure) {
    return !failure.code().equals(Failure.WORKER_CRASHED);
  }

  private Ruling on(WorkItem item, Failure failure, Optional<Duration> after, boolean worthATry, double jitter) {
    Optional<RetryRule> found = rules.stream().filter(rule -> rule.matches(item, failure)).findFirst().map(Rule::rule);
    RetryAction action = found.map(RetryRule::action).orElse(worthATry ? RetryAction.RETRY : RetryAction.FAIL);
    // failurePolicy.maxCrashes has judged such an item already: no rule lets it kill further workers
    if (failure.code().equals(Failure.WORKER_CRASHED) && (action == RetryAction.RETRY || action == RetryAction.IGNORE)) {
      action = RetryAction.FAIL;
    }
    Backoff backoff = found.map(RetryRule::backoff).orElse(spec.backoff());
    return switch (action) {
      case FAIL -> new Ruling.Fail();
      case SKIP -> new Ruling.Skip();
      case FAIL_JOB -> new Ruling.FailJob();
      case IGNORE -> {
        Duration delay = delay(backoff, item, after, jitter);
        yield new Ruling.Again(item.attempt(), delay.compareTo(LEAST_IGNORED) < 0 ? LEAST_IGNORED : delay);
      }
      case RETRY -> item.attempt() >= found.map(RetryRule::maxAttempts).orElse(spec.maxAttempts()) ? new Ruling.Fail()
          : new Ruling.Again(item.attempt() + 1, delay(backoff, item, after, jitter));
    };
  }

  /** The job's own wait, for what comes again though it did not fail. */
  Duration delay(WorkItem item, double jitter) {
    return delay(spec.backoff(), item, Optional.empty(), jitter);
  }

  private static Duration delay(Backoff backoff, WorkItem item, Optional<Duration> after, double jitter) {
    return RetryDelays.next(backoff.initial(), backoff.factor(), backoff.max(), backoff.jitter(), item.attempt(), after, jitter);
  }
}
