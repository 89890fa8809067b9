package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.operator.progress.Observation;
import dev.longshore.operator.status.JobStates;
import dev.longshore.store.JobReading;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;

/** Tells how the job stands: the ledger first, because the resource's word of an end is the last that a pass may have to say. */
final class Report implements Step {
  private static final Duration LATE = Duration.ofMillis(10);

  private final JobReports reports;
  private final AfterEnd afterEnd;

  Report(JobReports reports, AfterEnd afterEnd) {
    this.reports = reports;
    this.afterEnd = afterEnd;
  }

  @Override
  public Progress take(JobPass pass) {
    if (JobStates.phase(pass.status).ended()) {
      reports.publish(pass);
      reports.write(pass);
      return new Progress.Done(afterEnd.ended(pass));
    }
    pass.active.flatMap(active -> active.refusal()).ifPresent(why -> pass.status = pass.states().refused(pass.status, why));
    reports.publish(pass);
    return new Progress.Done(Stream.of(reports.write(pass), untilDeadline(pass)).filter(Duration::isPositive).min(Duration::compareTo)
        .orElse(Duration.ZERO));
  }

  /** The deadline is judged on readings, which come each second; nothing but the time may have changed by then. */
  private static Duration untilDeadline(JobPass pass) {
    Optional<JobReading> reading = pass.active.flatMap(active -> active.last()).map(Observation::reading);
    if (pass.deadline() == null || pass.suspended() || reading.isEmpty()) {
      return Duration.ZERO;
    }
    Duration left = pass.deadline().minus(reading.get().steering().active());
    return left.compareTo(LATE) > 0 ? left : LATE;
  }
}
