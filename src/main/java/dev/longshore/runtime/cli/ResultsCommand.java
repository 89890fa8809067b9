package dev.longshore.runtime.cli;

import dev.longshore.runtime.console.ExitCode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code longshore results}. */
@Command(name = "results", mixinStandardHelpOptions = true, description = "Writes a job's results so far, one item a line, in input order.",
    footerHeading = "%nExamples:%n", footer = {
      "  longshore results tracks                        ndjson to standard output",
      "  longshore results tracks --format csv -o t.csv  CSV into a file",
      "  longshore results tracks --from 1000            from item 1000 on"})
final class ResultsCommand implements Callable<Integer> {
  /** The formats of an export. */
  enum Format { NDJSON, CSV }

  @Mixin
  private OperatorOptions options;

  @Parameters(paramLabel = "JOB", description = "The job's name.")
  private String name;

  @Option(names = "--format", paramLabel = "ndjson|csv", defaultValue = "NDJSON", description = "Default: ndjson.")
  private Format format;

  @Option(names = "--from", paramLabel = "INDEX", defaultValue = "0", description = "The first item to write; default 0.")
  private long from;

  @Option(names = {"-o", "--output"}, paramLabel = "FILE", description = "Where to; default standard output.")
  private Path output;

  @Override
  public Integer call() throws IOException {
    try (OperatorClient client = options.connect(); OutputStream out = output == null ? System.out : Files.newOutputStream(output)) {
      client.copy(client.job(name) + "/results?format=" + format.name().toLowerCase(java.util.Locale.ROOT) + "&from=" + from, out);
      out.flush();
      return ExitCode.OK.code();
    }
  }
}
