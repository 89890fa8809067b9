package dev.longshore.operator.meters;

import dev.longshore.metrics.PoolLabels;

/**
 * What a pass over a pool counted; the states of workers exclude each other.
 *
 * @param limitedBy why it has no more workers, a word; empty when nothing keeps it
 * @param atRisk jobs that will not be finished in time
 */
public record PoolCount(PoolLabels labels, int ready, int busy, int draining, int starting, int pending, int desired, int most, String limitedBy,
    int atRisk) {}
