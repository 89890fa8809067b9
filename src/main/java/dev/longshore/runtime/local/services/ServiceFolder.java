package dev.longshore.runtime.local.services;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;

/**
 * Where a private service keeps its data, and what must stay the same over restarts: secrets, ports and names. Only its owner can read it,
 * and only one process at a time can hold it.
 */
final class ServiceFolder implements AutoCloseable {
  /** Below the ports that Linux and macOS hand to outgoing connections: one of those could sit on a service's port while it is down. */
  private static final int LOWEST_PORT = 15_000;
  private static final int HIGHEST_PORT = 32_000;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Path folder;
  private final Properties kept = new Properties();
  private FileChannel lock;

  ServiceFolder(Path folder) {
    this.folder = folder.toAbsolutePath();
  }

  /** Takes hold of the folder, makes it when it is missing, and waits for the end of a service that an earlier holder left behind. */
  void open() throws IOException {
    if (lock != null) {
      return;
    }
    Files.createDirectories(folder);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    FileChannel channel = FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() == null) {
        throw new OverlappingFileLockException();
      }
    } catch (OverlappingFileLockException e) {
      channel.close();
      throw new ServiceStartException("the folder " + folder + " is in use by another process; end it or choose another folder");
    }
    lock = channel;
    Path file = folder.resolve("service.properties");
    if (Files.exists(file)) {
      kept.load(new StringReader(Files.readString(file)));
    }
    awaitEndOfOrphan();
  }

  boolean isOpen() {
    return lock != null;
  }

  Path path(String name) {
    return folder.resolve(name);
  }

  /** A random word that stays the same for this folder. */
  String secret(String name) throws IOException {
    return keep(name, randomWord(16));
  }

  /** A short random word that stays the same for this folder. */
  String word(String name) throws IOException {
    return keep(name, randomWord(4));
  }

  /** A free port of the loopback address that stays the same for this folder, unless somebody else has it now. */
  int port(String name) throws IOException {
    String known = kept.getProperty(name);
    if (known != null && isFree(Integer.parseInt(known))) {
      return Integer.parseInt(known);
    }
    for (int tries = 0; tries < 1_000; tries++) {
      int port = RANDOM.nextInt(LOWEST_PORT, HIGHEST_PORT);
      if (!kept.containsValue(Integer.toString(port)) && isFree(port)) {
        kept.setProperty(name, Integer.toString(port));
        store();
        return port;
      }
    }
    throw new ServiceStartException("no free port between " + LOWEST_PORT + " and " + HIGHEST_PORT + " on 127.0.0.1");
  }

  /** Writes a file that only its owner can read. */
  Path write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Path fresh = folder.resolve(name + ".new");
    Files.deleteIfExists(fresh);
    Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(fresh, text);
    return Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Keeps which process works on the data, so that a later holder can tell that it is gone. */
  void remember(ProcessHandle process) throws IOException {
    kept.setProperty("pid", Long.toString(process.pid()));
    process.info().startInstant().ifPresent(start -> kept.setProperty("started", start.toString()));
    store();
  }

  /** The last lines of a file in here, or nothing. */
  String tail(String name, int lines) {
    try {
      List<String> all = Files.readAllLines(folder.resolve(name));
      return String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()));
    } catch (IOException e) {
      return "";
    }
  }

  /** When a process is killed, its children live a moment longer; two servers on the same data would ruin it. */
  private void awaitEndOfOrphan() throws IOException {
    String started = kept.getProperty("started");
    if (started == null) {
      return;
    }
    Optional<ProcessHandle> orphan = ProcessHandle.of(Long.parseLong(kept.getProperty("pid")))
        .filter(process -> process.info().startInstant().map(Instant::toString).filter(started::equals).isPresent());
    if (orphan.isEmpty()) {
      return;
    }
    try {
      orphan.get().onExit().get(2, TimeUnit.SECONDS);
    } catch (java.util.concurrent.TimeoutException | java.util.concurrent.ExecutionException e) {
      orphan.get().destroyForcibly();
      orphan.get().onExit().join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ServiceStartException("interrupted while process " + orphan.get().pid() + " of an earlier run ended", e);
    }
  }

  private String keep(String name, String fresh) throws IOException {
    String known = kept.getProperty(name);
    if (known != null) {
      return known;
    }
    kept.setProperty(name, fresh);
    store();
    return fresh;
  }

  private void store() throws IOException {
    StringWriter text = new StringWriter();
    kept.store(text, null);
    write("service.properties", text.toString());
  }

  private static String randomWord(int bytes) {
    byte[] random = new byte[bytes];
    RANDOM.nextBytes(random);
    return HexFormat.of().formatHex(random);
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    if (lock != null) {
      lock.close();
      lock = null;
    }
  }
}
