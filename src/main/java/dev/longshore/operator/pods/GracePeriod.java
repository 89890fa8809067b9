package dev.longshore.operator.pods;

import dev.longshore.api.v1alpha1.WorkerPoolSpec;
import io.fabric8.kubernetes.api.model.PodSpec;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * How long a worker may live on after SIGTERM: long enough to end the longest call that it may have begun and to settle it. A worker
 * itself takes what it needs and ends when it has drained, so that only a call that hangs uses all of it.
 */
final class GracePeriod {
  /** As Kubernetes gives a pod that says nothing. */
  private static final long LEAST_SECONDS = 30;
  /** For settling outcomes, handing back what has not started, and the end of the process. */
  private static final Duration MARGIN = Duration.ofSeconds(15);
  private static final int DRAIN_SECONDS = 600;

  private GracePeriod() {}

  /**
   * The seconds: the longest call and a margin, at least 30, at most what a drain may take; a longer time in the template holds.
   *
   * @param longestCall of the jobs that the pool has; empty while it has none, then as long as a drain
   */
  static long seconds(WorkerPoolSpec pool, PodSpec template, Optional<Duration> longestCall) {
    long drain = Objects.requireNonNullElse(pool.drainTimeoutSeconds(), DRAIN_SECONDS);
    long derived = longestCall.map(call -> Math.min(drain, Math.max(LEAST_SECONDS, wholeSeconds(call.plus(MARGIN))))).orElse(drain);
    Long given = template.getTerminationGracePeriodSeconds();
    return given == null ? derived : Math.max(given, derived);
  }

  private static long wholeSeconds(Duration time) {
    return time.plusMillis(999).toSeconds();
  }
}
