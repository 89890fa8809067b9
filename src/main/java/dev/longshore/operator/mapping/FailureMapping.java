package dev.longshore.operator.mapping;

import static dev.longshore.operator.mapping.CheckedFields.bound;
import static dev.longshore.operator.mapping.CheckedFields.duration;
import static dev.longshore.operator.mapping.CheckedFields.or;
import static dev.longshore.operator.mapping.CheckedFields.share;

import dev.longshore.api.v1alpha1.BatchJobSpec;
import dev.longshore.api.v1alpha1.BatchJobSpec.FailureMode;
import dev.longshore.api.v1alpha1.BatchJobSpec.RuleMatch;
import dev.longshore.expression.FailureExpression;
import dev.longshore.expression.InvalidExpressionException;
import dev.longshore.job.JobSpec;
import dev.longshore.operator.mapping.InvalidJobException.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What a failed item means: another attempt, or the end of the job. */
final class FailureMapping {
  private static final int MAX_ATTEMPTS = 5;
  private static final int MAX_CRASHES = 3;

  private FailureMapping() {}

  static JobSpec.RetrySpec retry(BatchJobSpec.Retry retry) throws InvalidJobException {
    BatchJobSpec.Retry given = or(retry, new BatchJobSpec.Retry(null, null, null));
    List<JobSpec.RetryRule> rules = new ArrayList<>();
    for (BatchJobSpec.RetryRule rule : or(given.rules(), List.<BatchJobSpec.RetryRule>of())) {
      rules.add(rule(rule, "spec.retry.rules[" + rules.size() + "]"));
    }
    BatchJobSpec.Backoff backoff = or(given.backoff(), new BatchJobSpec.Backoff(null, null, null, null));
    return new JobSpec.RetrySpec(or(given.maxAttempts(), MAX_ATTEMPTS), backoff(backoff, "spec.retry.backoff"), rules);
  }

  private static JobSpec.Backoff backoff(BatchJobSpec.Backoff given, String path) throws InvalidJobException {
    return new JobSpec.Backoff(duration(path + ".initial", or(given.initial(), "1s"), Duration.ZERO), or(given.factor(), 2),
        duration(path + ".max", or(given.max(), "10m"), Duration.ZERO), share(path + ".jitter", or(given.jitter(), "20%")));
  }

  private static JobSpec.RetryRule rule(BatchJobSpec.RetryRule given, String path) throws InvalidJobException {
    RuleMatch when = given.when();
    JobSpec.RetryAction action = switch (given.action()) {
      case Retry -> JobSpec.RetryAction.RETRY;
      case Fail -> JobSpec.RetryAction.FAIL;
      case Skip -> JobSpec.RetryAction.SKIP;
      case FailJob -> JobSpec.RetryAction.FAIL_JOB;
      case Ignore -> JobSpec.RetryAction.IGNORE;
    };
    JobSpec.When match = new JobSpec.When(set(when.httpStatus()), set(when.exitCode()), set(when.exception()), set(when.code()),
        set(when.fingerprint()), expression(when.expression(), path + ".when.expression"));
    return new JobSpec.RetryRule(match, action, given.maxAttempts(),
        given.backoff() == null ? null : backoff(given.backoff(), path + ".backoff"));
  }

  /** Refused here, it never comes to a worker. */
  private static String expression(String given, String path) throws InvalidJobException {
    if (given != null) {
      try {
        FailureExpression.compile(given);
      } catch (InvalidExpressionException e) {
        throw new InvalidJobException(Reason.SPEC, path, e.getMessage());
      }
    }
    return given;
  }

  private static <T> Set<T> set(List<T> given) {
    return given == null ? Set.of() : Collections.unmodifiableSet(new LinkedHashSet<>(given));
  }

  static JobSpec.FailurePolicy policy(BatchJobSpec.FailurePolicy policy) throws InvalidJobException {
    BatchJobSpec.FailurePolicy given = or(policy, new BatchJobSpec.FailurePolicy(null, null, null, null, null));
    JobSpec.FailureMode mode = given.mode() == FailureMode.FailFast ? JobSpec.FailureMode.FAIL_FAST : JobSpec.FailureMode.CONTINUE;
    return new JobSpec.FailurePolicy(mode, bound("spec.failurePolicy.maxFailed", given.maxFailed(), 0), circuitBreaker(given.circuitBreaker()),
        canary(given.canary()), or(given.maxCrashes(), MAX_CRASHES));
  }

  private static JobSpec.SameFailure circuitBreaker(BatchJobSpec.CircuitBreaker given) throws InvalidJobException {
    return given == null ? null
        : new JobSpec.SameFailure(share("spec.failurePolicy.circuitBreaker.share", or(given.share(), "50%")), or(given.minItems(), 100));
  }

  private static JobSpec.Canary canary(BatchJobSpec.Canary given) throws InvalidJobException {
    if (given == null) {
      return null;
    }
    JobSpec.Bound failed = bound("spec.failurePolicy.canary.maxFailed", given.maxFailed(), 0);
    return new JobSpec.Canary(bound("spec.failurePolicy.canary.items", given.items(), 1), or(failed, new JobSpec.Bound(0L, null)));
  }
}
