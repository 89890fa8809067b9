package dev.longshore.operator.reconciler.workerpool;

import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import dev.longshore.operator.pods.PodFleet;
import dev.longshore.store.Ledger;
import dev.longshore.store.Ledger.CrashReply;
import dev.longshore.store.LedgerGoneException;
import dev.longshore.store.Pools;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Collection;
import java.util.Map;

/**
 * What follows when a worker's process has ended: its leases end, and after a crash the ledger learns which items were inside its processors.
 * The pod must stay until that is done, so that an operator that dies in between does it again.
 */
final class EndedWorkers {
  private final Pools pools;
  private final Ledger ledger;
  private final PodFleet fleet;

  EndedWorkers(Pools pools, Ledger ledger, PodFleet fleet) {
    this.pools = pools;
    this.ledger = ledger;
    this.fleet = fleet;
  }

  /**
   * What a crash was found to be.
   *
   * @param explained whether something was inside the processors, which the ledger now suspects
   * @param message for people
   */
  record Crash(boolean explained, String message) {}

  /** The process ended as it should, or by somebody else's doing. */
  void left(PoolRef pool, String worker, Collection<JobRef> jobs) {
    for (JobRef job : jobs) {
      try {
        ledger.forget(job, worker);
      } catch (LedgerGoneException e) {
        // Nothing is leased in an account that is gone.
      }
    }
    pools.forget(pool, worker);
  }

  /**
   * The process ended as it should not. What was inside is forgotten job by job: that it was of several jobs is written on the pod first, or
   * the second half of an interrupted call would take the last job's item for one that ran alone.
   */
  Crash crashed(PoolRef pool, Pod pod, Collection<JobRef> jobs) {
    String worker = pod.getMetadata().getName();
    Map<JobRef, IndexSet> inside = ledger.inside(jobs, worker);
    long items = inside.values().stream().mapToLong(IndexSet::size).sum();
    if (inside.size() > 1) {
      fleet.markShared(pod);
    }
    boolean alone = items == 1 && !PodFleet.isMarkedShared(pod);
    String charged = "";
    for (JobRef job : jobs) {
      try {
        CrashReply reply = ledger.crashed(job, worker, alone);
        charged = reply.charged().isEmpty() ? charged : "item " + reply.charged() + " of " + job.name()
            + " was alone inside its processor and is charged with it";
      } catch (LedgerGoneException e) {
        // Nothing is leased in an account that is gone.
      }
    }
    pools.forget(pool, worker);
    return new Crash(items > 0, !charged.isEmpty() ? charged : items == 0 ? "nothing was inside its processors"
        : items + " items were inside its processors; they are run alone until the one that kills is found");
  }
}
