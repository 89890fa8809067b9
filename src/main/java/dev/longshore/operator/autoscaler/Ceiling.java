package dev.longshore.operator.autoscaler;

/**
 * A bound on the number of workers that stands in no spec.
 *
 * @param name a word, the reason of {@code limitedBy}
 * @param workers at most so many, those that drain not counted
 * @param message why, in the words of whoever sets the bound
 */
public record Ceiling(String name, int workers, String message) {}
