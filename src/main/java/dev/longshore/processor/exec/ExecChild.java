package dev.longshore.processor.exec;

import dev.longshore.process.ChildProcesses;
import dev.longshore.processor.exec.ExecProgram.Owner;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * One running program and the three threads that serve its pipes. They are platform threads, because a read or write of a pipe cannot be
 * interrupted: the calls that wait for answers stay free to give up, and then end the program.
 */
final class ExecChild {
  /** The longest line of output that is read. */
  static final int LONGEST_LINE = 4 << 20;
  private static final byte[] END_OF_INPUT = new byte[0];
  private static final Duration LINGER = Duration.ofSeconds(2);

  private final ChildProcesses.Child child;
  private final Events events;
  private final BlockingQueue<byte[]> input = new LinkedBlockingQueue<>();

  /** What a program does; all calls come from one thread, {@code ended} last and exactly once. */
  interface Events {
    void line(byte[] line);

    /** A line was longer than {@link #LONGEST_LINE}; the program is being ended. */
    void lineTooLong(String message);

    /** No more output comes and the program is gone. */
    void ended(int exitCode);
  }

  private ExecChild(ChildProcesses.Child child, Events events) {
    this.child = child;
    this.events = events;
  }

  /** Starts the program, or throws what stands in the way. */
  static ExecChild start(ExecProgram program, ChildProcesses children, Owner owner, boolean exitsByItself, Events events)
      throws IOException {
    ChildProcesses.Child process = program.start(children);
    ExecChild child = new ExecChild(process, events);
    Thread.Builder threads = Thread.ofPlatform().daemon();
    threads.name("exec-stdin-" + process.pid()).start(child::write);
    threads.name("exec-stderr-" + process.pid())
        .start(new ErrorOutput(owner, process.pid(), process.process().getErrorStream(), program.mask()));
    threads.name("exec-stdout-" + process.pid()).start(() -> child.read(exitsByItself));
    return child;
  }

  long pid() {
    return child.pid();
  }

  void send(byte[] line) {
    input.add(line);
  }

  /** Closes the program's standard input once all that was sent is written. */
  void endOfInput() {
    input.add(END_OF_INPUT);
  }

  /** Ends the program and its process group at once. */
  void kill() {
    child.kill();
  }

  private void write() {
    try (OutputStream out = child.process().getOutputStream()) {
      for (byte[] line = input.take(); line != END_OF_INPUT; line = input.take()) {
        out.write(line);
        if (input.isEmpty()) {
          out.flush();
        }
      }
    } catch (IOException e) {
      // the program reads no more; its end, or the timeout of its items, says the rest
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void read(boolean exitsByItself) {
    try {
      LineReader lines = new LineReader(child.process().getInputStream(), LONGEST_LINE);
      for (byte[] line = lines.next(); line != null; line = lines.next()) {
        if (!isBlank(line)) {
          events.line(line);
        }
      }
    } catch (LineReader.LineTooLong e) {
      kill();
      events.lineTooLong(e.getMessage());
    } catch (IOException e) {
      // the pipe went with the program
    }
    int exit = exitCode(exitsByItself);
    endOfInput();
    events.ended(exit);
  }

  /** A program that was to go on but closed its output can answer nothing any more. */
  private int exitCode(boolean exitsByItself) {
    try {
      if (!exitsByItself && !child.awaitExit(LINGER)) {
        kill();
      }
      return child.process().waitFor();
    } catch (InterruptedException e) {
      kill();
      Thread.currentThread().interrupt();
      return -1;
    }
  }

  private static boolean isBlank(byte[] line) {
    for (byte b : line) {
      if (b != ' ' && b != '\t' && b != '\r') {
        return false;
      }
    }
    return true;
  }
}
