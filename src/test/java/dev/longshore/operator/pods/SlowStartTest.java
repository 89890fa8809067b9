package dev.longshore.operator.pods;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SlowStartTest {
  private final AtomicInteger asked = new AtomicInteger();

  @Test
  void asManyAreMadeAsAreWantedTheMoreAtOnceTheBetterItGoes() {
    CyclicBarrier two = new CyclicBarrier(2);
    CyclicBarrier four = new CyclicBarrier(4);
    SlowStart.Outcome<Integer> outcome = SlowStart.make(7, () -> {
      int number = asked.incrementAndGet();
      if (number > 1) {
        meet(number <= 3 ? two : four);
      }
      return number;
    });
    assertThat(outcome.made()).containsExactlyInAnyOrder(1, 2, 3, 4, 5, 6, 7);
    assertThat(outcome.refused()).isEmpty();
  }

  @Test
  void aRefusalEndsItWithWhatIsThere() {
    SlowStart.Outcome<Integer> outcome = SlowStart.make(100, () -> {
      int number = asked.incrementAndGet();
      if (number > 2) {
        throw new KubernetesClientException("exceeded quota", 403, null);
      }
      return number;
    });
    assertThat(outcome.made()).hasSize(2);
    assertThat(outcome.refused()).hasValueSatisfying(why -> assertThat(why).hasMessageContaining("exceeded quota"));
    assertThat(asked).as("no further batch").hasValue(3);
  }

  @Test
  void nobodyIsAskedForNothing() {
    assertThat(SlowStart.make(0, asked::incrementAndGet).made()).isEmpty();
    assertThat(asked).hasValue(0);
  }

  private static void meet(CyclicBarrier barrier) throws InterruptedException, BrokenBarrierException, TimeoutException {
    barrier.await(10, TimeUnit.SECONDS);
  }
}
