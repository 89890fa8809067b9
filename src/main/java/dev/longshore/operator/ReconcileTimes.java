package dev.longshore.operator;

import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;

/**
 * How long passes take: the timer {@code longshore.reconcile}, with buckets from 5 ms to 5 s, by {@code controller} (batchjob, workerpool)
 * and {@code outcome} (success, or failure when the pass threw and is tried again).
 */
final class ReconcileTimes implements Metrics {
  private static final Duration[] BUCKETS = {Duration.ofMillis(5), Duration.ofMillis(10), Duration.ofMillis(25), Duration.ofMillis(50),
      Duration.ofMillis(100), Duration.ofMillis(250), Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofSeconds(5)};

  private final MeterRegistry meters;

  ReconcileTimes(MeterRegistry meters) {
    this.meters = meters;
  }

  @Override
  public <T> T timeControllerExecution(ControllerExecution<T> pass) throws Exception {
    Timer.Sample sample = Timer.start(meters);
    boolean success = false;
    try {
      T result = pass.execute();
      success = true;
      return result;
    } finally {
      sample.stop(timer(pass.controllerName(), success ? "success" : "failure"));
    }
  }

  private Timer timer(String controller, String outcome) {
    return Timer.builder("longshore.reconcile").description("Time of a pass over one resource").tag("controller", controller)
        .tag("outcome", outcome).serviceLevelObjectives(BUCKETS).register(meters);
  }
}
