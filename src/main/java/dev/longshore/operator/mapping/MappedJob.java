package dev.longshore.operator.mapping;

import dev.longshore.job.JobSpec;
import io.fabric8.kubernetes.api.model.EnvVar;
import java.util.List;

/**
 * What a job's resource comes to.
 *
 * @param spec for the ledger and the workers; names secrets, holds none
 * @param podEnv for the pods of the job's own pool: where those names get their values from
 */
public record MappedJob(JobSpec spec, List<EnvVar> podEnv) {}
