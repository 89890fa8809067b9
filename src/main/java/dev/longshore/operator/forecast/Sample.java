package dev.longshore.operator.forecast;

import java.time.Duration;
import java.time.Instant;

/**
 * What is seen of a job at one moment.
 *
 * @param finished items that are final, whatever their end
 * @param remaining items that are not
 * @param retrying those of them that wait for a further attempt
 * @param busy time spent inside the processor so far, summed over {@code busyItems}
 * @param busyItems attempts at items so far
 * @param readySlots processor calls that can run at once now; 0 while the job is suspended
 * @param plannedSlots processor calls that are to run at once when all workers that were decided on are there
 */
public record Sample(Instant at, long finished, long remaining, long retrying, Duration busy, long busyItems, int readySlots,
    int plannedSlots) {}
