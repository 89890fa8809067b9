package dev.longshore.runtime.cli;

import dev.longshore.runtime.console.CommandException;
import dev.longshore.runtime.console.ExitCode;
import dev.longshore.runtime.console.ProgressDisplay;
import dev.longshore.runtime.local.LocalApplication;
import dev.longshore.runtime.local.ManifestLoader;
import dev.longshore.runtime.local.Manifests;
import dev.longshore.runtime.local.Report;
import dev.longshore.runtime.local.RunOutcome;
import dev.longshore.runtime.local.RunRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code longshore run}. */
@Command(name = "run", mixinStandardHelpOptions = true, sortOptions = false,
    description = {"Runs BatchJobs on this machine, with the software that a cluster runs: operator, RabbitMQ, Redis, a Kubernetes API and worker "
        + "processes, all private, all gone at the end. Progress goes to standard error, the outcome to standard output."},
    footerHeading = "%nExamples:%n", footer = {
      "  longshore run -f kubernetes/examples/artifact-audit/batchjob.yaml",
      "  longshore run -f job.yaml --workers 4 --output json      one JSON object a job on standard output",
      "  longshore run -f job.yaml --state-dir .longshore         the same command goes on after Ctrl-C or a crash",
      "  longshore run -f job.yaml --embedded                     without RabbitMQ and Redis; nothing survives this process",
      "  longshore run -f job.yaml --keep                         stays up: longshore get, kubectl and the HTTP work until Ctrl-C",
      "",
      "Results: longshore-results/<job>.ndjson, one item a line, in input order. Relative file paths in a manifest start at its folder.",
      "Exit codes: 0 complete, 1 failed or cancelled, 2 wrong manifest or usage, 3 environment, 130 interrupted."})
final class RunCommand implements Callable<Integer> {
  /** What standard output holds. */
  enum Output { TEXT, JSON }

  @Spec
  private CommandSpec spec;

  @Option(names = {"-f", "--filename"}, required = true, paramLabel = "FILE", arity = "1..*",
      description = "Manifests: BatchJobs, and the ConfigMaps, Secrets and WorkerPools that they use. May be given several times.")
  private List<Path> files;

  @Option(names = "--workers", paramLabel = "N", description = "Worker processes for each job (its minReplicas and maxReplicas).")
  private Integer workers;

  @Option(names = "--embedded", description = "Queue, ledger and workers in memory, in this process: nothing else is needed, and nothing survives it.")
  private boolean embedded;

  @Option(names = "--keep", description = "Stay up when the jobs have ended, until Ctrl-C, for longshore get and kubectl.")
  private boolean keep;

  @Option(names = "--state-dir", paramLabel = "DIR", description = "Keep broker and ledger in DIR, so that the same command goes on where it stopped.")
  private Path stateDir;

  @Option(names = "--results", paramLabel = "FILE", description = "Where the results go; for a single job. Default: longshore-results/<job>.ndjson.")
  private Path results;

  @Option(names = "--output", paramLabel = "text|json", defaultValue = "TEXT", description = "Default: text.")
  private Output output;

  @Option(names = "--broker", paramLabel = "URL", description = "A RabbitMQ to use, amqp://user:password@host:port/vhost. Default: a private one.")
  private String broker;

  @Option(names = "--redis", paramLabel = "URL", description = "A Redis to use, redis://:password@host:port. Default: a private one.")
  private String redis;

  @Option(names = "--context", paramLabel = "NAME", description = "Use the Kubernetes API of this kubeconfig context. Default: a private one.")
  private String context;

  @Override
  public Integer call() {
    if (workers != null && (workers < 1 || workers > 1000)) {
      throw new ParameterException(spec.commandLine(), "--workers " + workers + ": 1 to 1000");
    }
    if (embedded && (broker != null || redis != null || stateDir != null)) {
      throw new ParameterException(spec.commandLine(), "--embedded keeps everything in memory: it does not go with --broker, --redis or --state-dir");
    }
    Report report = new Report(output == Output.JSON);
    ManifestLoader.Loaded loaded = new ManifestLoader(workers).load(files);
    if (!loaded.problems().isEmpty()) {
      report.refused(loaded);
      return ExitCode.USAGE.code();
    }
    Manifests manifests = loaded.manifests();
    if (results != null && manifests.jobs().size() > 1) {
      throw new ParameterException(spec.commandLine(), "--results is for a single job; these are " + manifests.jobs().size());
    }
    RunRequest request = new RunRequest(manifests, embedded, keep, Optional.ofNullable(stateDir), Optional.ofNullable(results),
        Optional.ofNullable(broker), Optional.ofNullable(redis), Optional.ofNullable(context),
        spec.commandLine().getParseResult().originalArgs());
    try (ProgressDisplay display = ProgressDisplay.onStderr()) {
      return LocalApplication.launch(request, display, report).code();
    } catch (CommandException e) {
      report.notRun(manifests, new RunOutcome.Error("environment", e.getMessage()));
      throw e;
    }
  }
}
