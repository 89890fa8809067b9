package dev.longshore.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What happened when, told in seconds since the job was applied; kept in a file too. */
final class History {
  private long begun = System.nanoTime();
  private final Path file;
  private final List<String> lines = new ArrayList<>();
  private final Map<Fault, Integer> faults = new EnumMap<>(Fault.class);

  History(Path file) {
    this.file = file;
  }

  /** Counts time from now on. */
  synchronized void begin() {
    begun = System.nanoTime();
  }

  synchronized void fault(Fault fault, String detail) {
    faults.merge(fault, 1, Integer::sum);
    note(fault.title() + (detail.isEmpty() ? "" : ": " + detail));
  }

  synchronized void note(String text) {
    String line = String.format(Locale.ROOT, "%8.2f s  %s", (System.nanoTime() - begun) / 1e9, text);
    lines.add(line);
    try {
      Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  synchronized Map<Fault, Integer> faults() {
    return new EnumMap<>(faults);
  }

  @Override
  public synchronized String toString() {
    return String.join("\n", lines);
  }
}
