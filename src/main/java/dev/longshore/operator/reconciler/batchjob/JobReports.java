package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.BatchJobStatus;
import dev.longshore.api.v1alpha1.BatchJobStatus.Items;
import dev.longshore.job.IndexSet;
import dev.longshore.operator.forecast.TimeLeft;
import dev.longshore.operator.meters.OperatorMeters;
import dev.longshore.operator.progress.Observation;
import dev.longshore.operator.reconciler.Parts;
import dev.longshore.operator.reconciler.Wake;
import dev.longshore.operator.status.JobFacts;
import dev.longshore.operator.status.JobNumbers;
import dev.longshore.operator.status.PoolBoard;
import dev.longshore.operator.status.PoolFigures;
import dev.longshore.operator.status.StatusPace;
import dev.longshore.operator.status.StatusWriter;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.store.Ledger;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Tells how jobs stand, in the resource and in the ledger: a new phase or condition at once, mere numbers at most once a second a job. */
final class JobReports {
  private static final Logger LOG = Logger.getLogger(JobReports.class);

  private final StatusWriter statuses;
  private final Ledger ledger;
  private final PoolBoard board;
  private final JobEvents events;
  private final OperatorMeters meters;
  private final InstantSource clock;
  private final JobNumbers numbers = new JobNumbers();
  private final StatusPace pace;
  private final Wake wake;

  JobReports(Parts parts, JobEvents events) {
    this.statuses = parts.statuses();
    this.pace = parts.pace();
    this.ledger = parts.ledger();
    this.board = parts.board();
    this.wake = parts.wake();
    this.events = events;
    this.meters = parts.meters();
    this.clock = parts.clock();
  }

  Optional<BatchJobStatus> current(BatchJob job) {
    return statuses.current(job, BatchJobStatus.class);
  }

  /** The status with the numbers of what was read. @param timeLeft null when it is not known */
  BatchJobStatus numbers(JobPass pass, Observation observation, long itemsPerSecond, TimeLeft timeLeft) {
    PoolFigures pool = board.find(pass.pool()).orElse(null);
    long failedBefore = pass.status.items() == null ? 0 : Objects.requireNonNullElse(pass.status.items().failed(), 0L);
    IndexSet failed = observation.reading().counts().failed() == failedBefore ? null : ledger.failedIndexes(pass.ref(),
        JobNumbers.INDEX_RANGES);
    Long unacked = pool != null && pass.ownPool() ? (Long) pool.chunks() : null;
    pass.reading = observation.reading();
    return numbers.with(pass.status, new JobFacts(observation, itemsPerSecond, timeLeft, pool, unacked, failed,
        WorkQueues.name(pass.ref(), Kind.WORK), pass.now()));
  }

  /** Why the job will not be finished in time; empty when nothing says so. */
  Optional<String> risk(JobPass pass) {
    return board.find(pass.pool()).flatMap(figures -> figures.risk(pass.ref()));
  }

  /**
   * Writes the status when it differs; mere numbers beside the pass, which then neither waits for the API server nor fails with it.
   *
   * @return how long a difference of mere numbers has to wait; zero when nothing waits
   */
  Duration write(JobPass pass) {
    BatchJobStatus before = current(pass.job()).orElse(null);
    if (pass.status.equals(before)) {
      return Duration.ZERO;
    }
    Instant now = clock.instant();
    boolean urgent = before == null || !Objects.equals(before.phase(), pass.status.phase())
        || !Objects.equals(before.conditions(), pass.status.conditions());
    Duration late = pace.left(pass.ref().uid(), now);
    if (!urgent && late.isPositive()) {
      return late;
    }
    if (!urgent) {
      pace.written(pass.ref().uid(), now);
      statuses.writeBeside(pass.job(), pass.status, BatchJobStatus.class, change -> told(pass, change), () -> wake.jobChanged(pass.ref()));
      return Duration.ZERO;
    }
    events.transition(pass.job(), before, pass.status);
    statuses.write(pass.job(), pass.status, BatchJobStatus.class).ifPresent(change -> {
      pace.written(pass.ref().uid(), now);
      logPhase(pass, change.before());
      told(pass, change);
    });
    return Duration.ZERO;
  }

  private void told(JobPass pass, StatusWriter.Change<BatchJobStatus> change) {
    meters.told(pass.job(), change.before(), pass.status, pass.reading);
  }

  /** The line by which a job's way is found in the log. */
  private static void logPhase(JobPass pass, BatchJobStatus before) {
    BatchJobStatus now = pass.status;
    if (before == null || !now.phase().equals(before.phase())) {
      Items items = now.items();
      LOG.infof("job=%s phase=%s run=%d pool=%s%s", pass.ref(), now.phase(), Objects.requireNonNullElse(now.run(), 1), pass.pool(),
          items == null ? "" : " succeeded=" + items.succeeded() + " failed=" + items.failed() + " skipped=" + items.skipped() + " cancelled="
              + items.cancelled());
    }
  }

  /** The same numbers for those that read the ledger; the job must have an account. */
  void publish(JobPass pass) {
    BatchJobStatus status = pass.status;
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("phase", status.phase());
    fields.put("run", String.valueOf(Objects.requireNonNullElse(status.run(), 1)));
    fields.put("updated", pass.now().toString());
    if (status.items() != null) {
      Items items = status.items();
      put(fields, "total", items.total());
      put(fields, "pending", items.pending());
      put(fields, "inFlight", items.inFlight());
      put(fields, "retrying", items.retrying());
      put(fields, "succeeded", items.succeeded());
      put(fields, "failed", items.failed());
      put(fields, "skipped", items.skipped());
      put(fields, "cancelled", items.cancelled());
    }
    ledger.publishStatus(pass.ref(), fields);
  }

  void forget(BatchJob job) {
    statuses.forget(job);
    events.forget(job);
    pace.forget(job.getMetadata().getUid());
  }

  private static void put(Map<String, String> fields, String name, Long value) {
    if (value != null) {
      fields.put(name, value.toString());
    }
  }
}
