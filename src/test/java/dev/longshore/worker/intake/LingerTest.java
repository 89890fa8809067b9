package dev.longshore.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class LingerTest {
  private static final Duration LONG = Duration.ofHours(1);

  private final CountDownLatch ran = new CountDownLatch(1);

  @Test
  void aShortWaitIsOnlyAWait() throws Exception {
    AtomicBoolean acted = new AtomicBoolean();
    assertThat(Linger.during(() -> "record", LONG, () -> acted.set(true))).isEqualTo("record");
    assertThat(acted).isFalse();
  }

  @Test
  void aLongWaitLetsTheActionGoAheadAndReturnsBehindIt() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    String record = Linger.during(this::untilItRan, Duration.ZERO, () -> {
      ran.countDown();
      Thread.yield();
      done.set(true);
    });
    assertThat(record).isEqualTo("record");
    assertThat(done).isTrue();
  }

  @Test
  void whatTheActionThrowsIsThrownToWhoWaits() {
    assertThatThrownBy(() -> Linger.during(this::untilItRan, Duration.ZERO, () -> {
      ran.countDown();
      throw new IllegalStateException("fenced");
    })).isInstanceOf(IllegalStateException.class).hasMessage("fenced");
  }

  private String untilItRan() {
    try {
      assertThat(ran.await(30, TimeUnit.SECONDS)).as("the action ran").isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return "record";
  }
}
