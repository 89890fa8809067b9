package dev.longshore.runtime.local;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.job.ItemCounts;
import dev.longshore.job.JobPhase;
import dev.longshore.job.JobRef;
import dev.longshore.rest.ResultLines;
import dev.longshore.runtime.Termination;
import dev.longshore.runtime.console.ExitCode;
import dev.longshore.runtime.console.JobSnapshot;
import dev.longshore.runtime.console.ProgressDisplay;
import dev.longshore.store.JobReading;
import dev.longshore.store.StoreUnavailableException;
import io.fabric8.kubernetes.api.model.Condition;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Applies the manifests, follows the jobs to their end and writes their results. */
final class LocalRun {
  private static final long LOOK_EVERY_MILLIS = 100;
  /** How long a given store may be away: a failover takes a part of it. */
  private static final Duration STORE_AWAY = Duration.ofMinutes(2);
  private static final Path RESULTS = Path.of("longshore-results");

  private final RunRequest request;
  private final LocalCluster cluster;
  private final ProgressDisplay display;
  private final Report report;
  private final Termination termination;
  private final Map<JobRef, Instant> applied = new LinkedHashMap<>();
  private Map<JobRef, JobReading> readings = Map.of();
  private Instant readAt = Instant.now();

  LocalRun(RunRequest request, LocalCluster cluster, ProgressDisplay display, Report report, Termination termination) {
    this.request = request;
    this.cluster = cluster;
    this.display = display;
    this.report = report;
    this.termination = termination;
  }

  ExitCode toTheEnd() throws Exception {
    cluster.describe().forEach(display::say);
    for (BatchJob job : request.manifests().jobs()) {
      Instant before = Instant.now();
      applied.put(cluster.apply(job), before);
    }
    boolean ended = follow();
    if (!ended) {
      return interrupted();
    }
    List<RunOutcome> outcomes = new ArrayList<>();
    for (JobRef job : applied.keySet()) {
      outcomes.add(outcome(job));
    }
    display.finish();
    report.ended(outcomes);
    if (request.keep()) {
      cluster.stayUp(display, termination);
    }
    return outcomes.stream().allMatch(o -> o.phase().equals(JobPhase.COMPLETE.word())) ? ExitCode.OK : ExitCode.FAILED;
  }

  /** True when all jobs have ended, false when the user wants to stop. */
  private boolean follow() throws InterruptedException {
    while (true) {
      List<BatchJob> jobs = applied.keySet().stream().map(cluster::get).toList();
      readings = read();
      List<JobSnapshot> now = new ArrayList<>();
      int at = 0;
      for (JobRef ref : applied.keySet()) {
        now.add(snapshot(jobs.get(at++), readings.get(ref)));
      }
      display.show(now);
      if (now.stream().allMatch(job -> JobPhase.of(job.phase()).ended())) {
        return true;
      }
      if (termination.await(LOOK_EVERY_MILLIS)) {
        return false;
      }
    }
  }

  /** A store of one's own goes on without this run's doing; until it is back, what was read last is shown. */
  private Map<JobRef, JobReading> read() {
    try {
      Map<JobRef, JobReading> fresh = cluster.ledger().read(applied.keySet());
      readAt = Instant.now();
      return fresh;
    } catch (StoreUnavailableException e) {
      if (request.redis().isEmpty() || Duration.between(readAt, Instant.now()).compareTo(STORE_AWAY) > 0) {
        throw e;
      }
      return readings;
    }
  }

  private static JobSnapshot snapshot(BatchJob job, JobReading reading) {
    String phase = job.getStatus() == null || job.getStatus().phase() == null ? JobPhase.PENDING.word() : job.getStatus().phase();
    ItemCounts counts = reading == null ? ItemCounts.NONE : reading.counts();
    var workers = job.getStatus() == null ? null : job.getStatus().workers();
    var limit = job.getStatus() == null ? null : job.getStatus().limitedBy();
    var eta = job.getStatus() == null ? null : job.getStatus().eta();
    return new JobSnapshot(job.getMetadata().getName(), phase, counts.intakeComplete() ? counts.known() : -1, counts.known(), counts.succeeded(),
        counts.failed(), counts.skipped(), counts.cancelled(), counts.inFlight(), counts.retrying(),
        workers == null || workers.ready() == null ? 0 : workers.ready(), workers == null || workers.desired() == null ? 0 : workers.desired(),
        eta == null ? null : Instant.parse(eta.p50()), eta == null || eta.p90() == null ? null : Instant.parse(eta.p90()),
        limit == null || limit.message() == null ? "" : limit.message());
  }

  private ExitCode interrupted() {
    display.say("Stopping: what has started is being finished, the rest goes back to the queue. Ctrl-C again ends at once.");
    cluster.drain();
    if (request.stateFolder().isPresent()) {
      display.say("Stopped. This goes on where it was:\n  longshore " + String.join(" ", request.again()));
    } else {
      display.say("Stopped; nothing was kept. With --state-dir DIR the next run can go on where this one stopped.");
    }
    return ExitCode.INTERRUPTED;
  }

  private RunOutcome outcome(JobRef ref) throws IOException {
    BatchJob job = cluster.get(ref);
    JobReading reading = cluster.ledger().read(List.of(ref)).get(ref);
    String phase = job.getStatus().phase();
    RunOutcome.Error error = job.getStatus().conditions().stream()
        .filter(c -> c.getType().equals("Failed") && c.getStatus().equals("True")).findFirst().map(LocalRun::error).orElse(null);
    if (reading == null) {
      return new RunOutcome(ref.name(), ref.namespace(), phase, 0, 0, 0, 0, 0, null, null, null, null, error);
    }
    ItemCounts counts = reading.counts();
    String results = counts.finished() == 0 ? null : write(ref).toString();
    Instant end = reading.lastFinal();
    Double startup = reading.firstStarted() == null ? null : seconds(applied.get(ref), reading.firstStarted());
    Double elapsed = reading.firstStarted() == null || end == null ? null : seconds(reading.firstStarted(), end);
    Long perSecond = reading.intakeStarted() == null || end == null ? null
        : Math.round(counts.known() / Math.max(0.001, seconds(reading.intakeStarted(), end)));
    return new RunOutcome(ref.name(), ref.namespace(), phase, counts.known(), counts.succeeded(), counts.failed(), counts.skipped(),
        counts.cancelled(), startup, elapsed, perSecond, results, error);
  }

  private static RunOutcome.Error error(Condition failed) {
    String message = failed.getMessage();
    int colon = message.indexOf(": ");
    boolean namesField = message.startsWith("spec.") && colon > 0;
    return new RunOutcome.Error(namesField ? message.substring(0, colon) : failed.getReason(), namesField ? message.substring(colon + 2) : message);
  }

  private static double seconds(Instant from, Instant to) {
    return Math.round(Duration.between(from, to).toMillis()) / 1000.0;
  }

  /** Writes beside the file and renames, so that a file that is there is whole. */
  private Path write(JobRef ref) throws IOException {
    Path file = request.resultsFile().orElse(RESULTS.resolve(ref.name() + ".ndjson"));
    Path absolute = file.toAbsolutePath();
    Files.createDirectories(absolute.getParent());
    Path part = absolute.resolveSibling(absolute.getFileName() + ".part");
    try (OutputStream out = Files.newOutputStream(part); ResultLines lines = ResultLines.of("ndjson", out)) {
      cluster.ledger().results(ref, 0, lines);
    }
    Files.move(part, absolute, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    return file;
  }
}
