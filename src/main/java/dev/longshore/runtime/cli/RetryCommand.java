package dev.longshore.runtime.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobPhase;
import dev.longshore.runtime.console.CommandException;
import dev.longshore.runtime.console.ExitCode;
import java.time.Instant;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code longshore retry}. */
@Command(name = "retry", mixinStandardHelpOptions = true,
    description = "Gives failed items another round (spec.redrive). A job that has ended opens again for that, as its next run, and ends again.",
    footerHeading = "%nExamples:%n", footer = {
      "  longshore retry tracks                            all failed items",
      "  longshore retry tracks --index 1,3-5              those of these that failed",
      "  longshore retry tracks --group 'Timeout: <n> ms'  one kind of failure, as 'longshore failures tracks' shows it",
      "  longshore retry tracks && longshore watch tracks  and follow it to its end"})
final class RetryCommand extends SteeringCommand {
  @ArgGroup
  private Selection selection;

  @Option(names = "--request", paramLabel = "TEXT",
      description = "Names this round; the same text acts only once, so that a script may repeat the command. Default: a new one from the time.")
  private String request;

  private int before;

  /** At most one of them. */
  static final class Selection {
    @Option(names = "--all", description = "All failed items; the default.")
    private boolean all;

    @Option(names = "--index", paramLabel = "INDEXES", description = "Items by index, in the form 1,3-5,7.")
    private String indexes;

    @Option(names = "--group", paramLabel = "FINGERPRINT", description = "Items of one kind of failure.")
    private String fingerprint;
  }

  @Override
  void change(JsonNode job, ObjectNode spec) {
    JobPhase phase = phase(job);
    if (phase == JobPhase.CANCELLED) {
      throw ended(job, "that is for good; a new job with resumeFrom skips what it has done");
    }
    if (request != null && request.equals(job.path("status").path("redrive").path("request").asText(null))) {
      throw new CommandException(ExitCode.FAILED, "the request " + request + " was carried out already: " + outcome(job));
    }
    if (items(job, "failed") == 0 && phase != JobPhase.FAILED) {
      throw new CommandException(ExitCode.FAILED, "no item of " + name + " has failed: there is nothing to retry");
    }
    before = job.path("status").path("run").asInt(1);
    request = request == null ? "retry-" + Instant.now() : request;
    ObjectNode redrive = spec.putObject("redrive").put("request", request);
    // a merge keeps what it does not name: the selection of an earlier redrive must go
    redrive.putNull("all").putNull("indexes").putNull("fingerprint");
    if (selection != null && selection.indexes != null) {
      redrive.put("indexes", checked(selection.indexes));
    } else if (selection != null && selection.fingerprint != null) {
      redrive.put("fingerprint", selection.fingerprint);
    } else {
      redrive.put("all", true);
    }
  }

  private String checked(String indexes) {
    String tight = indexes.replace(" ", "");
    try {
      IndexSet.parse(tight);
      return tight;
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), "--index " + indexes + ": " + e.getMessage() + " (write it like 1,3-5,7)", e);
    }
  }

  @Override
  String done(JsonNode job, boolean observed) {
    if (!request.equals(job.path("status").path("redrive").path("request").asText())) {
      return null;
    }
    if (job.path("status").path("redrive").path("items").asLong() == 0 && job.path("status").path("run").asInt(1) == before) {
      throw new CommandException(ExitCode.FAILED, "no item was opened again: none of these has failed");
    }
    return outcome(job);
  }

  private String outcome(JsonNode job) {
    long items = job.path("status").path("redrive").path("items").asLong();
    if (items == 0) {
      return name + " goes on with what was left, run " + job.path("status").path("run").asInt(1);
    }
    return items + (items == 1 ? " item of " : " items of ") + name + " opened again, run " + job.path("status").path("run").asInt(1);
  }
}
