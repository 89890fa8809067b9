package dev.longshore.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** Every seed that was run, a line of JSON each, in a file that the next run goes on from. */
final class SeedBook {
  private final Path file;
  private final List<SeedReport> reports = new ArrayList<>();

  SeedBook(Path file) throws IOException {
    this.file = file;
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        reports.add(SeedReport.of(line));
      }
    }
  }

  void add(SeedReport report) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, report.json() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    reports.add(report);
  }

  /** A seed that failed and has not passed since comes first, else the one after the last. */
  long next() {
    for (SeedReport report : reports) {
      if (!report.passed() && reports.subList(reports.indexOf(report), reports.size()).stream()
          .noneMatch(later -> later.seed() == report.seed() && later.passed())) {
        return report.seed();
      }
    }
    return reports.isEmpty() ? 1 : reports.getLast().seed() + 1;
  }

  /** The reports of the whole seeds that passed since one last failed. */
  List<SeedReport> passedInARow() {
    int from = reports.size();
    while (from > 0 && reports.get(from - 1).passed()) {
      from--;
    }
    return reports.subList(from, reports.size()).stream().filter(SeedReport::whole).toList();
  }
}
