package dev.longshore.job;

/**
 * Failures that share a fingerprint.
 *
 * @param count how many items failed this way
 * @param example the index of one of them
 * @param message the text of that one
 */
public record FailureGroup(String fingerprint, long count, long example, String message) {
  /** The group of all failures that came when there were as many groups as a job may have. */
  public static final String OTHER = "other";
}
