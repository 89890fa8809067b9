package dev.longshore.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.javaoperatorsdk.operator.api.monitoring.Metrics.ControllerExecution;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

class ReconcileTimesTest {
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final ReconcileTimes times = new ReconcileTimes(meters);

  @Test
  void passesAreTimedByControllerAndOutcome() throws Exception {
    assertThat(times.timeControllerExecution(pass("batchjob", () -> "done"))).isEqualTo("done");
    assertThatThrownBy(() -> times.timeControllerExecution(pass("workerpool", () -> {
      throw new IllegalStateException("no");
    }))).isInstanceOf(IllegalStateException.class);

    assertThat(passes("batchjob", "success")).isEqualTo(1);
    assertThat(passes("workerpool", "failure")).isEqualTo(1);
    assertThat(meters.find("longshore.reconcile").timers()).hasSize(2);
  }

  private long passes(String controller, String outcome) {
    return meters.get("longshore.reconcile").tag("controller", controller).tag("outcome", outcome).timer().count();
  }

  private static <T> ControllerExecution<T> pass(String controller, Callable<T> work) {
    return new ControllerExecution<>() {
      @Override
      public String name() {
        return "reconcile";
      }

      @Override
      public String controllerName() {
        return controller;
      }

      @Override
      public String successTypeName(T result) {
        return "noUpdate";
      }

      @Override
      public ResourceID resourceID() {
        return new ResourceID("tracks", "music");
      }

      @Override
      public Map<String, Object> metadata() {
        return Map.of();
      }

      @Override
      public T execute() throws Exception {
        return work.call();
      }
    };
  }
}
