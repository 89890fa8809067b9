package dev.longshore.operator.status;

import dev.longshore.job.JobRef;
import dev.longshore.operator.autoscaler.Decision;
import java.util.List;
import java.util.Optional;

/**
 * How a pool stands after a pass.
 *
 * @param replicas pods that are there
 * @param chunks messages that its workers hold
 * @param limitedBy what keeps it from having more
 * @param atRisk jobs that will not be finished in time
 */
public record PoolFigures(int desired, int replicas, int ready, int busy, int draining, long chunks, Decision.LimitedBy limitedBy,
    List<Decision.AtRisk> atRisk) {
  /** Why a job will not be finished in time; empty when nothing says so. */
  public Optional<String> risk(JobRef job) {
    return atRisk.stream().filter(risk -> risk.job().equals(job)).map(Decision.AtRisk::message).findFirst();
  }
}
