package dev.longshore.runtime.cli;

import dev.longshore.operator.autoscaler.Decision;
import dev.longshore.operator.autoscaler.JobLoad;
import dev.longshore.operator.autoscaler.Recorded;
import dev.longshore.runtime.console.CommandException;
import dev.longshore.runtime.console.ExitCode;
import java.io.BufferedReader;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Reads traces of decisions and says of one in a few words what it was made of. */
final class Traces {
  private Traces() {}

  /** @param from names the trace in an error */
  static List<Recorded> read(BufferedReader in, String from) throws IOException {
    List<Recorded> trace = new ArrayList<>();
    String line = in.readLine();
    for (int number = 1; line != null; number++) {
      if (!line.isBlank()) {
        try {
          trace.add(Recorded.of(line));
        } catch (IOException e) {
          throw new CommandException(ExitCode.USAGE, from + ", line " + number + ": " + e.getMessage(), e);
        }
      }
      line = in.readLine();
    }
    return trace;
  }

  static String items(Recorded recorded) {
    long items = recorded.input().loads().stream().mapToLong(JobLoad::items).sum();
    boolean stale = recorded.input().loads().stream().anyMatch(JobLoad::stale);
    return items + (stale ? " (old)" : "");
  }

  static String reason(Decision decision) {
    return decision.reason().name().toLowerCase(Locale.ROOT).replace('_', ' ')
        + (decision.limitedBy().reason().isEmpty() ? "" : ", limited by " + decision.limitedBy().reason());
  }

  static String time(Instant at) {
    return at.truncatedTo(ChronoUnit.MILLIS).toString();
  }
}
