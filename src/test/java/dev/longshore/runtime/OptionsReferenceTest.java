package dev.longshore.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/reference/options.md is what the sentences in LongshoreConfig make of it. */
class OptionsReferenceTest {
  private static final Path SOURCE = Path.of("src/main/java/dev/longshore/runtime/LongshoreConfig.java");
  private static final Path PAGE = Path.of("docs/reference/options.md");
  private static final Pattern PART = Pattern.compile(
      "/\\*\\*(?<doc>.*?)\\*/|@WithDefault\\(\"(?<value>[^\"]*)\"\\)|interface (?<type>\\w+) \\{|(?<returns>[\\w<>.]+) (?<name>\\w+)\\(\\);|(?<end>\\n *\\})",
      Pattern.DOTALL);

  @Test
  void thePageTellsOfEveryOption() throws IOException {
    String page = page(Files.readString(SOURCE));
    if (Boolean.getBoolean("longshore.update")) {
      Files.writeString(PAGE, page);
    }
    assertThat(PAGE).as("run: ./mvnw test -Dtest=OptionsReferenceTest -Dlongshore.update=true").exists();
    assertThat(Files.readString(PAGE)).as("run: ./mvnw test -Dtest=OptionsReferenceTest -Dlongshore.update=true").isEqualTo(page);
  }

  private static String page(String source) {
    StringBuilder rows = new StringBuilder();
    Deque<String> path = new ArrayDeque<>();
    String doc = "";
    String value = null;
    Matcher part = PART.matcher(source.substring(source.indexOf("@ConfigMapping")));
    while (part.find()) {
      if (part.group("doc") != null) {
        doc = part.group("doc").replaceAll("\\s*\\n\\s*\\*\\s*", " ").replaceAll("\\{@code ([^}]*)\\}", "`$1`").trim();
      } else if (part.group("value") != null) {
        value = part.group("value");
      } else if (part.group("type") != null) {
        path.addLast(part.group("type").equals("LongshoreConfig") ? "LONGSHORE" : part.group("type").toUpperCase(Locale.ROOT));
      } else if (part.group("end") != null) {
        path.pollLast();
      } else if (part.group("returns").matches("[\\w<>.]*(Optional|String|boolean|Duration|List|Set|int|double|LogFormat).*")) {
        String name = String.join("_", path) + "_" + part.group("name").replaceAll("([A-Z])", "_$1").toUpperCase(Locale.ROOT);
        rows.append("| `").append(name).append("` | ").append(value == null ? "" : "`" + value + "`").append(" | ").append(doc).append(" |\n");
        value = null;
      }
    }
    return """
        # Options
        Each is a variable of the environment, for every role. Generated from `LongshoreConfig`.

        | option | default | meaning |
        |---|---|---|
        """ + rows + """

        How often and how long the project's own calls are tried (fault-tolerance annotations) is MicroProfile Config: for example
        `dev.longshore.source.http.HttpFetcher/fetch/Retry/maxRetries`. Ports: `QUARKUS_HTTP_PORT` (8080) and `QUARKUS_MANAGEMENT_PORT` (9000, health
        and metrics).
        """;
  }
}
