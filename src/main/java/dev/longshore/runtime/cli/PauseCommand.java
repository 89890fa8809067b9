package dev.longshore.runtime.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import picocli.CommandLine.Command;

/** {@code longshore pause}. */
@Command(name = "pause", mixinStandardHelpOptions = true,
    description = "Pauses a job (spec.suspend): no new item starts, what runs finishes, the clock of activeDeadlineSeconds stands still.",
    footerHeading = "%nExample:%n", footer = "  longshore pause tracks      and later: longshore resume tracks")
final class PauseCommand extends SteeringCommand {
  @Override
  void change(JsonNode job, ObjectNode spec) {
    if (phase(job).ended()) {
      throw ended(job, "nothing of it can be paused");
    }
    spec.put("suspend", true);
  }

  @Override
  String done(JsonNode job, boolean observed) {
    if (phase(job).ended()) {
      throw ended(job, "it was done before it could be paused");
    }
    return observed && holds(job, "Suspended")
        ? name + " is paused: " + progress(job) + ", " + items(job, "inFlight") + " in hand" : null;
  }
}
