package dev.longshore.operator.reconciler.workerpool;

import dev.longshore.operator.autoscaler.Decision;
import dev.longshore.operator.autoscaler.Execute.Plan;
import dev.longshore.operator.autoscaler.JobLoad;
import dev.longshore.operator.autoscaler.ScaleInput;
import java.time.Duration;
import java.util.Comparator;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * When a pool is looked at again though nothing is heard of it. Changed readings, heartbeats, pods and specs each begin a pass of their
 * own, so this is only for what the mere time changes, and a net below all of it.
 */
final class NextPass {
  /** While something ends by time: a window, a step's period, a drain. */
  static final Duration SOON = Duration.ofSeconds(1);
  static final Duration QUIET = Duration.ofSeconds(10);
  /** With a deadline the need grows while nothing happens: it is weighed anew when a hundredth of the time left has gone. */
  private static final int PARTS_OF_TIME_LEFT = 100;

  private NextPass() {}

  /** @param refused how long the API server is not asked for workers; zero when it may be */
  static Duration after(ScaleInput input, Decision decision, Plan plan, Realize.Done done, Duration refused) {
    boolean unsettled = decision.desired() > decision.wanted() || !plan.draining().isEmpty() || !plan.remove().isEmpty()
        || !done.problem().isEmpty() && !done.lasting();
    if (unsettled) {
      return done.delay().isZero() ? SOON : earlier(SOON, done.delay());
    }
    return Stream.of(refused, done.delay(), deadline(input)).filter(Duration::isPositive).reduce(QUIET, NextPass::earlier);
  }

  private static Duration deadline(ScaleInput input) {
    Optional<Duration> nearest = input.loads().stream().filter(load -> load.items() > 0).map(JobLoad::timeLeft).filter(Objects::nonNull)
        .min(Comparator.naturalOrder());
    return nearest.map(left -> later(SOON, left.dividedBy(PARTS_OF_TIME_LEFT))).orElse(Duration.ZERO);
  }

  private static Duration earlier(Duration one, Duration other) {
    return one.compareTo(other) <= 0 ? one : other;
  }

  private static Duration later(Duration one, Duration other) {
    return one.compareTo(other) >= 0 ? one : other;
  }
}
