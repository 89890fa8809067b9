package dev.longshore.runtime;

import java.nio.file.Path;

/** Where the jars of processor plugins lie. */
public final class PluginFolder {
  private PluginFolder() {}

  /** {@code LONGSHORE_PROCESSORS}; null when it is not set: plugins then come from the class path only. */
  public static Path given() {
    String folder = System.getenv("LONGSHORE_PROCESSORS");
    return folder == null || folder.isBlank() ? null : Path.of(folder);
  }
}
