package dev.longshore.runtime.local;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

/**
 * How one job of {@code longshore run} ended: the JSON object that it prints.
 *
 * @param startupSeconds from apply to the first item's start
 * @param elapsedSeconds from the first item's start to the end
 * @param itemsPerSecond all items divided by the time from the first read of intake to the end
 * @param results the file with the results
 * @param error why it ended as it did, or was refused; null when all is well
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonPropertyOrder({"job", "namespace", "phase", "total", "succeeded", "failed", "skipped", "cancelled", "startupSeconds", "elapsedSeconds",
    "itemsPerSecond", "results", "error"})
public record RunOutcome(String job, String namespace, String phase, long total, long succeeded, long failed, long skipped, long cancelled,
    Double startupSeconds, Double elapsedSeconds, Long itemsPerSecond, String results, Error error) {

  /**
   * What was wrong.
   *
   * @param field the manifest's field, or the option, or the part of the environment
   */
  public record Error(String field, String message) {}

  /** A job that was never run. */
  public static RunOutcome refused(String job, String namespace, Error error) {
    return new RunOutcome(job, namespace, "Refused", 0, 0, 0, 0, 0, null, null, null, null, error);
  }
}
