package dev.longshore.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.longshore.api.v1alpha1.BatchJobStatus;
import dev.longshore.job.FailureGroup;
import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemCounts;
import dev.longshore.operator.autoscaler.Decision.LimitedBy;
import dev.longshore.operator.progress.Observation;
import dev.longshore.queue.WorkQueues.Depth;
import dev.longshore.store.JobReading;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class JobNumbersTest {
  private static final Instant NOW = Instant.parse("2026-11-22T06:00:00Z");
  private final JobNumbers numbers = new JobNumbers();
  private final JobStates states = new JobStates(3, NOW);

  @Test
  void countsPercentAndTimeLeftAreTold() {
    BatchJobStatus status = numbers.with(states.accepted(null), facts(counts(1_000, true, 380, 40), 10, IndexSet.of(3, 4, 5, 9)));
    assertThat(status.items()).isEqualTo(new BatchJobStatus.Items(1_000L, 580L, 0L, 0L, 380L, 40L, 0L, 0L));
    assertThat(status.progress()).isEqualTo("380/1000");
    assertThat(status.percentComplete()).isEqualTo(42);
    assertThat(status.eta().p50()).isEqualTo("2026-11-22T06:00:58Z");
    assertThat(status.failedIndexes()).isEqualTo("3-5,9");
    assertThat(status.workers()).isEqualTo(new BatchJobStatus.Workers(4, 3, 1));
  }

  @Test
  void untilIntakeHasEndedThereIsNoTotal() {
    BatchJobStatus status = numbers.with(states.accepted(null), facts(counts(1_000, false, 10, 0), 10, null));
    assertThat(status.items().total()).isNull();
    assertThat(status.percentComplete()).isNull();
    assertThat(status.eta()).isNull();
    assertThat(status.progress()).isEqualTo("10/?");
  }

  @Test
  void aJobWithoutItemsIsAllDone() {
    assertThat(numbers.with(states.accepted(null), facts(counts(0, true, 0, 0), 0, null)).percentComplete()).isEqualTo(100);
  }

  @Test
  void theTimeLeftMovesOnlyWithTheCounts() {
    BatchJobStatus first = numbers.with(states.accepted(null), facts(counts(1_000, true, 380, 40), 10, null));
    assertThat(numbers.with(first, facts(counts(1_000, true, 380, 40), 5, null)).eta()).isEqualTo(first.eta());
    assertThat(numbers.with(first, facts(counts(1_000, true, 381, 40), 5, null)).eta()).isNotEqualTo(first.eta());
  }

  @Test
  void theStatusOfAHugeJobWithTheWorstFailuresStaysUnder8KiB() throws Exception {
    IndexSet.Builder failed = new IndexSet.Builder();
    for (long index = 0; index < JobNumbers.INDEX_RANGES; index++) {
      failed.add(4_000_000_000L + index * 2);
    }
    BatchJobStatus status = states.accepted(null);
    status = states.waiting(status, "LedgerUnavailable", "x".repeat(5_000), true);
    status = numbers.with(status, facts(counts(5_000_000_000L, true, 1, 500_000_000), 1, failed.build()));
    status = states.finishing(states.failing(status, "ItemsLost", "y".repeat(5_000)));
    status = states.failed(states.complete(status, "z".repeat(5_000)), "ItemsLost", "y".repeat(5_000));
    byte[] json = new ObjectMapper().writeValueAsString(status).getBytes(StandardCharsets.UTF_8);
    assertThat(json.length).isLessThan(8 << 10);
    assertThat(status.failedIndexes().length()).isBetween(900, JobNumbers.INDEX_CHARACTERS);
    assertThat(status.failedIndexesTruncated()).isTrue();
    assertThat(IndexSet.parse(status.failedIndexes()).size()).isPositive();
    assertThat(status.failures()).hasSize(10);
  }

  private static ItemCounts counts(long known, boolean complete, long succeeded, long failed) {
    return new ItemCounts(known, complete, known - succeeded - failed, 0, 0, succeeded, failed, 0, 0);
  }

  private static JobFacts facts(ItemCounts counts, long rate, IndexSet failed) {
    List<FailureGroup> groups = new ArrayList<>();
    for (int i = 0; i < (counts.failed() > 100 ? 15 : 0); i++) {
      groups.add(new FailureGroup("w".repeat(4_000), 1_000_000, 4_999_999_999L, "m".repeat(4_000)));
    }
    JobReading reading = new JobReading(counts, 1, null, new JobReading.Intake(1, counts.intakeComplete(), Duration.ZERO), JobReading.Gaps.NONE, JobReading.Steering.NONE, NOW, NOW, NOW,
        Duration.ofMillis(10), null, groups);
    PoolFigures pool = new PoolFigures(4, 4, 3, 2, 1, 8, new LimitedBy("MaxReplicas", "v".repeat(400)), List.of());
    return new JobFacts(new Observation(reading, new Depth(true, 120, 3), null, NOW), rate, pool, 8L, failed,
        "longshore.music.tracks.1f3a9c02", NOW);
  }
}
