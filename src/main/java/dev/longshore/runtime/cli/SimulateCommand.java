package dev.longshore.runtime.cli;

import dev.longshore.operator.autoscaler.Recorded;
import dev.longshore.operator.autoscaler.Simulation;
import dev.longshore.operator.autoscaler.Simulation.Change;
import dev.longshore.operator.autoscaler.Simulation.Step;
import dev.longshore.runtime.console.CommandException;
import dev.longshore.runtime.console.ExitCode;
import dev.longshore.runtime.console.Table;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code longshore simulate}. */
@Command(name = "simulate", mixinStandardHelpOptions = true,
    description = {"Decides again what a pool's autoscaler decided, with another policy or, without --policy, with its own: then every decision "
        + "must come out the same, and the exit code is 1 when one does not.",
      "The work comes as it was recorded, though with other workers it would have gone down at another pace."},
    footerHeading = "%nExamples:%n", footer = {
      "  longshore decisions tracks --output json > trace",
      "  longshore simulate --trace trace --policy pool.yaml",
      "",
      "pool.yaml, a WorkerPool or just its spec, of which these fields count; those that are not there are as recorded:",
      "  maxReplicas: 40",
      "  scaling: {backlogPerWorker: 30s, behavior: {scaleDown: {stabilizationWindowSeconds: 300}}}"})
final class SimulateCommand implements Callable<Integer> {
  /** What standard output holds. */
  enum Output { TEXT, JSON }

  @Option(names = "--trace", paramLabel = "FILE", required = true, description = "What longshore decisions --output json printed.")
  private Path trace;

  @Option(names = "--policy", paramLabel = "FILE", description = "YAML or JSON: minReplicas, maxReplicas, replicas, scaling. Default: as recorded.")
  private Path policy;

  @Option(names = {"-o", "--output"}, paramLabel = "text|json", defaultValue = "TEXT",
      description = "json: one decision a line, as in the trace. Default: text.")
  private Output output;

  @Override
  public Integer call() throws IOException {
    List<Recorded> recorded = read();
    Change change = policy == null ? Change.NONE : PolicyFile.read(policy, recorded.getFirst().input());
    List<Step> steps = new Simulation().replay(recorded, change);
    if (output == Output.JSON) {
      steps.forEach(step -> System.out.println(new Recorded(step.recorded().at(), step.recorded().input(), step.simulated()).line()));
    } else {
      table(steps);
    }
    long different = steps.stream().filter(step -> !step.same()).count();
    System.err.println(steps.size() + " decisions, " + different + " of them different; worker hours: recorded " + hours(steps, false)
        + ", simulated " + hours(steps, true));
    return (policy == null && different > 0 ? ExitCode.FAILED : ExitCode.OK).code();
  }

  private List<Recorded> read() throws IOException {
    try (BufferedReader in = Files.newBufferedReader(trace)) {
      List<Recorded> recorded = Traces.read(in, trace.toString());
      if (recorded.isEmpty()) {
        throw new CommandException(ExitCode.USAGE, trace + " holds no decision: longshore decisions POOL --output json prints them");
      }
      return recorded;
    } catch (NoSuchFileException e) {
      throw new CommandException(ExitCode.USAGE, trace + ": no such file", e);
    }
  }

  private static void table(List<Step> steps) {
    Table table = new Table("AT", "ITEMS", "RECORDED", "SIMULATED", "WHY");
    steps.forEach(step -> table.row(Traces.time(step.recorded().at()), Traces.items(step.recorded()),
        String.valueOf(step.recorded().decision().desired()), step.simulated().desired() + (step.same() ? "" : " *"), Traces.reason(step.simulated())));
    table.print(System.out);
  }

  private static String hours(List<Step> steps, boolean simulated) {
    return String.format(java.util.Locale.ROOT, "%.2f", Simulation.workerTime(steps, simulated).toMillis() / 3_600_000.0);
  }
}
