package dev.longshore.operator.status;

import dev.longshore.api.v1alpha1.BatchJobStatus;
import dev.longshore.api.v1alpha1.BatchJobStatus.Eta;
import dev.longshore.api.v1alpha1.BatchJobStatus.FailureGroup;
import dev.longshore.api.v1alpha1.BatchJobStatus.Items;
import dev.longshore.api.v1alpha1.BatchJobStatus.Queue;
import dev.longshore.api.v1alpha1.BatchJobStatus.Workers;
import dev.longshore.api.v1alpha1.LimitedBy;
import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemCounts;
import dev.longshore.store.JobReading;
import java.time.Instant;
import java.util.List;

/**
 * Turns what was read of a job into the numbers of its status. A pure function; what it makes stays under 8 KiB whatever the job's size.
 */
public final class JobNumbers {
  /** Characters of {@code failedIndexes}. */
  static final int INDEX_CHARACTERS = 1_000;
  /** As many ranges as can fit into them. */
  public static final int INDEX_RANGES = 500;
  private static final int GROUPS = 10;
  private static final int FINGERPRINT_CHARACTERS = 200;

  public BatchJobStatus with(BatchJobStatus before, JobFacts facts) {
    if (facts.observation() == null || facts.observation().reading() == null) {
      return before;
    }
    JobReading reading = facts.observation().reading();
    ItemCounts counts = reading.counts();
    boolean known = counts.intakeComplete();
    String failed = facts.failed() == null ? before.failedIndexes() : indexes(facts.failed());
    Boolean truncated = facts.failed() == null ? before.failedIndexesTruncated()
        : failed != null && IndexSet.parse(failed).size() < counts.failed() ? true : null;
    return new BatchJobStatus(before.phase(), before.observedGeneration(), run(before, reading), before.startTime(), before.completionTime(),
        before.conditions(), items(counts), counts.succeeded() + "/" + (known ? counts.known() : "?"), percent(counts),
        facts.itemsPerSecond(), eta(before, facts, counts), limitedBy(facts.pool()), workers(facts.pool()), groups(reading), failed,
        truncated, queue(before, facts), before.redrive());
  }

  /** A ledger that was lost begins with its first run again, the job does not. */
  private static int run(BatchJobStatus before, JobReading reading) {
    return before.run() == null ? reading.run() : Math.max(before.run(), reading.run());
  }

  private static Items items(ItemCounts c) {
    return new Items(c.intakeComplete() ? c.known() : null, c.pending(), c.inFlight(), c.retrying(), c.succeeded(), c.failed(), c.skipped(),
        c.cancelled());
  }

  private static Integer percent(ItemCounts counts) {
    if (!counts.intakeComplete()) {
      return null;
    }
    return counts.known() == 0 ? 100 : (int) (counts.finished() * 100 / counts.known());
  }

  /**
   * When the job will have ended. It moves only when the counts have, so that a status does not change for nothing, or when its later time
   * has passed and so was wrong.
   */
  private static Eta eta(BatchJobStatus before, JobFacts facts, ItemCounts counts) {
    if (!counts.intakeComplete() || counts.remaining() == 0 || facts.timeLeft() == null) {
      return null;
    }
    if (before.eta() != null && items(counts).equals(before.items()) && !passed(before.eta(), facts.now())) {
      return before.eta();
    }
    Instant at = facts.observation().at();
    return new Eta(inSeconds(at.plus(facts.timeLeft().p50())), inSeconds(at.plus(facts.timeLeft().p90())));
  }

  private static boolean passed(Eta eta, Instant now) {
    return eta.p90() == null || Instant.parse(eta.p90()).isBefore(now);
  }

  private static String inSeconds(Instant at) {
    return Conditions.time(at.plusMillis(999));
  }

  private static LimitedBy limitedBy(PoolFigures pool) {
    return pool == null || pool.limitedBy().reason().isEmpty() ? null
        : new LimitedBy(pool.limitedBy().reason(), pool.limitedBy().message());
  }

  private static Workers workers(PoolFigures pool) {
    return pool == null ? null : new Workers(pool.desired(), pool.ready(), pool.draining());
  }

  private static List<FailureGroup> groups(JobReading reading) {
    return reading.groups().isEmpty() ? null : reading.groups().stream().limit(GROUPS)
        .map(group -> new FailureGroup(cut(group.fingerprint()), group.count(), group.example())).toList();
  }

  private static Queue queue(BatchJobStatus before, JobFacts facts) {
    if (facts.observation().work() == null) {
      return before.queue();
    }
    return new Queue(facts.queue(), facts.observation().work().ready(), facts.unacked());
  }

  /** As many whole ranges as fit; null when none failed. */
  private static String indexes(IndexSet failed) {
    if (failed.isEmpty()) {
      return null;
    }
    String text = failed.toString();
    return text.length() <= INDEX_CHARACTERS ? text : text.substring(0, text.lastIndexOf(',', INDEX_CHARACTERS));
  }

  private static String cut(String text) {
    return text.length() <= FINGERPRINT_CHARACTERS ? text : text.substring(0, FINGERPRINT_CHARACTERS - 1) + "…";
  }
}
