package dev.longshore.runtime.local;

import dev.longshore.runtime.local.pods.WorkerCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How a worker process is started: this process's own Java and jar, tuned for a small and quick one. */
final class WorkerJvm {
  /** Overrides {@link #OPTIONS}; for the build, which trains the cache, and for profiling. */
  private static final String GIVEN = "LONGSHORE_WORKER_JAVA_OPTIONS";
  /**
   * The serial collector and a heap of 160 MB: a worker holds chunks of 256 KiB, a few dozen at most, and 1,000,000 items go through it at the same
   * speed as with ten times the heap.
   */
  private static final List<String> OPTIONS = List.of("--sun-misc-unsafe-memory-access=allow", "-XX:+UseSerialGC", "-Xms48m", "-Xmx160m", "-Xss512k", "-XX:MaxMetaspaceSize=128m",
      "-XX:ReservedCodeCacheSize=64m");

  private WorkerJvm() {}

  /** The command for pods of {@code image}. */
  static WorkerCommand command(String image) {
    Path jar = Path.of(System.getProperty("java.class.path")).toAbsolutePath();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(OPTIONS);
    String given = System.getenv(GIVEN);
    if (given != null && !given.isBlank()) {
      command.addAll(List.of(given.trim().split("\\s+")));
    } else {
      Path cache = jar.resolveSibling("worker.aot");
      if (Files.isRegularFile(cache)) {
        command.add("-XX:AOTCache=" + cache);
      }
    }
    return new WorkerCommand(image, command, List.of("-jar", jar.toString()));
  }
}
