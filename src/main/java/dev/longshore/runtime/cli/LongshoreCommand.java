package dev.longshore.runtime.cli;

import dev.longshore.runtime.console.CommandException;
import dev.longshore.runtime.console.ExitCode;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine;

/** The command line's root. */
@Command(name = "longshore", mixinStandardHelpOptions = true, versionProvider = Version.class,
    subcommands = {RunCommand.class, GetCommand.class, WatchCommand.class, ResultsCommand.class, FailuresCommand.class,
        RetryCommand.class, PauseCommand.class, ResumeCommand.class, CancelCommand.class, DecisionsCommand.class, SimulateCommand.class,
        CleanupCommand.class, HelpCommand.class},
    description = "Batch work on Kubernetes: no item lost, none counted twice.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  longshore run -f batchjob.yaml                run a job on this machine, results in longshore-results/",
      "  longshore run -f job.yaml --workers 4 --keep  four worker processes; stay up afterwards",
      "  longshore get                                 the jobs of a running cluster",
      "  longshore watch tracks                        follow one until it ends",
      "  longshore results tracks --format csv         its results so far, in input order",
      "  longshore failures tracks                     what failed, by kind; longshore retry tracks gives it another round",
      "  longshore pause tracks                        and resume, and cancel",
      "  longshore decisions tracks                    why its pool has as many workers as it has; longshore simulate: with another policy",
      "",
      "'longshore help COMMAND' teaches a command. Exit codes: 0 complete, 1 failed or cancelled, 2 wrong manifest or usage,",
      "3 something around it is missing, 130 interrupted."
    })
public final class LongshoreCommand implements Runnable {
  /** The command has handed over to a running application, which ends the process by itself. */
  public static final int GOES_ON = -1;

  @Spec
  private CommandSpec spec;

  @Option(names = "--stacktrace", scope = CommandLine.ScopeType.INHERIT, hidden = true, description = "Shows where an error came from.")
  private boolean stacktrace;

  /** Runs a command line and gives its exit code, or {@link #GOES_ON}. */
  public static int execute(String... args) {
    LongshoreCommand root = new LongshoreCommand();
    CommandLine commandLine = new CommandLine(root);
    commandLine.setUsageHelpAutoWidth(true);
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setExecutionExceptionHandler((e, command, parsed) -> {
      if (root.stacktrace) {
        e.printStackTrace();
      }
      if (e instanceof CommandException ours) {
        System.err.println("longshore: " + ours.getMessage());
        return ours.code().code();
      }
      System.err.println("longshore: " + (e.getMessage() == null ? e.toString() : e.getMessage()) + " (more with --stacktrace)");
      return ExitCode.ENVIRONMENT.code();
    });
    return commandLine.execute(args);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Say what to do: a command is missing.");
  }
}
