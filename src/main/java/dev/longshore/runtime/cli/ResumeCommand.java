package dev.longshore.runtime.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import picocli.CommandLine.Command;

/** {@code longshore resume}. */
@Command(name = "resume", mixinStandardHelpOptions = true, description = "Lets a paused job go on (spec.suspend).",
    footerHeading = "%nExample:%n", footer = "  longshore resume tracks && longshore watch tracks")
final class ResumeCommand extends SteeringCommand {
  @Override
  void change(JsonNode job, ObjectNode spec) {
    if (phase(job).ended()) {
      throw ended(job, "there is nothing left to go on with; 'longshore retry " + name + "' gives failed items another round");
    }
    spec.put("suspend", false);
  }

  @Override
  String done(JsonNode job, boolean observed) {
    return phase(job).ended() || (observed && !holds(job, "Suspended")) ? name + " goes on: " + progress(job) : null;
  }
}
