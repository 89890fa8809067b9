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
   * The serial collector and a heap of 160 MB: a worker holds chunks of 256 KiB, a few dozen at most. A large young generation, because
   * nothing that a chunk needs lives on.
   */
  private static final List<String> OPTIONS = List.of("--sun-misc-unsafe-memory-access=allow", "-XX:+UseSerialGC", "-Xms128m", "-Xmn64m", "-Xmx160m",
      "-Xss512k", "-XX:MaxMetaspaceSize=128m", "-XX:ReservedCodeCacheSize=64m");
  /**
   * The second compiler, and code made for each method that is called by reflection, take from a start and from two cores what they give back
   * only to processors that compute in Java (ADR 8).
   */
  private static final List<String> WITHOUT_PLUGINS = List.of("-XX:TieredStopAtLevel=1", "-Djdk.reflect.useNativeAccessorOnly=true");

  private WorkerJvm() {}

  /**
   * The command for pods of {@code image}.
   *
   * @param plugins whether Java processors of the user's own are to run
   */
  static WorkerCommand command(String image, boolean plugins) {
    Path jar = Path.of(System.getProperty("java.class.path")).toAbsolutePath();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(OPTIONS);
    if (!plugins) {
      command.addAll(WITHOUT_PLUGINS);
    }
    String given = System.getenv(GIVEN);
    if (given != null && !given.isBlank()) {
      command.addAll(List.of(given.trim().split("\\s+")));
    } else {
      Path cache = jar.resolveSibling("worker.aot");
      if (Files.isRegularFile(cache)) {
        // one that does not fit is ignored; the JVM would say so on standard output
        command.addAll(List.of("-Xlog:aot=off", "-XX:AOTCache=" + cache));
      }
    }
    return new WorkerCommand(image, command, List.of("-jar", jar.toString()));
  }
}
