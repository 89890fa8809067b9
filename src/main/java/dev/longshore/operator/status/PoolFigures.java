package dev.longshore.operator.status;

import dev.longshore.operator.autoscaler.Decision;

/**
 * How a pool stands after a pass.
 *
 * @param replicas pods that are there
 * @param chunks messages that its workers hold
 * @param limitedBy what keeps it from having more
 */
public record PoolFigures(int desired, int replicas, int ready, int busy, int draining, long chunks, Decision.LimitedBy limitedBy) {}
