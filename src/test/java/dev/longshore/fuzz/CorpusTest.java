package dev.longshore.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Reads once more what fuzzing was begun with, and what it found. */
class CorpusTest {
  /** Far more than any input takes: what takes longer does not end. */
  private static final Duration FOREVER = Duration.ofSeconds(20);

  @ParameterizedTest
  @EnumSource
  void nothingOfTheCorpusShowsAFault(Target target) throws IOException {
    List<Path> inputs;
    try (Stream<Path> files = Files.list(target.corpus())) {
      inputs = files.sorted().toList();
    }
    assertThat(inputs).as("inputs in %s", target.corpus()).isNotEmpty();
    for (Path input : inputs) {
      byte[] data = Files.readAllBytes(input);
      assertThatCode(() -> assertTimeoutPreemptively(FOREVER, () -> target.read(data))).as("%s reads %s", target, input).doesNotThrowAnyException();
    }
  }
}
