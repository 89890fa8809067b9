package dev.longshore.chaos;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What one seed brought.
 *
 * @param faults how often, by title
 * @param beyondFirst executions beyond the first of each item
 * @param repeatedItems items that had such
 * @param mostExecutions of one item
 * @param longestStallMillis no item became final for so long while none was suspended
 * @param elapsedMillis from the job's creation until it was Complete
 * @param audits how often the ledger was audited on the way
 * @param operatorEndedItself how often the operator ended unasked (it lost its leadership) and was started again
 * @param whole whether it counts among those that are to pass in a row
 * @param failure what is wrong; empty when nothing is
 */
record SeedReport(long seed, int items, Map<String, Integer> faults, long beyondFirst, long repeatedItems, int mostExecutions,
    long longestStallMillis, long elapsedMillis, int audits, int operatorEndedItself, boolean whole, String failure) {
  private static final ObjectMapper JSON = new ObjectMapper();

  SeedReport {
    faults = new TreeMap<>(faults);
  }

  boolean passed() {
    return failure.isEmpty();
  }

  int faultCount() {
    return faults.values().stream().mapToInt(Integer::intValue).sum();
  }

  double share() {
    return (double) beyondFirst / items;
  }

  String json() {
    try {
      return JSON.writeValueAsString(this);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static SeedReport of(String json) {
    try {
      return JSON.readValue(json, SeedReport.class);
    } catch (IOException e) {
      throw new UncheckedIOException("not a seed's report: " + json, e);
    }
  }

  /** For people. */
  String table() {
    StringBuilder table = new StringBuilder(String.format(Locale.ROOT, "seed %d: %s%n%,d items, %d faults%n", seed, passed() ? "passed" : "FAILED",
        items, faultCount()));
    faults.forEach((title, count) -> table.append(String.format(Locale.ROOT, "  %-40s %4d%n", title, count)));
    table.append(String.format(Locale.ROOT, "  executions beyond the first              %,d (%.2f %% of the items; %,d items, one at most %d times)%n",
        beyondFirst, 100 * share(), repeatedItems, mostExecutions));
    table.append(String.format(Locale.ROOT, "  longest stall                            %.1f s%n", longestStallMillis / 1e3));
    table.append(String.format(Locale.ROOT, "  elapsed                                  %.1f s%n", elapsedMillis / 1e3));
    table.append(String.format(Locale.ROOT, "  audits on the way                        %d%n", audits));
    return table.toString();
  }

  static List<String> columns() {
    return List.of("seed", "items", "faults", "executions beyond the first", "longest stall", "elapsed");
  }

  /** The cells of a row under {@link #columns}. */
  List<String> cells() {
    return List.of(String.valueOf(seed), String.format(Locale.ROOT, "%,d", items), String.valueOf(faultCount()),
        String.format(Locale.ROOT, "%,d (%.2f %%)", beyondFirst, 100 * share()), String.format(Locale.ROOT, "%.1f s", longestStallMillis / 1e3),
        String.format(Locale.ROOT, "%.0f s", elapsedMillis / 1e3));
  }
}
