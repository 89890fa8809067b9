package dev.longshore.operator.autoscaler;

import java.time.Duration;

/** How many workers the backlog alone asked for, and how long ago. */
public record Recommendation(Duration age, int wanted) {}
