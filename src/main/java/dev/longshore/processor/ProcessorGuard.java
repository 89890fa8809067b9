package dev.longshore.processor;

import dev.longshore.job.Outcome;
import dev.longshore.processor.GuardSettings.Breaker;
import dev.longshore.processor.GuardSettings.Rate;
import dev.longshore.processor.GuardSettings.ShortRetry;
import io.smallrye.faulttolerance.api.CircuitBreakerState;
import io.smallrye.faulttolerance.api.TypedGuard;
import jakarta.enterprise.util.TypeLiteral;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/**
 * {@link GuardSettings} as SmallRye Fault Tolerance guards. There are two, one inside the other, because a guard's timeout runs while its
 * bulkhead waits: the outer one only waits for a place, so that the timeout is that of the call itself.
 */
final class ProcessorGuard {
  private static final TypeLiteral<List<Outcome>> OUTCOMES = new TypeLiteral<>() {};

  private final TypedGuard<List<Outcome>> places;
  private final TypedGuard<List<Outcome>> calls;

  ProcessorGuard(String name, GuardSettings settings, Consumer<CircuitBreakerState> circuit, Runnable onShortRetry) {
    places = TypedGuard.create(OUTCOMES).withDescription("processor " + name + " places").withBulkhead().limit(settings.concurrency())
        .queueSize(Integer.MAX_VALUE - settings.concurrency()).enableSynchronousQueueing().done().build();
    // the description names a metric's series, so it holds nothing of the job
    TypedGuard.Builder<List<Outcome>> builder = TypedGuard.create(OUTCOMES).withDescription("processor " + name)
        .withTimeout().duration(millis(settings.timeout()), ChronoUnit.MILLIS).done();
    if (settings.rate() != null) {
      rateLimit(builder, settings.rate());
    }
    if (settings.breaker() != null) {
      circuitBreaker(builder, settings.breaker(), circuit);
    }
    if (settings.retry() != null) {
      retry(builder, settings.retry(), onShortRetry);
    }
    calls = builder.build();
  }

  List<Outcome> call(Callable<List<Outcome>> call) throws Exception {
    return places.call(() -> calls.call(call));
  }

  private static void rateLimit(TypedGuard.Builder<List<Outcome>> builder, Rate rate) {
    builder.withRateLimit().limit(rate.calls()).window(millis(rate.window()), ChronoUnit.MILLIS)
        .minSpacing(rate.minSpacing().toMillis(), ChronoUnit.MILLIS).type(rate.type()).done();
  }

  private static void circuitBreaker(TypedGuard.Builder<List<Outcome>> builder, Breaker breaker, Consumer<CircuitBreakerState> circuit) {
    builder.withCircuitBreaker().failureRatio(breaker.failureRatio()).requestVolumeThreshold(breaker.window())
        .delay(breaker.delay().toMillis(), ChronoUnit.MILLIS).successThreshold(breaker.successes())
        .when(thrown -> isOne(thrown, breaker.on(), breaker.never())).onStateChange(circuit).done();
  }

  private static void retry(TypedGuard.Builder<List<Outcome>> builder, ShortRetry retry, Runnable onShortRetry) {
    builder.withRetry().maxRetries(retry.max()).delay(retry.delay().toMillis(), ChronoUnit.MILLIS)
        .jitter(retry.jitter().toMillis(), ChronoUnit.MILLIS).maxDuration(millis(retry.maxDuration()), ChronoUnit.MILLIS)
        .whenException(thrown -> isOne(thrown, retry.on(), retry.never())
            && !(thrown instanceof GuardedProcessor.AllRetried all && all.asksToWait()))
        .onRetry(onShortRetry).done();
  }

  /** A call that returned nothing but retries has failed, whatever exceptions a plugin's annotation names. */
  private static boolean isOne(Throwable thrown, List<Class<? extends Throwable>> on, List<Class<? extends Throwable>> never) {
    if (thrown instanceof GuardedProcessor.AllRetried) {
      return true;
    }
    return !(thrown instanceof InterruptedException) && never.stream().noneMatch(t -> t.isInstance(thrown))
        && on.stream().anyMatch(t -> t.isInstance(thrown));
  }

  /** Zero would mean "no limit" to some builders and is refused by others; a millisecond is as short as it gets. */
  private static long millis(Duration duration) {
    return Math.max(1, duration.toMillis());
  }
}
