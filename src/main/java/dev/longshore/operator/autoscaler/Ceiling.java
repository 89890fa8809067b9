package dev.longshore.operator.autoscaler;

/**
 * Something other than the pool's own maximum that keeps it from having more workers.
 *
 * @param name a word, as {@code limitedBy.reason} shows it
 * @param workers how many workers it allows, at least 0
 * @param message why, for people
 */
public record Ceiling(String name, int workers, String message) {}
