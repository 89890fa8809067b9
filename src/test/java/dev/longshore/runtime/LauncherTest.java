package dev.longshore.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script that starts every role and command: which JVM it asks for. A program that prints its arguments stands for Java. */
class LauncherTest {
  @TempDir
  Path home;

  @BeforeEach
  void install() throws Exception {
    Files.copy(Path.of("longshore"), home.resolve("longshore"));
    program(".ci/find-jdk", "echo " + home.resolve("jdk"));
    program(".ci/provision", "exit 0");
    program("jdk/bin/java", "printf '%s\\n' \"$@\"");
    file("target/quarkus-app/quarkus-run.jar");
  }

  @Test
  void aWorkerHasTheCacheOfWorkersAndAHeapThatFollowsItsContainer() throws Exception {
    file("target/quarkus-app/worker.aot");
    file("target/quarkus-app/longshore.aot");
    String cache = "-XX:AOTCache=" + home.resolve("target/quarkus-app/worker.aot");
    assertThat(started(Map.of(), "--role=worker", "--pod=a")).contains(cache, "-Xlog:aot=off", "-XX:MaxRAMPercentage=60",
        "-Djdk.reflect.useNativeAccessorOnly=true", "-XX:TieredStopAtLevel=1").endsWith("--role=worker", "--pod=a");
  }

  @Test
  void theOperatorAndTheCommandLineShareOne() throws Exception {
    file("target/quarkus-app/worker.aot");
    file("target/quarkus-app/longshore.aot");
    String cache = "-XX:AOTCache=" + home.resolve("target/quarkus-app/longshore.aot");
    assertThat(started(Map.of("LONGSHORE_ROLE", "operator"))).contains(cache, "-Xmx384m", "-XX:TieredStopAtLevel=4");
    assertThat(started(Map.of(), "run", "-f", "job.yaml", "--embedded")).contains(cache, "-Xmx384m", "-XX:TieredStopAtLevel=4");
    assertThat(started(Map.of(), "get")).contains(cache, "-Xmx384m", "-XX:TieredStopAtLevel=1");
  }

  @Test
  void withoutItsCacheAProcessStartsAllTheSameAndSaysNothing() throws Exception {
    file("target/quarkus-app/longshore.aot");
    assertThat(started(Map.of(), "--role=worker", "--pod=a")).startsWith("--sun-misc-unsafe-memory-access=allow")
        .noneMatch(argument -> argument.contains("AOTCache"));
  }

  /** The arguments of the JVM, and whatever else was said. */
  private List<String> started(Map<String, String> environment, String... arguments) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(home.resolve("longshore").toString()).redirectErrorStream(true);
    builder.command().addAll(List.of(arguments));
    builder.environment().remove("LONGSHORE_ROLE");
    builder.environment().put("LONGSHORE_BUILD", "never");
    builder.environment().putAll(environment);
    Process process = builder.start();
    List<String> lines = process.inputReader().lines().toList();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(lines.toString()).isZero();
    return lines;
  }

  private void program(String path, String command) throws Exception {
    Files.writeString(file(path), "#!/bin/sh\n" + command + "\n");
    Files.setPosixFilePermissions(home.resolve(path), PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Path file(String path) throws Exception {
    Path file = home.resolve(path);
    Files.createDirectories(file.getParent());
    return Files.exists(file) ? file : Files.createFile(file);
  }
}
