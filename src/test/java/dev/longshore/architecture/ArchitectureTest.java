package dev.longshore.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The rules of docs/architecture.md, on the code and on a small tree that breaks each of them. */
class ArchitectureTest {
  private static final String ROOT = "dev.longshore";
  private static final String PLANTED = "dev.longshore.architecture.planted";
  private static final int LONGEST_FILE = 400;

  @TestFactory
  Stream<DynamicTest> theCodeKeepsTheRules() {
    JavaClasses code = new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages(ROOT);
    return new HouseRules(ROOT).all().entrySet().stream().map(rule -> DynamicTest.dynamicTest(rule.getKey(), () -> rule.getValue().check(code)));
  }

  @TestFactory
  Stream<DynamicTest> eachRuleIsBrokenByWhatIsPlantedForIt() {
    JavaClasses planted = new ClassFileImporter().importPackages(PLANTED);
    List<String> without = List.of("imports of api", "imports of batch", "imports of process", "imports of egress", "imports of tls", "imports of expression",
        "imports of resilience", "imports of store", "imports of source", "imports of processor", "imports of notification", "imports of operator",
        "imports of rest", "imports of runtime", "imports of metrics");
    return new HouseRules(PLANTED).all().entrySet().stream().filter(rule -> !without.contains(rule.getKey()))
        .map(rule -> DynamicTest.dynamicTest(rule.getKey(),
            () -> assertThat(rule.getValue().evaluate(planted).hasViolation()).as("the rule must find its planted violation").isTrue()));
  }

  @Test
  void noMainFileIsOverTheLimit() throws IOException {
    assertThat(longFiles(Path.of("src", "main", "java"))).as("files of more than %d lines", LONGEST_FILE).isEmpty();
  }

  @Test
  void aFileOverTheLimitIsFound(@TempDir Path folder) throws IOException {
    Files.writeString(folder.resolve("Long.java"), "//\n".repeat(LONGEST_FILE + 1));
    assertThat(longFiles(folder)).containsKey(folder.resolve("Long.java"));
  }

  private static Map<Path, Long> longFiles(Path folder) throws IOException {
    Map<Path, Long> lengths = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        try (Stream<String> lines = Files.lines(file)) {
          lengths.put(file, lines.count());
        }
      }
    }
    lengths.values().removeIf(length -> length <= LONGEST_FILE);
    return lengths;
  }
}
