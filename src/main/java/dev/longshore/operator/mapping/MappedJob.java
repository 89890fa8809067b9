package dev.longshore.operator.mapping;

import dev.longshore.job.JobSpec;
import dev.longshore.operator.progress.Goal;
import io.fabric8.kubernetes.api.model.EnvVar;
import java.util.List;

/**
 * What a job's resource comes to.
 *
 * @param spec for the ledger and the workers; names secrets, holds none
 * @param goal what its number of workers is measured by
 * @param podEnv for the pods of the job's own pool: where those names get their values from
 */
public record MappedJob(JobSpec spec, Goal goal, List<EnvVar> podEnv) {}
