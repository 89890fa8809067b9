package dev.longshore.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Writes what the seeds brought between the two marks of docs/reliability.md; what people wrote around them stays. */
final class ReliabilityPage {
  private static final String BEGIN = "<!-- chaos: written by ./mvnw verify -Pchaos -->";
  private static final String END = "<!-- /chaos -->";

  private final Path page;

  ReliabilityPage(Path page) {
    this.page = page;
  }

  void write(List<SeedReport> passed) throws IOException {
    String old = Files.exists(page) ? Files.readString(page) : "# Reliability\n\n" + BEGIN + "\n" + END + "\n";
    int begin = old.indexOf(BEGIN);
    int end = old.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new IOException(page + " has lost the marks " + BEGIN + " and " + END + ": put them back around the table");
    }
    Files.writeString(page, old.substring(0, begin + BEGIN.length()) + "\n" + text(passed) + old.substring(end));
  }

  static String text(List<SeedReport> passed) {
    Map<String, Integer> faults = new TreeMap<>();
    passed.forEach(report -> report.faults().forEach((title, count) -> faults.merge(title, count, Integer::sum)));
    long items = passed.stream().mapToLong(SeedReport::items).sum();
    long beyond = passed.stream().mapToLong(SeedReport::beyondFirst).sum();
    return String.format(Locale.ROOT, """
        %s, %d cores: %d seeds in a row passed, %,d items, 0 lost, 0 counted twice, %,d faults; %,d executions beyond the first (%.2f %% of the items).

        """, LocalDate.now(), Runtime.getRuntime().availableProcessors(), passed.size(), items, faults.values().stream().mapToLong(i -> i).sum(), beyond,
        items == 0 ? 0 : 100d * beyond / items)
        + row(List.of("fault", "times")) + row(List.of("---", "---"))
        + faults.entrySet().stream().map(e -> row(List.of(e.getKey(), String.valueOf(e.getValue())))).collect(Collectors.joining())
        + "\n" + row(SeedReport.columns()) + row(SeedReport.columns().stream().map(c -> "---").toList())
        + passed.stream().map(report -> row(report.cells())).collect(Collectors.joining());
  }

  private static String row(List<String> cells) {
    return "| " + String.join(" | ", cells) + " |\n";
  }
}
