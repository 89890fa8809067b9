package dev.longshore.operator.forecast;

import java.time.Duration;

/**
 * How long a job is expected to go on.
 *
 * @param p50 as likely too long as too short
 * @param p90 not enough in one case of ten
 */
public record TimeLeft(Duration p50, Duration p90) {}
