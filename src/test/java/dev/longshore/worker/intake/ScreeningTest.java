package dev.longshore.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longshore.job.Chunk;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.job.JobSpec.DedupScope;
import dev.longshore.job.JobSpec.Deduplication;
import dev.longshore.job.PoolRef;
import dev.longshore.source.SourceException;
import dev.longshore.store.Settlement;
import dev.longshore.store.memory.MemoryLedger;
import dev.longshore.worker.Jobs;
import dev.longshore.worker.LocalQueues;
import dev.longshore.worker.access.JobAccess;
import dev.longshore.worker.access.Outage;
import dev.longshore.worker.intake.ChunkBuilder.Piece;
import dev.longshore.worker.meters.JobMeters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ScreeningTest {
  private final MemoryLedger ledger = new MemoryLedger(InstantSource.system(), Duration.ofSeconds(10));
  private final LocalQueues queues = new LocalQueues();

  @Test
  void jobsWithoutIdentityPassUntouched() throws Exception {
    JobAccess access = open("a", spec(null, null, null, false));
    List<Piece> pieces = List.of(piece(0, 1, 1, 2));

    assertThat(Screening.open(access, spec(null, null, null, false)).screen(pieces)).isSameAs(pieces);
  }

  @Test
  void aDuplicateIsSkippedAndNamesTheItemThatCounts() throws Exception {
    JobSpec spec = spec("item.id", new Deduplication(DedupScope.JOB, Duration.ofHours(1)), null, false);
    Screening screening = Screening.open(open("a", spec), spec);

    Piece first = screening.screen(List.of(piece(0, 7, 8, 7, 9))).getFirst();
    Piece again = screening.screen(List.of(piece(4, 9, 10))).getFirst();

    assertThat(first.chunk().indexes()).isEqualTo(IndexSet.parse("0-1,3"));
    assertThat(text(first.chunk().items())).containsExactly("{\"id\":7}", "{\"id\":8}", "{\"id\":9}");
    assertThat(reasons(first)).containsExactly("2 Duplicate same identity as item 0");
    assertThat(text(first.raw())).containsExactly("{\"id\":7}");
    assertThat(first.end()).isEqualTo(4);
    assertThat(again.chunk().indexes()).isEqualTo(IndexSet.parse("5"));
    assertThat(reasons(again)).containsExactly("4 Duplicate same identity as item 3");
    assertThat(reasons(screening.screen(List.of(piece(0, 7, 8, 7, 9))).getFirst())).as("read again").hasSize(1);
  }

  @Test
  void jobsOfANameLeaveOutWhatTheOtherHas() throws Exception {
    JobSpec spec = spec("item.id", new Deduplication(DedupScope.NAME, Duration.ofHours(1)), null, false);
    Screening.open(open("a", spec), spec).screen(List.of(piece(0, 7)));

    Piece later = Screening.open(open("b", spec), spec).screen(List.of(piece(0, 8, 7))).getFirst();

    assertThat(reasons(later)).containsExactly("1 Duplicate same identity as item 0 of job tracks");
  }

  @Test
  void whatAnEarlierJobHasDoneIsSkipped() throws Exception {
    JobSpec first = spec("item.id", null, null, false);
    JobAccess access = open("a", first);
    Screening.open(access, first).screen(List.of(piece(0, 7, 8)));
    ledger.settle(access.job(), new Settlement(1, "w", IndexSet.parse("1"), List.of(), List.of(), List.of(), null, Duration.ZERO));
    ledger.delete(access.job());
    JobSpec second = spec("item.id", null, "tracks", false);

    Piece piece = Screening.open(open("b", second), second).screen(List.of(piece(0, 8, 7))).getFirst();

    assertThat(reasons(piece)).containsExactly("0 Resumed done as item 1 of job tracks");
    assertThat(piece.chunk().indexes()).isEqualTo(IndexSet.parse("1"));
    JobSpec third = spec("item.id", null, "tracks", false);
    assertThat(reasons(Screening.open(open("c", third), third).screen(List.of(piece(0, 8))).getFirst()))
        .as("a job that resumes from one that resumed").containsExactly("0 Resumed done as item 0 of job tracks");
  }

  @Test
  void toResumeFromAJobThatNobodyKnowsIsWrong() {
    JobSpec spec = spec("item.id", null, "nobody", false);

    assertThatThrownBy(() -> Screening.open(open("a", spec), spec)).isInstanceOf(SourceException.class)
        .hasMessageContaining("spec.resumeFrom.job: no job nobody");
  }

  @Test
  void aDryRunTakesEverythingOut() throws Exception {
    JobSpec spec = spec("item.id", new Deduplication(DedupScope.JOB, Duration.ofHours(1)), null, true);
    Piece piece = Screening.open(open("a", spec), spec).screen(List.of(piece(0, 7, 7))).getFirst();

    assertThat(piece.chunk()).isNull();
    assertThat(reasons(piece)).containsExactly("0 DryRun read and checked, not processed", "1 Duplicate same identity as item 0");
  }

  private JobAccess open(String uid, JobSpec spec) {
    JobRef job = new JobRef("ns", "tracks", uid);
    ledger.open(job, spec, null);
    return new JobAccess(job, "w", ledger, queues.port(), new Outage(), new JobMeters(new SimpleMeterRegistry(), new PoolRef("ns", "pool"), job, "noop"));
  }

  private static JobSpec spec(String identity, Deduplication deduplication, String resumeFrom, boolean validateOnly) {
    JobSpec s = Jobs.spec().build();
    return new JobSpec(s.source(), s.onMalformed(), identity, s.processor(), s.fallback(), s.guard(), s.batching(), s.concurrency(),
        s.maxReplicas(), s.priority(), s.retry(), s.failurePolicy(), deduplication, s.maxBacklog(), resumeFrom, validateOnly, s.results(),
        s.allow());
  }

  private static Piece piece(long from, int... ids) {
    IndexSet indexes = IndexSet.parse(from + "-" + (from + ids.length - 1));
    List<byte[]> items = IntStream.of(ids).mapToObj(id -> ("{\"id\":" + id + "}").getBytes(StandardCharsets.UTF_8)).toList();
    return new Piece(new Chunk(indexes, 1, items), List.of(), List.of(), from + ids.length);
  }

  private static List<String> reasons(Piece piece) {
    return piece.skipped().stream().map(one -> one.index() + " " + one.failure().code() + " " + one.failure().message()).toList();
  }

  private static List<String> text(List<byte[]> items) {
    return items.stream().map(item -> new String(item, StandardCharsets.UTF_8)).toList();
  }
}
