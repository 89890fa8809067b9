package dev.longshore.chaos;

import dev.longshore.process.ChildProcesses;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The operator's process and, as its Deployment would, another one each time it ends. */
final class Operator implements AutoCloseable {
  /** As long as Kubernetes gives a pod by default. */
  private static final Duration GRACE = Duration.ofSeconds(30);
  private static final Duration RESTART_AFTER = Duration.ofSeconds(1);

  private final ChildProcesses children;
  private final List<String> command;
  private final Map<String, String> environment;
  private final Path folder;
  private ChildProcesses.Child child;
  private int started;
  private int endedItself;
  private int hadToBeKilled;
  private boolean expected;
  private boolean closed;

  Operator(ChildProcesses children, List<String> command, Map<String, String> environment, Path folder) {
    this.children = children;
    this.command = command;
    this.environment = environment;
    this.folder = folder;
  }

  synchronized void start() throws IOException {
    if (closed) {
      return;
    }
    started++;
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true)
        .redirectOutput(log().toFile());
    Map<String, String> all = new HashMap<>(environment);
    all.put("LONGSHORE_OPERATOR_IDENTITY", "operator-" + started);
    builder.environment().putAll(all);
    ChildProcesses.Child now = children.start(builder);
    child = now;
    expected = false;
    now.process().onExit().thenRunAsync(() -> ended(now), CompletableFuture.delayedExecutor(RESTART_AFTER.toMillis(), TimeUnit.MILLISECONDS));
  }

  private synchronized void ended(ChildProcesses.Child which) {
    if (closed || expected || which != child) {
      return;
    }
    endedItself++;
    try {
      start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** SIGKILL. */
  void kill() throws InterruptedException {
    ChildProcesses.Child now = leaving();
    now.kill();
    now.awaitExit(GRACE);
  }

  /** SIGTERM, and SIGKILL for one that takes longer than its grace period. */
  void stop() throws InterruptedException {
    ChildProcesses.Child now = leaving();
    now.terminate();
    if (!now.awaitExit(GRACE)) {
      synchronized (this) {
        hadToBeKilled++;
      }
      now.kill();
      now.awaitExit(GRACE);
    }
  }

  private synchronized ChildProcesses.Child leaving() {
    expected = true;
    return child;
  }

  /** Whether the last that it said of its election is that it does not lead. */
  synchronized boolean waits() throws IOException {
    try (Stream<String> lines = Files.lines(log())) {
      return lines.filter(line -> line.contains("state=leading") || line.contains("state=waiting")).reduce((_, last) -> last)
          .filter(last -> last.contains("state=waiting")).isPresent();
    }
  }

  private Path log() {
    return folder.resolve("operator-" + started + ".log");
  }

  /** How often it ended though nobody asked it to, as one does that lost its leadership. */
  synchronized int endedItself() {
    return endedItself;
  }

  /** How often it took longer to end than its grace period. */
  synchronized int hadToBeKilled() {
    return hadToBeKilled;
  }

  @Override
  public void close() throws InterruptedException {
    synchronized (this) {
      closed = true;
      if (child == null) {
        return;
      }
    }
    child.kill();
    child.awaitExit(GRACE);
  }
}
