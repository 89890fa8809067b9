package dev.longshore.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Runs the built application as its users do: as a process of its own, in a folder of its own. */
public final class LongshoreCli implements AutoCloseable {
  private static final Path JAR = Path.of("target", "quarkus-app", "quarkus-run.jar").toAbsolutePath();
  private static final Path SCRIPT = Path.of("longshore").toAbsolutePath();
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final Map<String, String> environment = new HashMap<>();
  private final List<Process> started = new ArrayList<>();

  /** Works in {@code folder}. */
  public LongshoreCli(Path folder) {
    this.folder = folder;
    environment.put("LONGSHORE_BUILD", "never");
    assertThat(JAR).as("the packaged application: run these tests by ./mvnw verify").exists();
  }

  /** Sets a variable for what is started from now on. */
  public LongshoreCli with(String name, String value) {
    environment.put(name, value);
    return this;
  }

  /** Keeps the real Kubernetes programs from being found, so that the API in memory serves. */
  public LongshoreCli withoutKubernetes() {
    return with("KUBE_BIN", folder.resolve("none").toString()).with("LONGSHORE_KUBERNETES", "memory");
  }

  /** A finished command. */
  public record Finished(int code, String out, String err) {
    /** The JSON objects of standard output, in order. */
    public List<JsonNode> objects() {
      return out.lines().filter(line -> !line.isBlank()).map(line -> {
        try {
          return JSON.readTree(line);
        } catch (IOException e) {
          throw new UncheckedIOException("not JSON: " + line, e);
        }
      }).toList();
    }

    /** Everything there is to know of it, for a failure's message. */
    public String told() {
      return "exit code " + code + "\nstdout:\n" + out + "\nstderr:\n" + err;
    }
  }

  /** A command that goes on. */
  public record Running(Process process, Path out, Path err) {
    public String errors() {
      try {
        return Files.readString(err);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    public Finished await(Duration limit) throws InterruptedException, IOException {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("still running after " + limit + "\nstdout:\n" + Files.readString(out) + "\nstderr:\n" + Files.readString(err));
      }
      return new Finished(process.exitValue(), Files.readString(out), Files.readString(err));
    }
  }

  /** Runs a command to its end. */
  public Finished run(Duration limit, String... args) throws IOException, InterruptedException {
    return start(args).await(limit);
  }

  /** Starts a command. */
  public Running start(String... args) throws IOException {
    List<String> command = new ArrayList<>(List.of(SCRIPT.toString()));
    command.addAll(List.of(args));
    Path out = Files.createTempFile(folder, "out", ".txt");
    Path err = Files.createTempFile(folder, "err", ".txt");
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile()).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    started.add(process);
    return new Running(process, out, err);
  }

  /** The results file of a job. */
  public List<JsonNode> results(String job) throws IOException {
    try (Stream<String> lines = Files.lines(folder.resolve("longshore-results").resolve(job + ".ndjson"))) {
      List<JsonNode> results = new ArrayList<>();
      for (String line : (Iterable<String>) lines::iterator) {
        results.add(JSON.readTree(line));
      }
      return results;
    }
  }

  /** Processes of this machine whose command line or environment holds {@code text}, this one aside. */
  public static List<String> processesWith(String text) {
    try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
      List<String> found = new ArrayList<>();
      for (Path process : processes.filter(p -> p.getFileName().toString().matches("\\d+")).toList()) {
        try {
          String line = Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1).replace('\0', ' ');
          if ((line.contains(text) || Files.readString(process.resolve("environ"), StandardCharsets.ISO_8859_1).contains(text))
              && Long.parseLong(process.getFileName().toString()) != ProcessHandle.current().pid()) {
            found.add(process.getFileName() + " " + line);
          }
        } catch (IOException e) {
          // it ended while we looked
        }
      }
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    started.forEach(Process::destroyForcibly);
  }
}
