package dev.longshore.operator.meters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.BatchJobStatus;
import dev.longshore.job.ItemCounts;
import dev.longshore.job.PoolRef;
import dev.longshore.metrics.PoolLabels;
import dev.longshore.store.JobReading;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What is counted when a job's status is told. */
class OperatorMetersTest {
  private static final KubernetesSerialization YAML = new KubernetesSerialization();
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final OperatorMeters meters = new OperatorMeters(registry);

  @Test
  void itemsAreCountedByWhatAStatusAddsToTheOneBefore() {
    BatchJob job = job("tracks", "{poolRef: {name: shared}}");

    meters.told(job, null, status("Pending", "{}"), null);
    assertThat(items("shared", "succeeded")).as("there from the start").isZero();
    meters.told(job, status("Pending", "{}"), status("Running", "{succeeded: 5, failed: 1}"), null);
    meters.told(job, status("Running", "{succeeded: 5, failed: 1}"), status("Complete", "{succeeded: 7, failed: 2, skipped: 1, cancelled: 0}"), null);

    assertThat(items("shared", "succeeded")).isEqualTo(7);
    assertThat(items("shared", "failed")).isEqualTo(2);
    assertThat(items("shared", "skipped")).isEqualTo(1);
    assertThat(registry.get("longshore.runs").tag("outcome", "Complete").counter().count()).isEqualTo(1);
  }

  @Test
  void whatAnEarlierOperatorToldIsNotCountedAgainAndARedriveCountsWhatFailsAgain() {
    BatchJob job = job("tracks", "{poolRef: {name: shared}}");

    meters.told(job, status("Running", "{succeeded: 100, failed: 9}"), status("Running", "{succeeded: 103, failed: 9}"), null);
    meters.told(job, status("Complete", "{succeeded: 103, failed: 9}"), status("Running", "{succeeded: 103, failed: 0}"), null);
    meters.told(job, status("Running", "{succeeded: 103, failed: 0}"), status("Running", "{succeeded: 103, failed: 2}"), null);

    assertThat(items("shared", "succeeded")).isEqualTo(3);
    assertThat(items("shared", "failed")).isEqualTo(2);
  }

  @Test
  void jobsWithPoolsOfTheirOwnShareOneSeriesWhateverTheirNames() {
    for (int i = 0; i < 50; i++) {
      meters.told(job("job-" + i, "{}"), null, status("Complete", "{succeeded: 2}"), null);
    }

    assertThat(items(PoolLabels.OWN, "succeeded")).isEqualTo(100);
    assertThat(registry.getMeters()).as("series of 50 jobs").hasSize(5);
    assertThat(registry.getMeters().stream().flatMap(meter -> meter.getId().getTags().stream()).map(Tag::getValue).collect(Collectors.toSet()))
        .noneMatch(value -> value.startsWith("job-"));
  }

  @Test
  void theWaitForTheFirstItemIsToldOnceAJob() {
    BatchJob job = job("tracks", "{}");
    JobReading begun = reading(NOW, NOW.plusMillis(700));

    meters.told(job, status("Intake", "{pending: 10}"), status("Running", "{inFlight: 3}"), begun);
    meters.told(job, status("Running", "{inFlight: 3}"), status("Running", "{succeeded: 3}"), begun);

    var timer = registry.get("longshore.first.item").timer();
    assertThat(timer.count()).isEqualTo(1);
    assertThat(timer.totalTime(TimeUnit.MILLISECONDS)).isEqualTo(700);
  }

  @Test
  void aPoolThatIsGoneTakesItsSeriesAwayOnceTheirLastValuesCouldBeRead() {
    meters.told(job("a", "{poolRef: {name: shared}}"), null, status("Complete", "{succeeded: 2}"), null);
    meters.told(job("b", "{poolRef: {name: other}}"), null, status("Complete", "{succeeded: 3}"), null);
    PoolLabels other = new PoolLabels("music", "other");

    meters.retain(Set.of(other), NOW);
    assertThat(pools()).as("just gone").containsExactlyInAnyOrder("shared", "other");
    meters.retain(Set.of(other), NOW.plus(SeriesBook.KEPT));
    assertThat(pools()).as("gone for a while").containsExactly("other");
    meters.retain(Set.of(other), NOW.plus(Duration.ofDays(1)));
    assertThat(items("other", "succeeded")).isEqualTo(3);
  }

  @Test
  void aPoolThatComesBackInTimeKeepsItsCounts() {
    meters.told(job("a", "{poolRef: {name: shared}}"), null, status("Complete", "{succeeded: 2}"), null);
    PoolLabels shared = new PoolLabels("music", "shared");

    meters.retain(Set.of(), NOW);
    meters.retain(Set.of(shared), NOW.plusSeconds(200));
    meters.retain(Set.of(), NOW.plusSeconds(400));
    meters.retain(Set.of(), NOW.plusSeconds(500));

    assertThat(items("shared", "succeeded")).isEqualTo(2);
  }

  @Test
  void gaugesOfPoolsAddUpAndGoWithThem() {
    GaugeRows rows = new GaugeRows(registry);
    PoolLabels own = new PoolLabels("music", PoolLabels.OWN);
    rows.add(OperatorMetrics.WORKERS, 2, own, "busy");
    rows.add(OperatorMetrics.WORKERS, 3, own, "busy");
    rows.most(OperatorMetrics.STALL, 40, own);
    rows.most(OperatorMetrics.STALL, 7, own);
    rows.keep(OperatorMetrics.LADDER, 12);
    rows.show();

    assertThat(registry.get("longshore.workers").tag("state", "busy").gauge().value()).isEqualTo(5);
    assertThat(registry.get("longshore.jobs.longest.stall.seconds").gauge().value()).isEqualTo(40);
    rows.show();
    assertThat(registry.getMeters()).extracting(meter -> meter.getId().getName()).as("after a look that found none")
        .containsExactly("longshore.ladder.messages");
    rows.clear();
    assertThat(registry.getMeters()).as("after the term").isEmpty();
  }

  @Test
  void aGaugeThatIsFoundAgainStaysRegisteredSoThatNoScrapeMissesIt() {
    GaugeRows rows = new GaugeRows(registry);
    List<Meter> removed = new ArrayList<>();
    registry.config().onMeterRemoved(removed::add);
    PoolLabels shared = new PoolLabels("music", "shared");
    for (int busy = 1; busy <= 3; busy++) {
      rows.add(OperatorMetrics.WORKERS, busy, shared, "busy");
      rows.show();
      assertThat(registry.get("longshore.workers").tag("state", "busy").gauge().value()).isEqualTo(busy);
    }
    assertThat(removed).isEmpty();
    rows.show();
    rows.add(OperatorMetrics.WORKERS, 4, shared, "busy");
    rows.show();
    assertThat(registry.get("longshore.workers").tag("state", "busy").gauge().value()).as("found again").isEqualTo(4);
    assertThat(removed).hasSize(1);
  }

  @Test
  void aTermThatEndedKnowsNoPools() {
    meters.passed(new PoolRef("music", "shared"), new PoolCount(new PoolLabels("music", "shared"), 1, 0, 0, 0, 0, 1, 3, "", 0), 0);
    assertThat(meters.pools()).hasSize(1);
    meters.forgetPools();
    assertThat(meters.pools()).isEmpty();
  }

  private double items(String pool, String outcome) {
    return registry.get("longshore.items").tag("pool", pool).tag("outcome", outcome).tag("processor", "noop").tag("namespace", "music")
        .counter().count();
  }

  private Set<String> pools() {
    return registry.getMeters().stream().map(Meter::getId).map(id -> id.getTag("pool")).collect(Collectors.toSet());
  }

  private static BatchJob job(String name, String more) {
    return YAML.unmarshal("""
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: %s, namespace: music, uid: %s}
        spec: {processor: {noop: {}}%s}
        """.formatted(name, name, more.equals("{}") ? "" : ", " + more.substring(1, more.length() - 1)), BatchJob.class);
  }

  private static BatchJobStatus status(String phase, String items) {
    return YAML.unmarshal("phase: %s\nitems: %s\n".formatted(phase, items), BatchJobStatus.class);
  }

  private static JobReading reading(Instant read, Instant started) {
    return new JobReading(ItemCounts.NONE, 1, null, new JobReading.Intake(1, false, Duration.ZERO), JobReading.Gaps.NONE, JobReading.Steering.NONE,
        started, null, read, JobReading.Busy.NONE, null, List.of());
  }
}
