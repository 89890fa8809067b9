package dev.longshore.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Starts programs that end with this process, however it ends. Each child leads a process group of its own, so that a Ctrl-C at the terminal
 * does not reach it and all of its descendants can be ended at once. A small shell, the reaper, holds the other end of a pipe: when this
 * process is gone, even by SIGKILL, the pipe closes and the reaper kills the groups that are left.
 */
public final class ChildProcesses implements AutoCloseable {
  private static final String REAPER = """
      trap '' INT TERM HUP
      left=
      while read -r sign pid; do
        case $sign in
          +) left="$left $pid";;
          -) rest=; for p in $left; do [ "$p" = "$pid" ] || rest="$rest $p"; done; left=$rest;;
        esac
      done
      for p in $left; do kill -s KILL -- "-$p" 2>/dev/null || kill -9 "$p" 2>/dev/null; done
      """;
  /** Makes a child the leader of a session; where it is missing (macOS), only the child and its known descendants can be ended. */
  private static final Path SETSID = Path.of("/usr/bin/setsid");

  private final boolean groups = Files.isExecutable(SETSID);
  private Process reaper;
  private Writer toReaper;

  /** Starts a child. The builder's command is run as it is, in a process group of its own. */
  public Child start(ProcessBuilder builder) throws IOException {
    builder.command(inOwnGroup(builder.command()));
    Process process;
    synchronized (this) {
      if (reaper == null || !reaper.isAlive()) {
        startReaper();
      }
      process = builder.start();
      tell('+', process.pid());
    }
    process.onExit().thenRun(() -> {
      synchronized (this) {
        tell('-', process.pid());
      }
    });
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

  private void startReaper() throws IOException {
    reaper = new ProcessBuilder(inOwnGroup(List.of("/bin/sh", "-c", REAPER)))
        .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    toReaper = reaper.outputWriter(StandardCharsets.US_ASCII);
  }

  private void tell(char sign, long pid) {
    try {
      toReaper.write(sign + " " + pid + "\n");
      toReaper.flush();
    } catch (IOException e) {
      // the reaper itself was killed: the next start brings a new one
      if (sign == '+') {
        throw new UncheckedIOException("the process that ends orphaned children is gone", e);
      }
    }
  }

  /** Kills what is left of the children and ends the reaper. */
  @Override
  public synchronized void close() {
    if (reaper == null) {
      return;
    }
    try {
      toReaper.close();
      reaper.waitFor(5, TimeUnit.SECONDS);
    } catch (IOException e) {
      reaper.destroyForcibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    reaper = null;
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
      if (groups && process.isAlive()) {
        try {
          new ProcessBuilder("/bin/kill", "-9", "--", "-" + process.pid()).redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor();
        } catch (IOException e) {
          process.descendants().forEach(ProcessHandle::destroyForcibly);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      } else {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
      }
      process.destroyForcibly();
    }

    /** Waits for the end; false when it has not come within the limit. */
    public boolean awaitExit(java.time.Duration limit) throws InterruptedException {
      return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
    }
  }
}
