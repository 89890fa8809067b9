package dev.longshore.runtime.console;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;

/** What a table shows of one BatchJob; a dash stands for what is not known yet. */
public record JobLine(String name, String phase, String done, String percent, String failed, String rate, String workers, String eta,
    String etaP90) {
  private static final String UNKNOWN = "-";

  public static JobLine of(JsonNode job) {
    JsonNode status = job.path("status");
    JsonNode items = status.path("items");
    long finished = items.path("succeeded").asLong() + items.path("failed").asLong() + items.path("skipped").asLong()
        + items.path("cancelled").asLong();
    String total = items.hasNonNull("total") ? items.path("total").asText() : "?";
    return new JobLine(job.path("metadata").path("name").asText(), status.path("phase").asText("Pending"), finished + "/" + total,
        status.hasNonNull("percentComplete") ? status.path("percentComplete").asText() + "%" : UNKNOWN, items.path("failed").asText("0"),
        status.hasNonNull("itemsPerSecond") ? String.format(Locale.ROOT, "%,d/s", status.path("itemsPerSecond").asLong()) : UNKNOWN,
        status.path("workers").path("ready").asText("0") + "/" + status.path("workers").path("desired").asText("0"),
        status.path("eta").path("p50").asText(UNKNOWN), status.path("eta").path("p90").asText(UNKNOWN));
  }
}
