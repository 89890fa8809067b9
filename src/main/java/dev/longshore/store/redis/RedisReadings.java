package dev.longshore.store.redis;

import dev.longshore.job.FailureGroup;
import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemCounts;
import dev.longshore.job.JobRef;
import dev.longshore.store.AuditReading;
import dev.longshore.store.JobReading;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Views of the account. */
final class RedisReadings {
  private static final List<String> FIELDS = List.of("known", "complete", "succeeded", "failed", "skipped", "cancelled", "run", "epoch",
      "started", "last", "intakeStarted", "busy", "busyItems", "ended", "failReason", "failMessage", "gapsEpoch", "marked", "suspended", "cancel", "request", "redriven", "failedBefore");
  /** An audit walks over every entry of the job. */
  private static final Duration AUDIT_PATIENCE = Duration.ofSeconds(30);

  private final JobScripts scripts;
  private final Duration leaseTime;
  private final Duration retryGrace;

  RedisReadings(JobScripts scripts, Duration leaseTime, Duration retryGrace) {
    this.scripts = scripts;
    this.leaseTime = leaseTime;
    this.retryGrace = retryGrace;
  }

  Map<JobRef, JobReading> read(Collection<JobRef> jobs) {
    Map<JobRef, JobReading> readings = new LinkedHashMap<>();
    scripts.runEach(jobs, Script.READ, FIELDS.toArray()).forEach((job, reply) -> readings.put(job, reading(reply)));
    return readings;
  }

  private static JobReading reading(Response reply) {
    Fields fields = new Fields(reply.get(5));
    boolean complete = fields.number("complete") == 1;
    ItemCounts counts = counts(fields.number("known"), complete, reply.get(0).toLong(), reply.get(1).toLong(), fields.number("succeeded"),
        fields.number("failed"), fields.number("skipped"), fields.number("cancelled"));
    Duration idle = complete ? Duration.ZERO : Duration.ofMillis(reply.get(2).toLong());
    long marked = fields.number("marked");
    JobReading.Gaps gaps = new JobReading.Gaps(fields.number("gapsEpoch"), marked,
        marked == 0 ? Duration.ZERO : Duration.ofMillis(reply.get(3).toLong()));
    JobReading.Steering steering = new JobReading.Steering(fields.number("suspended") == 1, fields.number("cancel") == 1,
        Duration.ofMillis(reply.get(4).toLong()), fields.text("request"), fields.number("redriven"), fields.number("failedBefore"));
    String reason = fields.text("failReason");
    return new JobReading(counts, (int) fields.number("run"), fields.text("ended"),
        new JobReading.Intake(fields.number("epoch"), complete, idle), gaps, steering, fields.instant("started"), fields.instant("last"),
        fields.instant("intakeStarted"), busy(fields),
        reason == null ? null : new JobReading.FatalError(reason, fields.text("failMessage")), groups(reply, 6));
  }

  private static JobReading.Busy busy(Fields fields) {
    return new JobReading.Busy(Duration.of(fields.number("busy"), ChronoUnit.MICROS), fields.number("busyItems"));
  }

  private static List<FailureGroup> groups(Response reply, int from) {
    List<FailureGroup> groups = new ArrayList<>();
    for (int i = from; i < reply.size(); i += 3) {
      String example = reply.get(i + 2).toString();
      int space = example.indexOf(' ');
      groups.add(new FailureGroup(reply.get(i).toString(), (long) Double.parseDouble(reply.get(i + 1).toString()),
          Long.parseLong(example.substring(0, space)), example.substring(space + 1)));
    }
    return groups;
  }

  List<FailureGroup> failureGroups(JobRef job, int max) {
    return groups(scripts.run(job, Script.GROUPS, max), 0);
  }

  AuditReading audit(JobRef job, boolean keepsResults) {
    Response reply = scripts.run(job, AUDIT_PATIENCE, Script.AUDIT, leaseTime.toMillis(), retryGrace.toMillis(), keepsResults ? 1 : 0);
    long leased = reply.get(8).toLong();
    long retrying = reply.get(9).toLong();
    ItemCounts counts = counts(reply.get(0).toLong(), reply.get(1).toLong() == 1, leased, retrying, reply.get(2).toLong(),
        reply.get(3).toLong(), reply.get(4).toLong(), reply.get(5).toLong());
    List<String> violations = new ArrayList<>();
    reply.get(12).forEach(sentence -> violations.add(sentence.toString()));
    return new AuditReading(counts, reply.get(6).toLong(), reply.get(7).toLong(), leased, retrying, reply.get(10).toLong(),
        RedisWork.set(reply.get(11)), List.copyOf(violations));
  }

  IndexSet failedIndexes(JobRef job, int maxRanges) {
    return RedisWork.set(scripts.run(job, Script.FAILED, maxRanges));
  }

  private static ItemCounts counts(long known, boolean complete, long inFlight, long retrying, long succeeded, long failed, long skipped,
      long cancelled) {
    long pending = known - inFlight - retrying - succeeded - failed - skipped - cancelled;
    return new ItemCounts(known, complete, pending, inFlight, retrying, succeeded, failed, skipped, cancelled);
  }

  /** The values of {@link #FIELDS}. */
  private record Fields(Response values) {
    String text(String name) {
      Response value = values.get(FIELDS.indexOf(name));
      return value == null ? null : value.toString();
    }

    long number(String name) {
      String text = text(name);
      return text == null ? 0 : Long.parseLong(text);
    }

    Instant instant(String name) {
      long millis = number(name);
      return millis == 0 ? null : Instant.ofEpochMilli(millis);
    }
  }
}
