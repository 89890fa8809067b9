package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.BatchJobStatus;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import dev.longshore.operator.mapping.MappedJob;
import dev.longshore.operator.progress.ActiveJob;
import dev.longshore.operator.reconciler.KnownJobs;
import dev.longshore.operator.status.JobStates;
import dev.longshore.store.JobReading;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** One pass over one job: what its steps know and what they leave for the next. */
final class JobPass {
  private final BatchJob job;
  private final JobRef ref;
  private final PoolRef pool;
  private final JobStates states;
  private final Instant now;
  BatchJobStatus status;
  /** The pool that the job names; empty for a job with a pool of its own. */
  Optional<WorkerPool> shared = Optional.empty();
  MappedJob mapped;
  /** The bytes of an inline source; null for others. */
  byte[] inline;
  /** Whether the account was made in this pass. */
  boolean opened;
  /** What the status' numbers were made of; null when nothing was read in this pass. */
  JobReading reading;
  /** Set once the job has all it needs. */
  Optional<ActiveJob> active = Optional.empty();

  JobPass(BatchJob job, BatchJobStatus before, Instant now) {
    this.job = job;
    this.ref = KnownJobs.refOf(job);
    this.pool = KnownJobs.poolOf(job);
    this.states = new JobStates(job.getMetadata().getGeneration(), now);
    this.now = now;
    this.status = states.accepted(before);
  }

  BatchJob job() {
    return job;
  }

  JobRef ref() {
    return ref;
  }

  PoolRef pool() {
    return pool;
  }

  boolean ownPool() {
    return job.getSpec().poolRef() == null;
  }

  /** Whether no new item may start. */
  boolean suspended() {
    return Boolean.TRUE.equals(job.getSpec().suspend());
  }

  /** How long the run may be going on; null: without end. */
  Duration deadline() {
    Integer seconds = job.getSpec().activeDeadlineSeconds();
    return seconds == null ? null : Duration.ofSeconds(seconds);
  }

  JobStates states() {
    return states;
  }

  Instant now() {
    return now;
  }
}
