package dev.longshore.processor;

import dev.longshore.job.JobSpec;
import dev.longshore.job.JobSpec.GuardSpec;
import io.smallrye.faulttolerance.api.RateLimit;
import io.smallrye.faulttolerance.api.RateLimitType;
import java.lang.reflect.AnnotatedElement;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.eclipse.microprofile.faulttolerance.Bulkhead;
import org.eclipse.microprofile.faulttolerance.CircuitBreaker;
import org.eclipse.microprofile.faulttolerance.Retry;
import org.eclipse.microprofile.faulttolerance.Timeout;

/**
 * What holds for the guard of one job: the job's {@code spec.guard} first, then the annotations on a plugin's {@code process} method (or
 * its class), then Longshore's defaults.
 *
 * @param timeout of one call, above zero, at most {@link #LONGEST_TIMEOUT}
 * @param concurrency calls at once: what the job says, and never more than a plugin's {@code @Bulkhead} bears
 * @param retry short retries; null for none
 * @param breaker null for none
 * @param rate null for none
 */
public record GuardSettings(Duration timeout, int concurrency, ShortRetry retry, Breaker breaker, Rate rate) {
  public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);
  /** Also what a plugin's {@code @Timeout(0)}, no timeout, comes to. */
  public static final Duration LONGEST_TIMEOUT = Duration.ofHours(24);
  private static final Duration DEFAULT_RETRY_DELAY = Duration.ofMillis(100);
  private static final Duration DEFAULT_RETRY_JITTER = Duration.ofMillis(50);
  private static final Duration DEFAULT_RETRY_DURATION = Duration.ofMinutes(3);

  /**
   * Repeats a call that failed as a whole.
   *
   * @param max -1 for as many as {@code maxDuration} allows
   * @param on throwables that are worth it
   * @param never throwables that are not, also when {@code on} names them
   */
  public record ShortRetry(int max, Duration delay, Duration jitter, Duration maxDuration, List<Class<? extends Throwable>> on,
      List<Class<? extends Throwable>> never) {}

  /**
   * Opens after {@code failureRatio} of the last {@code window} calls failed.
   *
   * @param successes calls that must succeed, after {@code delay}, to close it
   * @param on throwables that count as failed
   * @param never throwables that do not, also when {@code on} names them
   */
  public record Breaker(double failureRatio, int window, Duration delay, int successes, List<Class<? extends Throwable>> on,
      List<Class<? extends Throwable>> never) {}

  /** At most {@code calls} in each {@code window}, each at least {@code minSpacing} after the one before. */
  public record Rate(int calls, Duration window, Duration minSpacing, RateLimitType type) {}

  /**
   * Settles what holds.
   *
   * @param process the processor's method
   * @param type its class: an annotation there holds where the method has none of that kind
   */
  public static GuardSettings resolve(AnnotatedElement process, AnnotatedElement type, JobSpec spec) {
    GuardSpec guard = spec.guard() == null ? new GuardSpec(null, null, null) : spec.guard();
    Bulkhead bulkhead = find(Bulkhead.class, process, type);
    int concurrency = bulkhead == null ? spec.concurrency() : Math.min(spec.concurrency(), bulkhead.value());
    return new GuardSettings(timeout(guard, find(Timeout.class, process, type)), concurrency,
        retry(guard, find(Retry.class, process, type)), breaker(guard, find(CircuitBreaker.class, process, type)),
        rate(find(RateLimit.class, process, type)));
  }

  private static <A extends java.lang.annotation.Annotation> A find(Class<A> kind, AnnotatedElement process, AnnotatedElement type) {
    A found = process.getAnnotation(kind);
    return found == null ? type.getAnnotation(kind) : found;
  }

  private static Duration timeout(GuardSpec guard, Timeout annotated) {
    Duration timeout = guard.timeout() != null ? guard.timeout()
        : annotated != null ? of(annotated.value(), annotated.unit()) : DEFAULT_TIMEOUT;
    return timeout.isZero() || timeout.compareTo(LONGEST_TIMEOUT) > 0 ? LONGEST_TIMEOUT : timeout;
  }

  private static ShortRetry retry(GuardSpec guard, Retry annotated) {
    int max = guard.retries() != null ? guard.retries() : annotated != null ? annotated.maxRetries() : 0;
    if (max == 0) {
      return null;
    }
    if (annotated == null) {
      return new ShortRetry(max, DEFAULT_RETRY_DELAY, DEFAULT_RETRY_JITTER, DEFAULT_RETRY_DURATION, List.of(Throwable.class), List.of());
    }
    return new ShortRetry(max, of(annotated.delay(), annotated.delayUnit()), of(annotated.jitter(), annotated.jitterDelayUnit()),
        annotated.maxDuration() == 0 ? LONGEST_TIMEOUT : of(annotated.maxDuration(), annotated.durationUnit()),
        List.of(annotated.retryOn()), List.of(annotated.abortOn()));
  }

  private static Breaker breaker(GuardSpec guard, CircuitBreaker annotated) {
    JobSpec.CircuitBreaker given = guard.circuitBreaker();
    if (given == null && annotated == null) {
      return null;
    }
    List<Class<? extends Throwable>> on = annotated == null ? List.of(Throwable.class) : List.of(annotated.failOn());
    List<Class<? extends Throwable>> never = annotated == null ? List.of() : List.of(annotated.skipOn());
    int successes = annotated == null ? 1 : annotated.successThreshold();
    if (given != null) {
      return new Breaker(given.failureRatio(), given.window(), given.delay(), successes, on, never);
    }
    return new Breaker(annotated.failureRatio(), annotated.requestVolumeThreshold(), of(annotated.delay(), annotated.delayUnit()),
        successes, on, never);
  }

  private static Rate rate(RateLimit annotated) {
    return annotated == null ? null : new Rate(annotated.value(), of(annotated.window(), annotated.windowUnit()),
        of(annotated.minSpacing(), annotated.minSpacingUnit()), annotated.type());
  }

  private static Duration of(long amount, ChronoUnit unit) {
    return Duration.of(amount, unit);
  }
}
