package dev.longshore.operator;

import dev.longshore.operator.meters.OperatorMetrics;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

/** How long passes take: {@link OperatorMetrics#RECONCILE}. */
final class ReconcileTimes implements Metrics {
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
      sample.stop(OperatorMetrics.RECONCILE.timer(meters, pass.controllerName(), success ? "success" : "failure"));
    }
  }
}
