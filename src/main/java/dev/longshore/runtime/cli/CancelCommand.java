package dev.longshore.runtime.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.longshore.job.JobPhase;
import dev.longshore.runtime.console.CommandException;
import dev.longshore.runtime.console.ExitCode;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code longshore cancel}. */
@Command(name = "cancel", mixinStandardHelpOptions = true,
    description = "Ends a job for good (spec.cancel): running calls are interrupted, what is not finished counts as cancelled. Results so far stay. "
        + "It cannot be taken back.",
    footerHeading = "%nExample:%n", footer = "  longshore cancel tracks --yes")
final class CancelCommand extends SteeringCommand {
  @Option(names = {"-y", "--yes"}, description = "Do not ask.")
  private boolean yes;

  @Override
  void change(JsonNode job, ObjectNode spec) {
    if (phase(job).ended()) {
      throw ended(job, "there is nothing left to cancel");
    }
    if (!yes) {
      confirm(job);
    }
    spec.put("cancel", true);
  }

  private void confirm(JsonNode job) {
    if (System.console() == null || !System.console().isTerminal()) {
      throw new CommandException(ExitCode.USAGE, "cancel cannot be taken back: say --yes");
    }
    String answer = System.console().readLine("Cancel %s for good? %s. [y/N] ", name, progress(job));
    if (answer == null || !answer.strip().toLowerCase(Locale.ROOT).startsWith("y")) {
      throw new CommandException(ExitCode.INTERRUPTED, name + " is not cancelled");
    }
  }

  @Override
  String done(JsonNode job, boolean observed) {
    if (phase(job).ended() && phase(job) != JobPhase.CANCELLED) {
      throw ended(job, "it was done before it could be cancelled");
    }
    return phase(job) != JobPhase.CANCELLED ? null
        : name + " is cancelled: " + items(job, "succeeded") + " succeeded, " + items(job, "failed") + " failed, "
        + items(job, "skipped") + " skipped, " + items(job, "cancelled") + " cancelled";
  }
}
