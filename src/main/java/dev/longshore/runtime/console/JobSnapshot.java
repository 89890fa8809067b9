package dev.longshore.runtime.console;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;

/**
 * A job at one moment, as the progress display draws it.
 *
 * @param total -1 while the source is still being read
 * @param known items read so far
 * @param eta when it is as likely to have ended as not; null when that is not known
 * @param etaP90 when it has ended with a probability of 90 %; null when that is not known
 * @param note what limits it, or what is wrong; empty when nothing is
 */
public record JobSnapshot(String name, String phase, long total, long known, long succeeded, long failed, long skipped, long cancelled,
    long inFlight, long retrying, int workersReady, int workersDesired, Instant eta, Instant etaP90, String note) {

  public static JobSnapshot of(JsonNode job) {
    JsonNode status = job.path("status");
    JsonNode items = status.path("items");
    long finished = items.path("succeeded").asLong() + items.path("failed").asLong() + items.path("skipped").asLong()
        + items.path("cancelled").asLong();
    long known = finished + items.path("pending").asLong() + items.path("inFlight").asLong() + items.path("retrying").asLong();
    return new JobSnapshot(job.path("metadata").path("name").asText(), status.path("phase").asText("Pending"),
        items.hasNonNull("total") ? items.path("total").asLong() : -1, known, items.path("succeeded").asLong(),
        items.path("failed").asLong(), items.path("skipped").asLong(), items.path("cancelled").asLong(), items.path("inFlight").asLong(),
        items.path("retrying").asLong(), status.path("workers").path("ready").asInt(), status.path("workers").path("desired").asInt(),
        time(status.path("eta").path("p50")), time(status.path("eta").path("p90")), status.path("limitedBy").path("message").asText(""));
  }

  private static Instant time(JsonNode at) {
    return at.isTextual() ? Instant.parse(at.asText()) : null;
  }

  long finished() {
    return succeeded + failed + skipped + cancelled;
  }
}
