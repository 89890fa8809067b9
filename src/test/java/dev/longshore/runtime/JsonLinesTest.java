package dev.longshore.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.Level;
import org.junit.jupiter.api.Test;

/** Log lines as JSON, and that the lines in the code name jobs and pools in one way. */
class JsonLinesTest {
  /** What one might write in place of {@code job}. */
  private static final Set<String> JOB_OTHERWISE = Set.of("batchjob", "batchJob", "jobName", "bj", "ref");

  private final JsonLines lines = new JsonLines();

  @Test
  void aLineIsAnObjectWithItsKeys() throws IOException {
    JsonNode line = line("job=music/tracks chunk=0-9,12 state=handed-back reason=\"settling it failed\"", null);

    assertThat(line.path("level").asText()).isEqualTo("WARN");
    assertThat(line.path("logger").asText()).isEqualTo("dev.longshore.Some");
    assertThat(line.path("time").asText()).matches("\\d{4}-.*Z");
    assertThat(line.path("job").asText()).isEqualTo("music/tracks");
    assertThat(line.path("chunk").asText()).isEqualTo("0-9,12");
    assertThat(line.path("state").asText()).isEqualTo("handed-back");
    assertThat(line.path("reason").asText()).isEqualTo("settling it failed");
    assertThat(line.path("message").asText()).startsWith("job=music/tracks chunk=");
  }

  @Test
  void whatFollowsAKeyIsNoPartOfItAndWordsOfOthersMakeNoKeys() throws IOException {
    JsonNode line = line("job=music/tracks: a queue was gone; user=x said \"line\nbreak\" job=other/one", new IllegalStateException("why"));

    assertThat(line.path("job").asText()).isEqualTo("music/tracks");
    assertThat(line.has("user")).isFalse();
    assertThat(line.path("error").asText()).startsWith("java.lang.IllegalStateException: why\n");
  }

  @Test
  void whatAProgramPrintsMakesNoKeys() throws IOException {
    JsonNode line = line("job=music/tracks worker=w-1 pid=7 stderr: state=failed job=other/one reason=\"none\"", null);
    assertThat(line.path("pid").asText()).isEqualTo("7");
    assertThat(line.path("job").asText()).isEqualTo("music/tracks");
    assertThat(line.has("state") || line.has("reason")).as("keys of its words in %s", line).isFalse();

    JsonNode refused = line("job=music/tracks reason=\"no: never\": phase=Complete", null);
    assertThat(refused.path("reason").asText()).isEqualTo("no: never");
    assertThat(refused.has("phase")).isFalse();
    assertThat(line("broker=amqp://host:5672/v link=consume state=back", null).path("link").asText()).isEqualTo("consume");
  }

  @Test
  void linesInTheCodeUseTheKeysThatAreFixed() throws IOException {
    Pattern format = Pattern.compile("LOG\\.(?:info|warn|error|debug)f?\\((?:\\w+, )?((?:\\s*\\+?\\s*\"(?:[^\"\\\\]|\\\\.)*\")+)");
    Pattern key = Pattern.compile("(?:[\\s(\"])([a-zA-Z]+)=(\\S*)");
    List<String> wrong = new ArrayList<>();
    int found = 0;
    try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        Matcher line = format.matcher(Files.readString(file));
        while (line.find()) {
          found++;
          Matcher pair = key.matcher(line.group(1));
          while (pair.find()) {
            boolean named = Set.of("job", "pool", "worker", "chunk", "item").contains(pair.group(1));
            if (named && !pair.group(2).startsWith("%") || JOB_OTHERWISE.contains(pair.group(1)) || !JsonLines.KEYS.contains(pair.group(1))) {
              wrong.add(file.getFileName() + ": " + line.group(1));
            }
          }
        }
      }
    }
    assertThat(found).as("lines in the code that were looked at").isGreaterThan(100);
    assertThat(wrong).as("a key that JsonLines.KEYS does not have is none in JSON").isEmpty();
  }

  private JsonNode line(String message, Throwable thrown) throws IOException {
    ExtLogRecord line = new ExtLogRecord(Level.WARN, message, ExtLogRecord.FormatStyle.NO_FORMAT, JsonLinesTest.class.getName());
    line.setLoggerName("dev.longshore.Some");
    line.setThrown(thrown);
    String text = lines.format(line);
    assertThat(text).as("one line").endsWith("\n").satisfies(whole -> assertThat(whole.lines()).hasSize(1));
    return new ObjectMapper().readTree(text);
  }
}
