package dev.longshore.runtime.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.longshore.job.JobPhase;
import dev.longshore.runtime.console.ExitCode;
import dev.longshore.runtime.console.JobSnapshot;
import dev.longshore.runtime.console.ProgressDisplay;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code longshore watch}. */
@Command(name = "watch", mixinStandardHelpOptions = true, description = "Follows a job until it ends; the exit code is the job's outcome.",
    footerHeading = "%nExample:%n", footer = "  longshore watch tracks && longshore results tracks > tracks.ndjson")
final class WatchCommand implements Callable<Integer> {
  private static final long LOOK_EVERY_MILLIS = 500;

  @Mixin
  private OperatorOptions options;

  @Parameters(paramLabel = "JOB", description = "The job's name.")
  private String name;

  @Override
  public Integer call() throws InterruptedException {
    try (OperatorClient client = options.connect(); ProgressDisplay display = ProgressDisplay.onStderr()) {
      while (true) {
        JsonNode job = client.get(client.job(name));
        display.show(java.util.List.of(JobSnapshot.of(job)));
        JobPhase phase = JobPhase.of(job.path("status").path("phase").asText("Pending"));
        if (phase.ended()) {
          display.finish();
          return (phase == JobPhase.COMPLETE ? ExitCode.OK : ExitCode.FAILED).code();
        }
        TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MILLIS);
      }
    }
  }
}
