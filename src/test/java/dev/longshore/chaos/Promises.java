package dev.longshore.chaos;

import dev.longshore.api.v1alpha1.BatchJobStatus;
import dev.longshore.job.ItemCounts;
import dev.longshore.job.ItemResult;
import dev.longshore.job.JobRef;
import dev.longshore.store.AuditReading;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** What must be true of a job that is Complete: in its resource, its ledger and its results. */
final class Promises {
  private static final Duration PATIENCE_FOR_STATUS = Duration.ofSeconds(30);
  private static final int TOLD = 10;

  private final ChaosPlan plan;
  private final ChaosCluster cluster;
  private final JobRef job;
  private final boolean doomedFail;

  /** @param doomedFail whether the items that the plan dooms have failed; later they were given back and succeeded */
  Promises(ChaosPlan plan, ChaosCluster cluster, JobRef job, boolean doomedFail) {
    this.plan = plan;
    this.cluster = cluster;
    this.job = job;
    this.doomedFail = doomedFail;
  }

  /** Each promise that is broken, in a sentence with its numbers. */
  List<String> broken() {
    List<String> broken = new ArrayList<>();
    long failed = 0;
    for (int id = 0; id < plan.items(); id++) {
      failed += fails(id) ? 1 : 0;
    }
    status(failed, broken);
    ledger(failed, broken);
    results(broken);
    return broken;
  }

  private boolean fails(long id) {
    return doomedFail && plan.doomed((int) id);
  }

  private void status(long failed, List<String> broken) {
    String expected = "Complete: " + plan.items() + " = " + (plan.items() - failed) + " + " + failed + " + 0 + 0";
    String[] seen = {""};
    try {
      Awaitility.await().atMost(PATIENCE_FOR_STATUS).ignoreExceptions().until(() -> {
        BatchJobStatus status = cluster.get(job).getStatus();
        BatchJobStatus.Items items = status.items();
        seen[0] = status.phase() + ": " + items.total() + " = " + items.succeeded() + " + " + items.failed() + " + " + items.skipped() + " + "
            + items.cancelled();
        return expected.equals(seen[0]);
      });
    } catch (ConditionTimeoutException e) {
      broken.add("the resource says '" + seen[0] + "' and not '" + expected + "' (total = succeeded + failed + skipped + cancelled)");
    }
  }

  private void ledger(long failed, List<String> broken) {
    ItemCounts counts = cluster.ledger().read(List.of(job)).get(job).counts();
    if (!counts.allFinal() || counts.known() != plan.items() || counts.failed() != failed || counts.succeeded() != plan.items() - failed) {
      broken.add("the ledger says " + counts + ", " + failed + " were to fail");
    }
    AuditReading audit = cluster.ledger().audit(job);
    if (!audit.missing().isEmpty() || !audit.violations().isEmpty() || audit.finalBits() != plan.items()) {
      broken.add("the last audit: " + audit);
    }
  }

  /** Each index once, in order, with the item and the end that are its own. */
  private void results(List<String> broken) {
    long[] next = {0};
    List<String> odd = new ArrayList<>();
    cluster.ledger().results(job, 0, result -> {
      if (result.index() != next[0]) {
        odd.add("index " + result.index() + " where " + next[0] + " was due");
      }
      next[0] = result.index() + 1;
      if (!isRight(result)) {
        odd.add("index " + result.index() + " ended as " + result.status() + " with item " + text(result.item()) + ", result " + text(result.result())
            + ", failure " + result.failure());
      }
    });
    if (next[0] != plan.items()) {
      odd.add("the results end before index " + next[0] + " of " + plan.items());
    }
    odd.stream().limit(TOLD).forEach(o -> broken.add("results: " + o));
    if (odd.size() > TOLD) {
      broken.add("results: " + (odd.size() - TOLD) + " more of this kind");
    }
  }

  private boolean isRight(ItemResult result) {
    boolean ended = fails(result.index()) ? result.status() == ItemResult.Status.FAILED
        : result.status() == ItemResult.Status.SUCCEEDED && ChaosPlan.result(result.index()).equals(text(result.result()));
    return ended && ChaosPlan.item(result.index()).equals(text(result.item()));
  }

  private static String text(byte[] json) {
    return json == null ? "none" : new String(json, StandardCharsets.UTF_8);
  }
}
