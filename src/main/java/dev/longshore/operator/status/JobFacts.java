package dev.longshore.operator.status;

import dev.longshore.job.IndexSet;
import dev.longshore.operator.forecast.TimeLeft;
import dev.longshore.operator.progress.Observation;
import java.time.Instant;

/**
 * What a job's numbers are made of.
 *
 * @param observation null before the first
 * @param itemsPerSecond lately
 * @param timeLeft from the observation on; null when it is not known
 * @param pool null when nothing is known of it
 * @param unacked messages that workers hold; null when that cannot be told for this job alone
 * @param failed the lowest failed indexes; null when they have not changed
 * @param queue name of the work queue
 */
public record JobFacts(Observation observation, long itemsPerSecond, TimeLeft timeLeft, PoolFigures pool, Long unacked, IndexSet failed,
    String queue, Instant now) {}
