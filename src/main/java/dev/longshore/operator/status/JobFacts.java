package dev.longshore.operator.status;

import dev.longshore.job.IndexSet;
import dev.longshore.operator.progress.Observation;
import java.time.Instant;

/**
 * What a job's numbers are made of.
 *
 * @param observation null before the first
 * @param itemsPerSecond lately
 * @param pool null when nothing is known of it
 * @param failed the lowest failed indexes; null when they have not changed
 */
public record JobFacts(Observation observation, long itemsPerSecond, PoolFigures pool, IndexSet failed, String queue, Instant now) {}
