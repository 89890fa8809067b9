package dev.longshore.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The files that are made from the types and checked in are what the types say. */
class CrdFilesTest {
  private static final String COMMAND = "./mvnw test -Dtest=CrdFilesTest -Dlongshore.update=true";

  record Generated(Path file, String content) {
    @Override
    public String toString() {
      return file.toString();
    }
  }

  static Stream<Generated> files() {
    Map<String, String> crds = CrdFiles.generate();
    return crds.entrySet().stream().map(file -> new Generated(Path.of("kubernetes/crds", file.getKey()), file.getValue()));
  }

  @ParameterizedTest
  @MethodSource("files")
  void generatedFilesAreCheckedIn(Generated generated) throws IOException {
    if (Boolean.getBoolean("longshore.update")) {
      Files.createDirectories(generated.file().getParent());
      Files.writeString(generated.file(), generated.content());
    }
    assertThat(generated.file()).as("%s is written anew by: %s", generated.file(), COMMAND).exists();
    assertThat(Files.readString(generated.file())).as("%s differs from the types; it is written anew by: %s", generated.file(), COMMAND)
        .isEqualTo(generated.content());
  }
}
