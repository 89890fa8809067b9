package dev.longshore.processor.exec;

import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec.Allow;
import dev.longshore.job.JobSpec.ExecProcessor;
import dev.longshore.job.JobSpec.HeaderValue;
import dev.longshore.job.WorkItem;
import dev.longshore.process.ChildProcesses;
import dev.longshore.processor.InvalidProcessorException;
import dev.longshore.processor.NamedEnvironment;
import dev.longshore.processor.SecretMask;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A program that was checked and can be started: its command with the absolute path first, and the only environment it gets.
 *
 * @param command the program's absolute path and its arguments
 * @param directory where it runs; null is the worker's own
 * @param mask hides in its output what it takes from the worker's environment
 */
public record ExecProgram(List<String> command, Path directory, Map<String, String> environment, SecretMask mask) {
  private static final String COMMAND = "spec.processor.exec.command";
  private static final List<String> ALWAYS_PASSED = List.of("PATH", "HOME", "LANG");
  private static final byte[] INDEX = "{\"index\":".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] ATTEMPT = ",\"attempt\":".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] ITEM = ",\"item\":".getBytes(StandardCharsets.US_ASCII);

  /** Checks a spec against the machine and what the pool allows. Throws {@link InvalidProcessorException}. */
  public static ExecProgram of(ExecProcessor spec, Allow allow, Function<String, String> environment) {
    if (spec.command() == null || spec.command().isEmpty() || spec.command().getFirst().isBlank()) {
      throw new InvalidProcessorException(COMMAND, "names no program; give its path and arguments as a list");
    }
    if (spec.processes() < 1) {
      throw new InvalidProcessorException("spec.processor.exec.processes", "must be at least 1, is " + spec.processes());
    }
    Path directory = spec.workingDirectory() == null ? null : Path.of(spec.workingDirectory());
    if (directory != null && !Files.isDirectory(directory)) {
      throw new InvalidProcessorException("spec.processor.exec.workingDirectory", directory + " is no folder that the worker sees");
    }
    Path program = locate(spec.command().getFirst(), directory, environment.apply("PATH"));
    if (program == null) {
      throw new InvalidProcessorException(COMMAND, spec.command().getFirst() + " is not there, or not executable, where the worker runs");
    }
    if (!allow.execCommands().contains("*") && !allow.execCommands().contains(program.toString())) {
      throw new InvalidProcessorException(COMMAND, program + " may not be run on this pool; allowed are " + allow.execCommands());
    }
    List<String> command = new ArrayList<>(spec.command());
    command.set(0, program.toString());
    return new ExecProgram(List.copyOf(command), directory, environment(spec.env(), allow, environment), SecretMask.of(spec, environment));
  }

  /** Null when there is no such program. A name without a slash is looked up in PATH, as a shell does. */
  private static Path locate(String name, Path directory, String searchPath) {
    List<Path> candidates = new ArrayList<>();
    if (name.contains("/")) {
      candidates.add((directory == null ? Path.of("") : directory).resolve(name));
    } else if (searchPath != null) {
      for (String folder : searchPath.split(":")) {
        candidates.add(Path.of(folder).resolve(name));
      }
    }
    return candidates.stream().map(p -> p.toAbsolutePath().normalize()).filter(p -> Files.isRegularFile(p) && Files.isExecutable(p))
        .findFirst().orElse(null);
  }

  private static Map<String, String> environment(Map<String, HeaderValue> named, Allow allow, Function<String, String> environment) {
    Map<String, String> passed = new LinkedHashMap<>();
    for (String name : ALWAYS_PASSED) {
      String value = environment.apply(name);
      if (value != null) {
        passed.put(name, value);
      }
    }
    if (named != null) {
      NamedEnvironment variables = new NamedEnvironment(environment, allow.env());
      named.forEach((name, value) -> {
        String field = "spec.processor.exec.env[" + name + "]";
        if (name.isBlank() || name.contains("=") || name.indexOf('\0') >= 0) {
          throw new InvalidProcessorException(field, "is no name of an environment variable");
        }
        passed.put(name, variables.resolve(field, value));
      });
    }
    return passed;
  }

  /** The program's name, for people. */
  String name() {
    return command.getFirst();
  }

  ChildProcesses.Child start(ChildProcesses children) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    if (directory != null) {
      builder.directory(directory.toFile());
    }
    builder.environment().clear();
    builder.environment().putAll(environment);
    return children.start(builder);
  }

  /** The line that gives a program an item; its bytes are taken as they are. */
  static byte[] line(WorkItem item) {
    byte[] index = Long.toString(item.index()).getBytes(StandardCharsets.US_ASCII);
    byte[] attempt = Integer.toString(item.attempt()).getBytes(StandardCharsets.US_ASCII);
    byte[] line = new byte[INDEX.length + index.length + ATTEMPT.length + attempt.length + ITEM.length + item.json().length + 2];
    int at = 0;
    for (byte[] part : new byte[][] {INDEX, index, ATTEMPT, attempt, ITEM, item.json()}) {
      System.arraycopy(part, 0, line, at, part.length);
      at += part.length;
    }
    line[at] = '}';
    line[at + 1] = '\n';
    return line;
  }

  /** Who the output of a program belongs to, in the log. */
  public record Owner(JobRef job, String worker) {}
}
