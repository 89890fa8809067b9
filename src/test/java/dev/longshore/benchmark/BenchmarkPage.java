package dev.longshore.benchmark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Gathers the rows of one benchmark run and writes docs/benchmarks.md; a section that was not measured this time keeps what it had. */
public final class BenchmarkPage {
  private static final Path PAGE = Path.of("docs", "benchmarks.md");
  private static final String HEAD = """
      # Benchmarks
      Measured by `./mvnw verify -Pbench`. Machines are shared and noisy: the ratios count, absolute times prove little.
      """;
  private final String section;
  private final List<String> rows = new ArrayList<>();

  /** @param section what the rows tell of */
  public BenchmarkPage(String section) {
    this.section = section;
  }

  /**
   * Adds a row.
   *
   * @param bound what was promised
   */
  public void row(String what, String measured, String bound, String besides) {
    rows.add("| " + what + " | " + measured + " | " + bound + " | " + besides + " |");
  }

  /** A number with two decimals, or none from 100 on. */
  public static String number(double value) {
    return value >= 100 ? String.format(Locale.ROOT, "%,.0f", value) : String.format(Locale.ROOT, "%.2f", value);
  }

  /** Prints the table and writes it into the page. */
  public synchronized void write() {
    String table = "| what | measured | must | beside it |\n|---|---|---|---|\n" + rows.stream().map(r -> r + "\n").collect(Collectors.joining());
    String text = "## " + section + "\n" + LocalDate.now() + ", " + Runtime.getRuntime().availableProcessors() + " cores, JDK "
        + Runtime.version().feature() + "\n\n" + table;
    System.out.println(text);
    TreeMap<String, String> sections = new TreeMap<>();
    try {
      if (Files.exists(PAGE)) {
        for (String part : Files.readString(PAGE).split("(?m)^(?=## )")) {
          if (part.startsWith("## ")) {
            sections.put(part.substring(3, part.indexOf('\n')), part.strip());
          }
        }
      }
      sections.put(section, text.strip());
      Files.writeString(PAGE, HEAD + "\n" + String.join("\n\n", sections.values()) + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
