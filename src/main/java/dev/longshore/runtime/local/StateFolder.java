package dev.longshore.runtime.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.stream.Stream;

/** The folder in which a local cluster keeps its broker, its ledger, its logs and its ids; locked while it is in use. */
final class StateFolder implements AutoCloseable {
  private final Path folder;
  private final boolean temporary;
  private final FileChannel lock;

  private StateFolder(Path folder, boolean temporary, FileChannel lock) {
    this.folder = folder;
    this.temporary = temporary;
    this.lock = lock;
  }

  static StateFolder temporary() {
    try {
      return open(Files.createTempDirectory("longshore-"), true);
    } catch (IOException e) {
      throw new UncheckedIOException("no temporary folder can be made: " + e.getMessage(), e);
    }
  }

  /** Fails when another process uses it. */
  static StateFolder kept(Path folder) {
    try {
      Files.createDirectories(folder);
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
      return open(folder.toRealPath(), false);
    } catch (IOException e) {
      throw new UncheckedIOException("--state-dir " + folder + " cannot be used: " + e.getMessage(), e);
    }
  }

  private static StateFolder open(Path folder, boolean temporary) throws IOException {
    FileChannel channel = FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() == null) {
        throw new IOException("another longshore uses it");
      }
    } catch (OverlappingFileLockException e) {
      throw new IOException("this longshore already uses it", e);
    }
    return new StateFolder(folder, temporary, channel);
  }

  Path path() {
    return folder;
  }

  boolean isTemporary() {
    return temporary;
  }

  Path sub(String name) {
    try {
      return Files.createDirectories(folder.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      lock.close();
      if (temporary && Files.exists(folder)) {
        delete(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the temporary folder " + folder + " could not be removed: " + e.getMessage(), e);
    }
  }

  private static void delete(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
