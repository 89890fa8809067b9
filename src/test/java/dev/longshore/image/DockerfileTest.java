package dev.longshore.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The Dockerfile says the same as the image that is made without an engine; its build is not tried here. */
class DockerfileTest {
  private static final Path FILE = Path.of("src", "main", "docker", "Dockerfile");
  private final String last = lastStage();

  private static String lastStage() {
    try {
      String text = Files.readString(FILE).replaceAll("\\\\\n\\s*", "");
      return text.substring(text.lastIndexOf("\nFROM "));
    } catch (IOException e) {
      throw new IllegalStateException("cannot read " + FILE.toAbsolutePath(), e);
    }
  }

  @Test
  void entryPointUserAndFolderAreTheImages() throws IOException {
    assertThat(new ObjectMapper().readValue(said("ENTRYPOINT"), new TypeReference<List<String>>() {})).isEqualTo(LongshoreImage.ENTRYPOINT);
    assertThat(said("USER")).isEqualTo(LongshoreImage.USER);
    assertThat(said("WORKDIR")).isEqualTo(LongshoreImage.WORKING_DIRECTORY);
    assertThat(Arrays.stream(said("EXPOSE").split(" ")).map(Integer::valueOf)).containsExactlyInAnyOrderElementsOf(LongshoreImage.PORTS);
  }

  @Test
  void environmentAndLabelsAreTheImages() {
    assertThat(Arrays.stream(said("ENV").split(" ")).map(pair -> pair.split("=", 2)).collect(Collectors.toMap(pair -> pair[0], pair -> pair[1])))
        .isEqualTo(LongshoreImage.ENVIRONMENT);
    Map<String, String> labels = Pattern.compile("(\\S+)=\"([^\"]*)\"").matcher(said("LABEL")).results()
        .collect(Collectors.toMap(found -> found.group(1), (MatchResult found) -> found.group(2)));
    assertThat(labels).isEqualTo(LongshoreImage.LABELS);
  }

  /** One script lays out both: nothing is copied that it did not make, and no command runs after it. */
  @Test
  void itsFilesAreThoseThatTheScriptLaysOut() throws IOException {
    assertThat(Pattern.compile("(?m)^(COPY|ADD|RUN) .*").matcher(last).results().map(MatchResult::group))
        .containsExactly("COPY --from=build /src/target/image/root/ /");
    assertThat(Files.readString(FILE)).contains("&& .ci/image\n");
    assertThat(last).startsWith("\nFROM scratch\n");
  }

  private String said(String instruction) {
    List<String> found = Pattern.compile("(?m)^" + instruction + " (.*)$").matcher(last).results().map(match -> match.group(1)).toList();
    assertThat(found).as("%s in the last stage of %s", instruction, FILE).hasSize(1);
    return found.getFirst();
  }
}
