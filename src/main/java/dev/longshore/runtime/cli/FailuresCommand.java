package dev.longshore.runtime.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.longshore.runtime.console.ExitCode;
import dev.longshore.runtime.console.Table;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code longshore failures}. */
@Command(name = "failures", mixinStandardHelpOptions = true,
    description = "Shows what failed in a job: by kind, most frequent first, or the items of one kind.",
    footerHeading = "%nExamples:%n", footer = {
      "  longshore failures tracks                                   how often each kind of failure came, and one item that had it",
      "  longshore failures tracks --group 'HttpStatus404: GET <url>'  the items of one kind, with their errors",
      "  longshore failures tracks --output json                     for programs: an array of groups, or one item a line"})
final class FailuresCommand implements Callable<Integer> {
  private static final int SHOWN = 160;

  /** What standard output holds. */
  enum Output { TEXT, JSON }

  @Spec
  private CommandSpec spec;

  @Mixin
  private OperatorOptions options;

  @Parameters(paramLabel = "JOB", description = "The job's name.")
  private String name;

  @Option(names = "--group", paramLabel = "FINGERPRINT", description = "The items of this kind, as the list of groups names it.")
  private String group;

  @Option(names = {"-o", "--output"}, paramLabel = "text|json", defaultValue = "TEXT", description = "Default: text.")
  private Output output;

  @Option(names = "--limit", paramLabel = "N", description = "Groups or items at most. Default: 1000 groups, all items.")
  private Long limit;

  @Override
  public Integer call() throws IOException {
    if (limit != null && limit < 1) {
      throw new ParameterException(spec.commandLine(), "--limit " + limit + ": a number from 1");
    }
    try (OperatorClient client = options.connect()) {
      String path = client.job(name) + "/failures?" + (limit == null ? "" : "limit=" + limit + "&")
          + (group == null ? "" : "group=" + OperatorClient.encoded(group));
      if (group != null && output == Output.JSON) {
        client.copy(path, System.out);
        System.out.flush();
      } else if (group != null) {
        items(client, path);
      } else {
        groups(client.get(path));
      }
      return ExitCode.OK.code();
    }
  }

  private void groups(JsonNode groups) {
    if (output == Output.JSON) {
      System.out.println(groups.toPrettyString());
      return;
    }
    if (groups.isEmpty()) {
      System.err.println("No item of " + name + " has failed.");
      return;
    }
    Table table = new Table("COUNT", "EXAMPLE", "GROUP");
    for (JsonNode each : groups) {
      // whole: it is what --group wants
      table.row(each.path("count").asText(), each.path("example").asText(), each.path("fingerprint").asText());
    }
    table.print(System.out);
    System.err.println("Item by item: longshore failures " + name + " --group '…'; another round: longshore retry " + name + " --group '…'");
  }

  /** As they come: there may be millions. */
  private void items(OperatorClient client, String path) throws IOException {
    try (InputStream in = client.open(path); MappingIterator<JsonNode> items = new ObjectMapper().readerFor(JsonNode.class).readValues(in)) {
      if (!items.hasNext()) {
        System.err.println("No item of " + name + " failed this way.");
      }
      while (items.hasNext()) {
        JsonNode item = items.next();
        System.out.println("item " + item.path("index").asText() + ", attempts " + item.path("attempts").asText() + ": "
            + oneLine(item.path("error").path("code").asText() + ": " + item.path("error").path("message").asText()));
      }
    }
  }

  private static String oneLine(String text) {
    String line = text.replaceAll("\\s+", " ").strip();
    return line.length() <= SHOWN ? line : line.substring(0, SHOWN - 1) + "…";
  }
}
