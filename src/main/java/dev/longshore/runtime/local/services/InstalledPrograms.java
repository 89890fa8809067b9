package dev.longshore.runtime.local.services;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Finds the programs of the private services.
 *
 * @param environment the process environment: {@code PATH} and {@code RABBITMQ_HOME} are read
 */
record InstalledPrograms(Map<String, String> environment) {

  /** The program of the first name that is found on the PATH or where package managers put it. */
  Optional<Path> find(String... names) {
    return Arrays.stream(names)
        .flatMap(name -> Stream.concat(path(), Stream.of("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin").map(Path::of))
            .map(folder -> folder.resolve(name)))
        .filter(Files::isExecutable).findFirst();
  }

  /**
   * The folder of RabbitMQ's own scripts. Not the wrapper that Debian puts on the PATH: it changes user, and leaves the port mapper open to
   * the network. The scripts have their environment file beside them, the wrapper has not.
   */
  Optional<Path> rabbitScripts() {
    Stream<Path> home = Optional.ofNullable(environment.get("RABBITMQ_HOME")).map(value -> Path.of(value, "sbin")).stream();
    Stream<Path> usual = Stream.of("/usr/lib/rabbitmq/bin", "/opt/homebrew/sbin", "/opt/homebrew/opt/rabbitmq/sbin", "/usr/local/sbin",
        "/usr/local/opt/rabbitmq/sbin", "/opt/rabbitmq/sbin").map(Path::of);
    return Stream.of(home, usual, path()).flatMap(folders -> folders)
        .filter(folder -> Files.isExecutable(folder.resolve("rabbitmq-server")) && Files.isRegularFile(folder.resolve("rabbitmq-env")))
        .findFirst();
  }

  private Stream<Path> path() {
    return Arrays.stream(environment.getOrDefault("PATH", "").split(File.pathSeparator)).filter(folder -> !folder.isBlank()).map(Path::of);
  }
}
