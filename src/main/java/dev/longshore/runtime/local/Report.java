package dev.longshore.runtime.local;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Locale;

/** What {@code longshore run} leaves on standard output: sentences, or one JSON object a job in file order. */
public final class Report {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final boolean json;
  private boolean done;

  public Report(boolean json) {
    this.json = json;
  }

  /** Manifests that were not taken: every problem with its place. */
  public void refused(ManifestLoader.Loaded loaded) {
    loaded.problems().forEach(problem -> System.err.println("longshore: " + problem));
    if (json) {
      loaded.names().forEach(name -> {
        ManifestLoader.Problem first = loaded.problems().stream().filter(p -> p.job() == null || p.job().equals(name.job())).findFirst()
            .orElse(loaded.problems().getFirst());
        print(RunOutcome.refused(name.job(), name.namespace(), new RunOutcome.Error(first.field(), first.message())));
      });
    }
    done = true;
  }

  /** Jobs that could not be run because of something around them. */
  public void notRun(Manifests manifests, RunOutcome.Error error) {
    if (json && !done) {
      manifests.jobs().forEach(job -> print(RunOutcome.refused(job.getMetadata().getName(), job.getMetadata().getNamespace(), error)));
    }
    done = true;
  }

  /** Jobs that ran. */
  public void ended(List<RunOutcome> outcomes) {
    done = true;
    for (RunOutcome outcome : outcomes) {
      if (json) {
        print(outcome);
      } else {
        System.out.println(sentence(outcome));
      }
    }
  }

  private static String sentence(RunOutcome outcome) {
    StringBuilder text = new StringBuilder();
    text.append(String.format(Locale.ROOT, "%s: %s, %,d of %,d succeeded", outcome.job(), outcome.phase(), outcome.succeeded(), outcome.total()));
    append(text, outcome.failed(), "failed");
    append(text, outcome.skipped(), "skipped");
    append(text, outcome.cancelled(), "cancelled");
    if (outcome.elapsedSeconds() != null) {
      text.append(String.format(Locale.ROOT, ", in %.1f s", outcome.elapsedSeconds()));
    }
    if (outcome.itemsPerSecond() != null) {
      text.append(String.format(Locale.ROOT, " (%,d items/s)", outcome.itemsPerSecond()));
    }
    if (outcome.error() != null) {
      text.append("\n  ").append(outcome.error().field()).append(": ").append(outcome.error().message());
    }
    if (outcome.results() != null) {
      text.append("\n  results: ").append(outcome.results());
    }
    return text.toString();
  }

  private static void append(StringBuilder text, long count, String word) {
    if (count > 0) {
      text.append(String.format(Locale.ROOT, ", %,d %s", count, word));
    }
  }

  private static void print(RunOutcome outcome) {
    try {
      System.out.println(JSON.writeValueAsString(outcome));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
