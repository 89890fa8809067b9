package dev.longshore.runtime.cli;

import dev.longshore.operator.autoscaler.Recorded;
import dev.longshore.runtime.console.ExitCode;
import dev.longshore.runtime.console.Table;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code longshore decisions}. */
@Command(name = "decisions", mixinStandardHelpOptions = true,
    description = "Shows what the autoscaler decided for a pool, and why: the last 1000 decisions that differed from the one before, oldest "
        + "first. A job without poolRef has a pool of its own name.",
    footerHeading = "%nExamples:%n", footer = {
      "  longshore decisions tracks                            the last 20",
      "  longshore decisions tracks --output json > trace      all of them with their inputs, for longshore simulate"})
final class DecisionsCommand implements Callable<Integer> {
  /** What standard output holds. */
  enum Output { TEXT, JSON }

  @Spec
  private CommandSpec spec;

  @Mixin
  private OperatorOptions options;

  @Parameters(paramLabel = "POOL", description = "The pool's name.")
  private String name;

  @Option(names = {"-o", "--output"}, paramLabel = "text|json", defaultValue = "TEXT",
      description = "json: one decision a line, with all that it was made of. Default: text.")
  private Output output;

  @Option(names = "--last", paramLabel = "N", description = "So many at most, the newest. Default: 20 as text, all as json.")
  private Integer last;

  @Override
  public Integer call() throws IOException {
    if (last != null && last < 1) {
      throw new ParameterException(spec.commandLine(), "--last " + last + ": a number from 1");
    }
    List<Recorded> trace;
    try (OperatorClient client = options.connect();
        BufferedReader in = new BufferedReader(new InputStreamReader(client.open(client.pool(name) + "/decisions"), StandardCharsets.UTF_8))) {
      trace = Traces.read(in, "the operator's answer");
    }
    int most = last != null ? last : output == Output.TEXT ? 20 : trace.size();
    List<Recorded> shown = trace.subList(Math.max(0, trace.size() - most), trace.size());
    if (output == Output.JSON) {
      shown.forEach(each -> System.out.println(each.line()));
    } else if (shown.isEmpty()) {
      System.err.println("Nothing was decided for pool " + name + " yet.");
    } else {
      Table table = new Table("AT", "WORKERS", "WANTED", "READY", "ITEMS", "WHY");
      shown.forEach(each -> table.row(Traces.time(each.at()), each.input().previous() + " > " + each.decision().desired(),
          String.valueOf(each.decision().wanted()), String.valueOf(each.input().ready()), Traces.items(each), Traces.reason(each.decision())));
      table.print(System.out);
    }
    return ExitCode.OK.code();
  }
}
