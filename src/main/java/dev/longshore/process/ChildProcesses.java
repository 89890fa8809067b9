package dev.longshore.process;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Starts programs that end with this process, however it ends. Each child leads a process group of its own, so that a Ctrl-C at the
 * terminal does not reach it and all of its descendants can be ended at once. A small shell, the reaper, holds the other end of a pipe:
 * when this process is gone, even by SIGKILL, the pipe closes and the reaper kills the groups that are left. What a child leaves behind in
 * its group is killed when the child ends. A reaper that is killed itself is replaced at once, and the new one learns of all living
 * children.
 */
public final class ChildProcesses implements AutoCloseable {
  /**
   * {@code + pid} watches a group, {@code - pid} kills what is left of it and forgets it. Builtins only: no process is started for it. No
   * {@code --}: dash refuses it.
   */
  private static final String REAPER = """
      trap '' INT TERM HUP
      left=
      while read -r sign pid; do
        case $sign in
          +) left="$left $pid";;
          -) kill -9 "-$pid" 2>/dev/null; rest=; for p in $left; do [ "$p" = "$pid" ] || rest="$rest $p"; done; left=$rest;;
        esac
      done
      for p in $left; do kill -9 "-$p" 2>/dev/null || kill -9 "$p" 2>/dev/null; done
      """;
  /** Makes a child the leader of a session; where it is missing (macOS), only the child and its known descendants can be ended. */
  private static final Path SETSID = Path.of("/usr/bin/setsid");
  private static final Duration REAPER_ENDS_WITHIN = Duration.ofSeconds(5);

  private final boolean groups = Files.isExecutable(SETSID);
  /** Forks from one platform thread: a fork takes milliseconds, and on a virtual thread it would hold a carrier for as long. */
  private final ExecutorService starter =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("child-starter").factory());
  /** Groups that a new reaper must learn of; those in {@link #ended} it kills at once. */
  private final Set<Long> living = new HashSet<>();
  private final Set<Long> ended = new HashSet<>();
  private Process reaper;
  private Writer toReaper;
  private boolean closed;

  /** Starts a child. The builder's command is run as it is, in a process group of its own. */
  public Child start(ProcessBuilder builder) throws IOException {
    Future<Child> forked;
    try {
      forked = starter.submit(() -> fork(builder));
    } catch (RejectedExecutionException e) {
      throw new IOException("no more children are started: this process is ending", e);
    }
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return forked.get();
        } catch (InterruptedException e) {
          // a fork cannot be called back, and a child that nobody knows of would run on: it takes milliseconds to wait for it
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException("could not start " + builder.command(), e.getCause());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Child fork(ProcessBuilder builder) throws IOException {
    List<String> command = builder.command();
    Process process;
    synchronized (this) {
      if (reaper == null) {
        startReaper();
      }
      builder.command(inOwnGroup(command));
      try {
        process = builder.start();
      } finally {
        builder.command(command);
      }
      living.add(process.pid());
      tell('+', process.pid());
    }
    process.onExit().thenRun(() -> forget(process.pid()));
    return new Child(process);
  }

  private List<String> inOwnGroup(List<String> command) {
    if (!groups) {
      return command;
    }
    List<String> full = new ArrayList<>(command.size() + 1);
    full.add(SETSID.toString());
    full.addAll(command);
    return full;
  }

  private synchronized void startReaper() throws IOException {
    Process started = new ProcessBuilder(inOwnGroup(List.of("/bin/sh", "-c", REAPER)))
        .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    reaper = started;
    toReaper = started.outputWriter(StandardCharsets.US_ASCII);
    living.forEach(pid -> tell('+', pid));
    ended.removeIf(pid -> tell('-', pid));
    started.onExit().thenRun(() -> starter.execute(() -> replace(started)));
  }

  private synchronized void replace(Process dead) {
    if (closed || reaper != dead) {
      return;
    }
    reaper = null;
    if (!living.isEmpty() || !ended.isEmpty()) {
      try {
        startReaper();
      } catch (IOException e) {
        // no shell can be started just now: the next child brings a reaper, or fails and says why
        reaper = null;
      }
    }
  }

  private synchronized void forget(long pid) {
    living.remove(pid);
    if (!tell('-', pid) && !closed) {
      ended.add(pid);
    }
  }

  private synchronized boolean tell(char sign, long pid) {
    if (reaper == null) {
      return false;
    }
    try {
      toReaper.write(sign + " " + pid + "\n");
      toReaper.flush();
      return true;
    } catch (IOException e) {
      // the reaper itself was killed: its end brings a new one, which is told of everything in `living` and `ended`
      return false;
    }
  }

  /** Kills what is left of the children and ends the reaper. Nothing can be started afterwards. */
  @Override
  public void close() {
    Process last;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      last = reaper;
      try {
        if (last != null) {
          toReaper.close();
        }
      } catch (IOException e) {
        // it is gone already
      }
      // without a reaper in between, the leaders at least end here
      living.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
    }
    starter.shutdown();
    try {
      if (last != null && !last.waitFor(REAPER_ENDS_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
        last.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The reaper's process id; for tests, and for whoever reads a process list. */
  synchronized long reaperPid() {
    return reaper == null ? -1 : reaper.pid();
  }

  /** A running child. */
  public final class Child {
    private final Process process;

    private Child(Process process) {
      this.process = process;
    }

    public Process process() {
      return process;
    }

    public long pid() {
      return process.pid();
    }

    /** Asks the child alone to end (SIGTERM). */
    public void terminate() {
      process.destroy();
    }

    /** Ends the child and all of its process group at once (SIGKILL). */
    public void kill() {
      if (!groups) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
      }
      process.destroyForcibly();
    }

    /** Waits for the end; false when it has not come within the limit. */
    public boolean awaitExit(Duration limit) throws InterruptedException {
      return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
    }
  }
}
