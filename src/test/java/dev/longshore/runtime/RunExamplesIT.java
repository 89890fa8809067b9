package dev.longshore.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.longshore.testing.LongshoreCli;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of the README, run as a newcomer runs them. */
class RunExamplesIT {
  private static final Path EXAMPLES = Path.of("kubernetes", "examples").toAbsolutePath();
  private static final Duration LIMIT = Duration.ofMinutes(3);

  @TempDir
  Path folder;

  @Test
  void theArtifactAuditFindsTheCorruptedCopyAndPassesAllOthers() throws Exception {
    Path repository = Files.createDirectories(folder.resolve("home/.m2/repository"));
    int copied = copyJars(Path.of(System.getProperty("user.home"), ".m2", "repository"), repository, 40);
    Path corrupted = repository.resolve("artifact-7.jar");
    byte[] bytes = Files.readAllBytes(corrupted);
    bytes[bytes.length / 2] ^= 1;
    Files.write(corrupted, bytes);
    Path manifest = copyExample("artifact-audit", "~/.m2/repository", repository.toString());

    try (LongshoreCli cli = new LongshoreCli(folder)) {
      LongshoreCli.Finished run = cli.run(LIMIT, "run", "-f", manifest.toString(), "--output", "json");

      assertThat(run.code()).as(run.told()).isZero();
      JsonNode outcome = run.objects().getFirst();
      assertThat(outcome.path("phase").asText()).as(run.told()).isEqualTo("Complete");
      assertThat(outcome.path("total").asInt()).as(run.told()).isEqualTo(copied);
      assertThat(outcome.path("failed").asInt()).as(run.told()).isEqualTo(1);
      assertThat(outcome.path("succeeded").asInt()).as(run.told()).isEqualTo(copied - 1);
      List<JsonNode> results = cli.results("artifact-audit");
      assertInInputOrder(results, copied);
      JsonNode failed = results.stream().filter(r -> r.path("status").asText().equals("failed")).findFirst().orElseThrow();
      assertThat(failed.path("item").path("path").asText()).endsWith("artifact-7.jar");
      assertThat(failed.path("error").path("code").asText()).isEqualTo("ChecksumMismatch");
      assertThat(results).filteredOn(r -> r.path("status").asText().equals("succeeded"))
          .allSatisfy(r -> assertThat(r.path("result").path("entries").asInt()).isPositive());
    }
  }

  @Test
  void theHttpLookupGivesEachIdAnOutcomeOfItsOwnInInputOrder() throws Exception {
    Path manifest = copyExample("http-lookup", "http://127.0.0.1:18080", "http://127.0.0.1:PORT");
    Path example = manifest.getParent();
    Process ids = new ProcessBuilder("python3", "server.py", "--ids", "5000").directory(example.toFile())
        .redirectOutput(example.resolve("ids.txt").toFile()).start();
    assertThat(ids.waitFor()).isZero();
    Process server = new ProcessBuilder("python3", "-u", "server.py", "0").directory(example.toFile())
        .redirectError(folder.resolve("server.err").toFile()).start();
    try (BufferedReader said = server.inputReader(); LongshoreCli cli = new LongshoreCli(folder)) {
      String address = said.readLine();
      assertThat(address).as("what the example's server prints first").startsWith("http://127.0.0.1:");
      Files.writeString(manifest, Files.readString(manifest).replace("http://127.0.0.1:PORT/tracks", address));

      LongshoreCli.Finished run = cli.run(LIMIT, "run", "-f", manifest.toString(), "--output", "json");

      assertThat(run.code()).as(run.told()).isZero();
      assertThat(run.objects().getFirst().path("failed").asInt()).as(run.told()).isEqualTo(50);
      List<JsonNode> results = cli.results("http-lookup");
      assertInInputOrder(results, 5_000);
      for (JsonNode result : results) {
        int index = result.path("index").asInt();
        assertThat(result.path("item").asText()).isEqualTo("track-" + index);
        if (index % 100 == 99) {
          assertThat(result.path("error").path("code").asText()).as("item %d", index).isEqualTo("NotInAnswer");
        } else {
          assertThat(result.path("result").path("title").asText()).as("item %d", index).isEqualTo("Track " + index);
        }
      }
    } finally {
      server.destroy();
    }
  }

  private static void assertInInputOrder(List<JsonNode> results, int count) {
    assertThat(results).hasSize(count);
    for (int i = 0; i < count; i++) {
      assertThat(results.get(i).path("index").asInt()).as("line %d", i + 1).isEqualTo(i);
    }
  }

  private Path copyExample(String name, String replaced, String by) throws IOException {
    Path copy = Files.createDirectories(folder.resolve(name));
    try (Stream<Path> files = Files.list(EXAMPLES.resolve(name))) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    Path manifest = copy.resolve("batchjob.yaml");
    String text = Files.readString(manifest);
    assertThat(text).contains(replaced);
    Files.writeString(manifest, text.replace(replaced, by));
    return manifest;
  }

  private static int copyJars(Path from, Path to, int most) throws IOException {
    Set<Path> chosen = new HashSet<>();
    try (Stream<Path> all = Files.walk(from)) {
      for (Path jar : (Iterable<Path>) all.filter(f -> f.toString().endsWith(".jar") && Files.exists(Path.of(f + ".sha1"))).sorted().limit(most)::iterator) {
        Path copy = to.resolve("artifact-" + chosen.size() + ".jar");
        Files.copy(jar, copy);
        Files.copy(Path.of(jar + ".sha1"), Path.of(copy + ".sha1"));
        chosen.add(copy);
      }
    }
    return chosen.size();
  }
}
