package dev.longshore.runtime.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.longshore.job.JobPhase;
import dev.longshore.runtime.console.CommandException;
import dev.longshore.runtime.console.ExitCode;
import io.fabric8.kubernetes.client.Config;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** A command that changes a field of a job through the Kubernetes API, as kubectl could, and waits until the operator has taken it up. */
abstract sealed class SteeringCommand implements Callable<Integer> permits PauseCommand, ResumeCommand, CancelCommand, RetryCommand {
  private static final long LOOK_EVERY_MILLIS = 200;

  @Spec
  CommandSpec command;

  @Parameters(paramLabel = "JOB", description = "The job's name.")
  String name;

  @Option(names = {"-n", "--namespace"}, paramLabel = "NAME",
      description = "The namespace; default: that of the kubeconfig's context, else 'default'.")
  private String namespace;

  @Option(names = "--context", paramLabel = "NAME", description = "The kubeconfig context to use; default: its current one.")
  private String context;

  @Option(names = "--no-wait", description = "Only ask for it; do not wait until the operator has taken it up.")
  private boolean noWait;

  @Option(names = "--timeout", paramLabel = "SECONDS", defaultValue = "60",
      description = "How long to wait for that. Default: ${DEFAULT-VALUE}.")
  private int timeout;

  /**
   * What to change.
   *
   * @param job as it is
   * @param spec to be merged into the job's spec
   * @throws CommandException when it makes no sense for this job
   */
  abstract void change(JsonNode job, ObjectNode spec);

  /**
   * What to say once it is done; null while it is not.
   *
   * @param observed whether the operator has seen the changed spec
   * @throws CommandException when it can no longer come to that
   */
  abstract String done(JsonNode job, boolean observed);

  @Override
  public final Integer call() throws InterruptedException {
    if (timeout < 1) {
      throw new ParameterException(command.commandLine(), "--timeout " + timeout + ": seconds from 1");
    }
    Config config = ClusterConfig.find(context);
    try (JobApi api = new JobApi(config, ClusterConfig.namespace(config, namespace))) {
      ObjectNode change = JsonNodeFactory.instance.objectNode();
      change(api.get(name), change.putObject("spec"));
      JsonNode changed = api.patch(name, change);
      System.out.println(noWait ? "asked for: " + change : await(api, changed.path("metadata").path("generation").asLong()));
      return ExitCode.OK.code();
    }
  }

  private String await(JobApi api, long generation) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(timeout);
    while (System.nanoTime() < end) {
      JsonNode job = api.get(name);
      String said = done(job, job.path("status").path("observedGeneration").asLong() >= generation);
      if (said != null) {
        return said;
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MILLIS);
    }
    throw new CommandException(ExitCode.ENVIRONMENT, "it is asked for, but not done after " + timeout + " s: is the operator running? "
        + "'longshore get " + name + "' shows how the job stands");
  }

  static JobPhase phase(JsonNode job) {
    return JobPhase.of(job.path("status").path("phase").asText("Pending"));
  }

  static boolean holds(JsonNode job, String condition) {
    for (JsonNode each : job.path("status").path("conditions")) {
      if (each.path("type").asText().equals(condition)) {
        return each.path("status").asText().equals("True");
      }
    }
    return false;
  }

  static long items(JsonNode job, String where) {
    return job.path("status").path("items").path(where).asLong();
  }

  /** As {@code 120 of 1000 items finished}. */
  static String progress(JsonNode job) {
    long finished = items(job, "succeeded") + items(job, "failed") + items(job, "skipped") + items(job, "cancelled");
    return finished + " of " + job.path("status").path("items").path("total").asText("so far unknown") + " items finished";
  }

  /** For a job that has ended there is nothing to be steered. */
  final CommandException ended(JsonNode job, String undone) {
    return new CommandException(ExitCode.FAILED, name + " has ended already, as " + phase(job).word() + ": " + undone);
  }
}
