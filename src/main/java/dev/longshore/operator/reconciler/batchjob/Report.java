package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.operator.reconciler.Events;
import dev.longshore.operator.status.JobStates;
import java.time.Duration;

/** Tells how the job stands: the ledger first, because the resource's word of an end is the last that a pass may have to say. */
final class Report implements Step {
  private final JobReports reports;
  private final JobEnding ending;
  private final Events events;

  Report(JobReports reports, JobEnding ending, Events events) {
    this.reports = reports;
    this.ending = ending;
    this.events = events;
  }

  @Override
  public Progress take(JobPass pass) {
    reports.publish(pass);
    Duration wait = reports.write(pass);
    if (pass.fresh()) {
      events.normal(pass.job(), "Started", "its queues and its account are there, its source is being read");
    }
    return new Progress.Done(JobStates.phase(pass.status).ended() ? ending.ended(pass) : wait);
  }
}
