package dev.longshore.operator.reconciler.workerpool;

import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import dev.longshore.operator.autoscaler.Execute.Plan;
import dev.longshore.operator.autoscaler.PoolMemory;
import dev.longshore.operator.autoscaler.Worker;
import dev.longshore.operator.pods.PodFleet;
import dev.longshore.operator.pods.PodStages;
import dev.longshore.operator.pods.PodTemplateRules;
import dev.longshore.operator.progress.ActiveJobs;
import dev.longshore.operator.reconciler.Events;
import dev.longshore.operator.reconciler.Parts;
import dev.longshore.store.Ledger;
import dev.longshore.store.LedgerGoneException;
import dev.longshore.store.Pools;
import dev.longshore.store.Pools.Assignment;
import dev.longshore.store.Pools.Seen;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Makes a plan real. First the workers are told (so that whoever dies here leaves no worker that is to go and does not know), then leases
 * of lost ones end, then pods go and come.
 */
final class Realize {
  /** A heartbeat without a pod is of a worker whose end nobody saw. */
  private static final Duration ORPHAN = Duration.ofSeconds(10);

  private final Pools pools;
  private final Ledger ledger;
  private final ActiveJobs active;
  private final PodFleet fleet;
  private final PodTemplateRules rules;
  private final Events events;
  private final Consumer<Pod> cache;

  /** @param cache is given each new pod, because the watch tells of it later than the next pass may come */
  Realize(Parts parts, Consumer<Pod> cache) {
    this.pools = parts.pools();
    this.ledger = parts.ledger();
    this.active = parts.active();
    this.fleet = parts.fleet();
    this.rules = parts.rules();
    this.events = parts.events();
    this.cache = cache;
  }

  /** What is to be made real. {@code before} is null when the workers have been told nothing yet. */
  record Order(WorkerPool pool, PoolRef ref, Collection<Pod> pods, Plan plan, List<Worker> workers, Map<String, Seen> seen,
      Assignment before, List<JobRef> expected) {}

  /** What became of it. */
  record Done(int created, String problem) {}

  Done realize(Order order, PoolMemory memory, Instant now) {
    List<JobRef> working = assign(order);
    Map<String, Pod> byName = order.pods().stream().collect(Collectors.toMap(pod -> pod.getMetadata().getName(), Function.identity()));
    for (Worker worker : order.plan().lost()) {
      events.warning(order.pool(), "WorkerLost", worker.name() + ": " + PodStages.ending(byName.get(worker.name())));
    }
    for (Worker worker : order.plan().remove()) {
      if (worker.gone()) {
        bury(order.ref(), worker.name(), working);
      }
      fleet.remove(byName.get(worker.name()));
    }
    order.seen().forEach((name, seen) -> {
      if (!byName.containsKey(name) && seen.age().compareTo(ORPHAN) > 0) {
        bury(order.ref(), name, working);
      }
    });
    memory.ended(order.plan().lost(), order.workers(), now);
    return create(order, memory.backoff().left(now));
  }

  /** A job that is not followed yet stays assigned when it was: an operator that starts again must not stop its workers. */
  private List<JobRef> assign(Order order) {
    List<JobRef> earlier = order.before() == null ? List.of() : order.before().jobs();
    List<JobRef> working = order.expected().stream().filter(job -> active.find(job).isPresent() || earlier.contains(job)).toList();
    Assignment next = new Assignment(working, Set.copyOf(order.plan().draining()));
    if (!next.equals(order.before())) {
      pools.assign(order.ref(), next);
    }
    return working;
  }

  private void bury(PoolRef pool, String worker, List<JobRef> jobs) {
    for (JobRef job : jobs) {
      try {
        ledger.forget(job, worker);
      } catch (LedgerGoneException e) {
        // Nothing is leased in an account that is gone.
      }
    }
    pools.forget(pool, worker);
  }

  private Done create(Order order, Duration wait) {
    if (order.plan().create() == 0 || !wait.isZero()) {
      return new Done(0, "");
    }
    List<PodTemplateRules.Violation> violations = rules.check(order.pool().getSpec().template());
    if (!violations.isEmpty()) {
      return new Done(0, "spec." + violations.getFirst());
    }
    int created = 0;
    try {
      for (; created < order.plan().create(); created++) {
        cache.accept(fleet.create(order.pool()));
      }
      return new Done(created, "");
    } catch (KubernetesClientException e) {
      return new Done(created, "the API server refuses worker pods: " + e.getMessage());
    }
  }
}
