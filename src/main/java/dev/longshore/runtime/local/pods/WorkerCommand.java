package dev.longshore.runtime.local.pods;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * How to start a worker: what stands before the container's arguments.
 *
 * @param image the image that this command stands for; a pod with another one gets a warning
 * @param java the Java launcher with its options, or empty for a program that is no Java
 * @param program what follows, such as {@code -jar app.jar}
 */
public record WorkerCommand(String image, List<String> java, List<String> program) {
  /** Of a memory limit, the share that the Java heap may take; the rest is for code, threads and buffers. */
  private static final int HEAP_PERCENT = 60;
  private static final long MEGABYTE = 1024 * 1024;

  public WorkerCommand {
    java = List.copyOf(java);
    program = List.copyOf(program);
  }

  List<String> with(OptionalLong memoryBytes, List<String> arguments) {
    List<String> command = new ArrayList<>(java);
    if (!java.isEmpty()) {
      memoryBytes.ifPresent(bytes -> command.add("-Xmx" + Math.max(16, bytes * HEAP_PERCENT / 100 / MEGABYTE) + "m"));
      // so that a worker without memory ends at once, and can be told from one that failed
      command.add("-XX:+ExitOnOutOfMemoryError");
    }
    command.addAll(program);
    command.addAll(arguments);
    return command;
  }
}
