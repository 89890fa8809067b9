package dev.longshore.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Minutes of Jazzer for each target, 10 unless {@code -Dfuzz.seconds} says otherwise, led by what of the code an input reaches. What it
 * finds is put into the target's corpus, which {@link CorpusTest} reads in each build.
 */
class ReadersFuzz {
  private static final long SECONDS = Long.getLong("fuzz.seconds", 600);
  private static final Path WORK = Path.of("target", "fuzz");

  @ParameterizedTest
  @EnumSource
  void nothingButReadingAndRefusingHappens(Target target) throws Exception {
    Path corpus = Files.createDirectories(target.corpus());
    Path grown = Files.createDirectories(WORK.resolve(target.word()));
    Path log = WORK.resolve(target.word() + ".log");
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx1g", "-Xss1m",
        "-Dfuzz.target=" + target, "-cp", System.getProperty("java.class.path"), "com.code_intelligence.jazzer.Jazzer",
        "--target_class=" + JazzerEntry.class.getName(), "--instrumentation_includes=dev.longshore.**", "--reproducer_path=" + WORK,
        "-artifact_prefix=" + corpus + "/", "-max_total_time=" + SECONDS, "-timeout=20", "-rss_limit_mb=0", "-max_len=16384", "-print_final_stats=1",
        grown.toString(), corpus.toString()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    int code = process.waitFor();
    try (Stream<String> lines = Files.lines(log)) {
      List<String> told = lines.toList();
      System.out.println(target + ": " + told.stream().filter(line -> line.startsWith("stat::number_of_executed_units") || line.contains("DONE"))
          .toList());
      assertThat(code).as("%s: the input is in %s, the whole log in %s\n%s", target, corpus, log,
          String.join("\n", told.stream().filter(line -> !line.startsWith("#")).skip(Math.max(0, told.size() - 400)).limit(400).toList())).isZero();
    }
  }
}
