package dev.longshore.runtime.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.longshore.runtime.console.ExitCode;
import dev.longshore.runtime.console.JobLine;
import dev.longshore.runtime.console.Table;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code longshore get}. */
@Command(name = "get", mixinStandardHelpOptions = true, description = "Shows the jobs of a running cluster, or one.",
    footerHeading = "%nExamples:%n", footer = {
      "  longshore get                    all jobs of the namespace",
      "  longshore get -A                 of all namespaces that the operator watches",
      "  longshore get tracks -o yaml     one job with its whole status"})
final class GetCommand implements Callable<Integer> {
  /** How a resource is printed. */
  enum Output { TABLE, JSON, YAML }

  @Mixin
  private OperatorOptions options;

  @Parameters(arity = "0..1", paramLabel = "JOB", description = "The job's name; without it all jobs.")
  private String name;

  @Option(names = {"-A", "--all-namespaces"}, description = "Jobs of all namespaces.")
  private boolean all;

  @Option(names = {"-o", "--output"}, paramLabel = "table|json|yaml", defaultValue = "TABLE", description = "Default: table.")
  private Output output;

  @Override
  public Integer call() throws IOException {
    try (OperatorClient client = options.connect()) {
      JsonNode found = client.get(name != null ? client.job(name) : all ? "/api/v1/batchjobs" : client.jobs());
      switch (output) {
        case JSON -> System.out.println(found.toPrettyString());
        case YAML -> System.out.print(new ObjectMapper(new YAMLFactory()).writeValueAsString(found));
        case TABLE -> table(found);
      }
      return ExitCode.OK.code();
    }
  }

  private void table(JsonNode found) {
    if (found.isArray() && found.isEmpty()) {
      System.err.println("No jobs.");
      return;
    }
    Table table = all ? new Table("NAMESPACE", "NAME", "PHASE", "DONE", "PERCENT", "FAILED", "RATE", "WORKERS", "ETA", "ETA-P90")
        : new Table("NAME", "PHASE", "DONE", "PERCENT", "FAILED", "RATE", "WORKERS", "ETA", "ETA-P90");
    Iterable<JsonNode> jobs = found.isArray() ? found : java.util.List.of(found);
    for (JsonNode job : jobs) {
      JobLine line = JobLine.of(job);
      String[] cells = {line.name(), line.phase(), line.done(), line.percent(), line.failed(), line.rate(), line.workers(), line.eta(),
          line.etaP90()};
      if (all) {
        String[] wide = new String[cells.length + 1];
        wide[0] = job.path("metadata").path("namespace").asText();
        System.arraycopy(cells, 0, wide, 1, cells.length);
        table.row(wide);
      } else {
        table.row(cells);
      }
    }
    table.print(System.out);
  }
}
