package dev.longshore.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Reads a setting that may stand in the environment or in a file that the environment names. */
final class Secrets {
  private Secrets() {}

  static Optional<String> value(Optional<String> given, Optional<String> file, String name) {
    if (given.filter(v -> !v.isBlank()).isPresent()) {
      return given;
    }
    return file.filter(v -> !v.isBlank()).map(path -> {
      try {
        return Files.readString(Path.of(path)).strip();
      } catch (IOException e) {
        throw new IllegalStateException(name + "_FILE names " + path + ", which cannot be read: " + e.getMessage(), e);
      }
    });
  }
}
