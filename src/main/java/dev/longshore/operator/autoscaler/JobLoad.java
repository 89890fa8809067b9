package dev.longshore.operator.autoscaler;

import dev.longshore.job.JobRef;

/**
 * The work that one active job brings to its pool.
 *
 * @param items that still need a worker, at least 1 while intake goes on; what was last known when {@code stale}
 * @param stale whether the reading is missing or too old to lower anything
 */
public record JobLoad(JobRef job, long items, boolean stale) {}
