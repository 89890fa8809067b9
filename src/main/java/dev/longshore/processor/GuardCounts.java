package dev.longshore.processor;

/**
 * What a job's guard has seen so far in this worker, for the metrics.
 *
 * @param calls processor calls, short retries not counted
 * @param failed calls that threw, timed out or brought nothing but retries
 * @param timedOut calls that reached {@code guard.timeout}
 * @param shortRetries calls repeated at once, inside the guard
 * @param prevented calls that an open circuit kept from the processor
 * @param circuitOpen whether the circuit is open now
 */
public record GuardCounts(long calls, long failed, long timedOut, long shortRetries, long prevented, boolean circuitOpen) {}
