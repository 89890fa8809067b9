package dev.longshore.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A piece of YAML that the docs show: a whole file of an example, or what stands between the fences of a page.
 *
 * @param line of its first line in the file, from 1
 * @param mark what stands behind {@code yaml} in the fence; empty for whole manifests
 */
record YamlBlock(Path file, int line, String mark, String text) {
  /** Fields of a BatchJob's spec. */
  static final String SPEC = "spec";
  /** Manifests of other projects. */
  static final String FOREIGN = "foreign";
  /** Values of the chart. */
  static final String VALUES = "values";
  private static final Pattern FENCE = Pattern.compile("^( *)```(.*)$");

  static List<YamlBlock> all() {
    List<YamlBlock> found = new ArrayList<>();
    pages().forEach(page -> found.addAll(of(page)));
    for (Path file : files(Path.of("kubernetes/examples"), ".yaml")) {
      found.add(new YamlBlock(file, 1, "", read(file)));
    }
    return found;
  }

  /** Every page that people read. */
  static List<Path> pages() {
    return Stream.of(List.of(Path.of("README.md")), files(Path.of("docs"), ".md"), files(Path.of("kubernetes"), ".md")).flatMap(List::stream).toList();
  }

  private static List<YamlBlock> of(Path page) {
    List<YamlBlock> found = new ArrayList<>();
    List<String> lines = read(page).lines().toList();
    Optional<Matcher> open = Optional.empty();
    int begin = 0;
    for (int i = 0; i < lines.size(); i++) {
      Matcher fence = FENCE.matcher(lines.get(i));
      if (!fence.matches()) {
        continue;
      }
      if (open.isEmpty()) {
        open = Optional.of(fence);
        begin = i + 1;
        continue;
      }
      String[] info = open.get().group(2).strip().split(" +", 2);
      if (info[0].equals("yaml")) {
        int indent = open.get().group(1).length();
        String text = String.join("\n", lines.subList(begin, i).stream().map(line -> line.substring(Math.min(indent, line.length()))).toList());
        found.add(new YamlBlock(page, begin + 1, info.length > 1 ? info[1].strip() : "", text + "\n"));
      }
      open = Optional.empty();
    }
    if (open.isPresent()) {
      throw new IllegalStateException(page + ":" + begin + ": this fence is not closed");
    }
    return found;
  }

  private static List<Path> files(Path folder, String ending) {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(file -> file.toString().endsWith(ending)).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return file + ":" + line;
  }
}
