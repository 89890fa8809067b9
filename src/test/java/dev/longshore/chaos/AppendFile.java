package dev.longshore.chaos;

import dev.longshore.runtime.local.services.PrivateRedis;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The append-only file of a Redis with {@code appendfsync everysec}: such a Redis may lose what it wrote in its last second. */
final class AppendFile {
  private static final long LOST_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final PrivateRedis redis;
  private final Deque<Size> sizes = new ArrayDeque<>();

  private record Size(long at, Path file, long bytes) {}

  AppendFile(PrivateRedis redis) {
    this.redis = redis;
  }

  /** Has Redis sync its file once a second, as most do; to be said again after each start. */
  void syncEverySecond() throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), URI.create(redis.url()).getPort())) {
      socket.setSoTimeout(5_000);
      socket.getOutputStream().write(("AUTH " + redis.password() + "\r\nCONFIG SET appendfsync everysec\r\n").getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readNBytes(10), StandardCharsets.US_ASCII);
      if (!answer.equals("+OK\r\n+OK\r\n")) {
        throw new IOException("Redis refuses appendfsync everysec: " + answer);
      }
    }
  }

  /** Notes how long the file is now; call several times a second. */
  synchronized void note() throws IOException {
    long now = System.nanoTime();
    Path file = current();
    if (file != null) {
      sizes.addLast(new Size(now, file, Files.size(file)));
    }
    while (sizes.size() > 1 && now - sizes.getFirst().at() > 2 * LOST_NANOS) {
      sizes.removeFirst();
    }
  }

  /** Cuts off what was written in the second before {@code killed} ({@link System#nanoTime}). Returns how many bytes that were. */
  synchronized long cut(long killed) throws IOException {
    Path file = current();
    Size kept = null;
    for (Size size : sizes) {
      if (size.file().equals(file) && (kept == null || killed - size.at() >= LOST_NANOS)) {
        kept = size;
      }
    }
    sizes.clear();
    if (kept == null) {
      return 0;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      long lost = channel.size() - kept.bytes();
      channel.truncate(kept.bytes());
      return lost;
    }
  }

  private Path current() throws IOException {
    Path folder = redis.folder().resolve("appendonlydir");
    if (!Files.isDirectory(folder)) {
      return null;
    }
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> open = files.filter(f -> f.getFileName().toString().endsWith(".incr.aof")).toList();
      // two of them: it is being rewritten just now
      return open.size() == 1 ? open.getFirst() : null;
    }
  }
}
