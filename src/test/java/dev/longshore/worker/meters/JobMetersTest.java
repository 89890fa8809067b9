package dev.longshore.worker.meters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.store.Ledger.SettleReply;
import dev.longshore.store.Settlement;
import dev.longshore.store.Settlement.Failed;
import dev.longshore.store.Settlement.RetryAt;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a worker counts of its work. */
class JobMetersTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final JobMeters meters = new JobMeters(registry, new PoolRef("music", "shared"), new JobRef("music", "tracks", "u1"), "http");

  @Test
  void aSettleCountsWhatItWon() {
    Failure gone = new Failure("HttpStatus404", "no", 404, null, null);
    Settlement all = new Settlement(1, "pod", IndexSet.parse("0-4"), List.of(new Failed(5, gone)), List.of(new Failed(6, gone)),
        List.of(new RetryAt(7, 2, Duration.ofSeconds(1), new Failure("HttpStatus503", "later", 503, null, null))), null, Duration.ZERO);

    meters.settled(all, new SettleReply(IndexSet.parse("0-7"), false), 1_000);
    assertThat(items("succeeded")).isEqualTo(5);
    assertThat(items("failed")).isEqualTo(1);
    assertThat(items("skipped")).isEqualTo(1);
    assertThat(items("retried")).isEqualTo(1);
    assertThat(registry.get("longshore.leases.lost").counter().count()).isZero();
    assertThat(registry.get("longshore.retries").tag("reason", "http_5xx").counter().count()).isEqualTo(1);

    meters.settled(all, new SettleReply(IndexSet.parse("0-1,5"), false), 1_000);
    assertThat(items("succeeded")).isEqualTo(7);
    assertThat(items("failed")).isEqualTo(2);
    assertThat(items("skipped")).isEqualTo(1);
    assertThat(items("retried")).isEqualTo(1);
    assertThat(registry.get("longshore.leases.lost").counter().count()).isEqualTo(5);
    assertThat(registry.get("longshore.settle").timer().count()).isEqualTo(2);
  }

  @Test
  void messagesAreTimedByWhereTheyGo() {
    meters.published(Kind.WORK, false, true, 1_000);
    meters.published(Kind.WORK, true, true, 1_000);
    meters.published(Kind.DEAD, false, false, 1_000);

    assertThat(published("work", "confirmed")).isEqualTo(1);
    assertThat(published("delayed", "confirmed")).isEqualTo(1);
    assertThat(published("dead", "failed")).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"Timeout,,,,timeout", "HttpStatus404,404,,,http_4xx", "HttpStatus,599,,,http_5xx", "odd,900,,,http_5xx", "ExitCode,,3,,exit",
      "Signal,,,,exit", "Unreachable,,,,unreachable", "WorkerCrashed,,,,worker_crashed", "BadState,,,java.lang.IllegalStateException,exception",
      "whatever my program says,,,,answer"})
  void failuresHaveOneOfFewReasons(String code, Integer status, Integer exit, String exception, String reason) {
    assertThat(Reasons.of(new Failure(code, "", status, exit, exception))).isEqualTo(reason).isIn((Object[]) Reasons.ALL);
  }

  private double items(String outcome) {
    return registry.get("longshore.worker.items").tag("outcome", outcome).tag("pool", "shared").tag("processor", "http").counter().count();
  }

  private long published(String queue, String outcome) {
    return registry.get("longshore.publish").tag("queue", queue).tag("outcome", outcome).timer().count();
  }
}
