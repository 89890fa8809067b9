package dev.longshore.runtime.local.services;

import dev.longshore.process.ChildProcesses;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A server of our own: on a free port of the loopback address, with a data folder and a password of its own, ended with this process. Data,
 * password and port survive {@link #stop}, {@link #kill} and a new instance on the same folder.
 */
public abstract sealed class PrivateService implements AutoCloseable permits PrivateRabbitMq, PrivateRedis {
  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(10);
  private static final Duration PROBE_PAUSE = Duration.ofMillis(15);

  private final String name;
  private final ChildProcesses children;
  private final ServiceFolder folder;
  private ChildProcesses.Child child;
  private Duration startTime = Duration.ZERO;

  PrivateService(String name, ChildProcesses children, Path folder) {
    this.name = name;
    this.children = children;
    this.folder = new ServiceFolder(folder);
  }

  /** Starts it and returns when it answers. Again is harmless. Throws {@link MissingProgramException} or {@link ServiceStartException}. */
  public final synchronized void start() {
    if (child != null && child.process().isAlive()) {
      return;
    }
    long begin = System.nanoTime();
    try {
      folder.open();
      prepare(folder);
      child = launch(folder, children);
      folder.remember(child.process().toHandle());
      awaitAnswer(begin);
    } catch (IOException e) {
      end();
      throw new ServiceStartException("cannot start " + name + " in " + folder.path("") + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      end();
      Thread.currentThread().interrupt();
      throw new ServiceStartException("interrupted while " + name + " started", e);
    } catch (RuntimeException e) {
      end();
      throw e;
    }
    startTime = Duration.ofNanos(System.nanoTime() - begin);
  }

  private void awaitAnswer(long begin) throws InterruptedException {
    while (!answers()) {
      // waiting for its end is the pause between two probes: a server that gives up is seen at once
      if (child.awaitExit(PROBE_PAUSE)) {
        throw new ServiceStartException(name + " ended with exit code " + child.process().exitValue() + " while it started:\n" + logs());
      }
      if (System.nanoTime() - begin > START_LIMIT.toNanos()) {
        throw new ServiceStartException(name + " does not answer after " + START_LIMIT.toSeconds() + " s:\n" + logs());
      }
    }
  }

  private String logs() {
    return folder.tail(logFile(), 20) + "\n" + folder.tail(consoleFile(), 20);
  }

  /** Ends it in good order. Its data stays. */
  public final synchronized void stop() {
    if (child == null) {
      return;
    }
    child.terminate();
    try {
      child.awaitExit(STOP_LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    end();
  }

  /** Ends it by SIGKILL, as a crash would. Its data stays. */
  public final synchronized void kill() {
    end();
  }

  /** Stops it and lets go of the folder, which stays. */
  @Override
  public final synchronized void close() {
    stop();
    try {
      folder.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot let go of " + folder.path(""), e);
    }
  }

  private void end() {
    if (child != null) {
      child.kill();
      child.process().onExit().join();
      child = null;
    }
    ended();
  }

  /** The process that serves; fails when it does not run. */
  public final synchronized long pid() {
    if (child == null) {
      throw new IllegalStateException(name + " does not run");
    }
    return child.pid();
  }

  /** How long the last start took until the first answer. */
  public final synchronized Duration startTime() {
    return startTime;
  }

  /** Where its data, its configuration and its logs are. */
  public final Path folder() {
    return folder.path("");
  }

  final ServiceFolder serviceFolder() {
    return folder;
  }

  /** Where clients connect to, without user and password. */
  public abstract String url();

  public abstract String username();

  public abstract String password();

  /** Chooses what is kept in the folder, and writes the configuration. */
  abstract void prepare(ServiceFolder folder) throws IOException;

  abstract ChildProcesses.Child launch(ServiceFolder folder, ChildProcesses children) throws IOException, InterruptedException;

  /** Whether the server takes commands. */
  abstract boolean answers();

  /** Ends what was started beside the server. */
  abstract void ended();

  abstract String logFile();

  final String consoleFile() {
    return "console.log";
  }
}
