package dev.longshore.operator.reconciler.workerpool;

import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import dev.longshore.operator.autoscaler.Execute.Plan;
import dev.longshore.operator.autoscaler.PoolMemory;
import dev.longshore.operator.autoscaler.Restraint;
import dev.longshore.operator.autoscaler.Worker;
import dev.longshore.operator.pods.PodFleet;
import dev.longshore.operator.pods.PodStages;
import dev.longshore.operator.pods.PodTemplateRules;
import dev.longshore.operator.pods.SlowStart;
import dev.longshore.operator.progress.ActiveJobs;
import dev.longshore.operator.reconciler.Events;
import dev.longshore.operator.reconciler.KnownJobs;
import dev.longshore.operator.reconciler.Parts;
import dev.longshore.store.Pools;
import dev.longshore.store.Pools.Assignment;
import dev.longshore.store.Pools.Seen;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Makes a plan real. First the workers are told (so that whoever dies here leaves no worker that is to go and does not know), then leases
 * of lost ones end, then pods go and come.
 */
final class Realize {
  private static final int UNPROCESSABLE = 422;

  private final KnownJobs jobs;
  private final Pools pools;
  private final EndedWorkers ended;
  private final ActiveJobs active;
  private final PodFleet fleet;
  private final PodTemplateRules rules;
  private final Events events;
  private final Consumer<Pod> cache;

  /** @param cache is given each new pod, because the watch tells of it later than the next pass may come */
  Realize(Parts parts, Consumer<Pod> cache) {
    this.jobs = parts.known();
    this.pools = parts.pools();
    this.ended = new EndedWorkers(parts.pools(), parts.ledger(), parts.fleet());
    this.active = parts.active();
    this.fleet = parts.fleet();
    this.rules = parts.rules();
    this.events = parts.events();
    this.cache = cache;
  }

  /**
   * What is to be made real.
   *
   * @param before null when the workers have been told nothing yet
   * @param paused those of {@code expected} of which no new item may start
   * @param ending those of {@code expected} whose run is over before its time
   * @param overdue names of workers that have been draining for too long
   */
  record Order(WorkerPool pool, PoolRef ref, Collection<Pod> pods, Plan plan, List<Worker> workers, Map<String, Seen> seen,
      Assignment before, List<JobRef> expected, Set<JobRef> paused, Set<JobRef> ending, Set<String> overdue) {

    /** Every job that a worker of the pool may have something of. */
    Set<JobRef> jobs() {
      Set<JobRef> all = new LinkedHashSet<>(expected);
      if (before != null) {
        all.addAll(before.jobs());
      }
      return all;
    }
  }

  /**
   * What became of it.
   *
   * @param problem why no worker can be made; empty when one can
   * @param lasting whether the problem stays as long as neither the pool nor the cluster changes
   * @param delay how long until a worker that replaces a crashed one may be made; zero when it may be now
   */
  record Done(int created, String problem, boolean lasting, Duration delay) {}

  Done realize(Order order, PoolMemory memory, Restraint restraint, Instant now) {
    assign(order);
    Set<String> explained = end(order, memory);
    order.plan().lost().forEach(worker -> restraint.crashes().crashed(worker.name(), explained.contains(worker.name()), now));
    restraint.crashes().seen(order.workers(), now);
    return create(order, restraint, now);
  }

  /** A job that is not followed yet stays assigned when it was: an operator that starts again must not stop its workers. */
  private void assign(Order order) {
    List<JobRef> earlier = order.before() == null ? List.of() : order.before().jobs();
    List<JobRef> working = order.expected().stream().filter(job -> active.find(job).isPresent() || earlier.contains(job)).toList();
    Set<String> draining = order.plan().draining();
    Set<String> overdue = draining.stream().filter(order.overdue()::contains).collect(Collectors.toUnmodifiableSet());
    Assignment next = new Assignment(working, only(working, order.paused()), only(working, order.ending()), draining, overdue);
    if (!next.equals(order.before())) {
      pools.assign(order.ref(), next);
    }
  }

  private static Set<JobRef> only(List<JobRef> working, Set<JobRef> some) {
    return working.stream().filter(some::contains).collect(Collectors.toUnmodifiableSet());
  }

  /** Settles what ended, then removes pods; gives the names of crashed workers of which is known what was inside. */
  private Set<String> end(Order order, PoolMemory memory) {
    Map<String, Pod> byName = order.pods().stream().collect(Collectors.toMap(pod -> pod.getMetadata().getName(), Function.identity()));
    Set<String> explained = new HashSet<>();
    for (Worker worker : order.plan().remove()) {
      Pod pod = byName.get(worker.name());
      String found = "";
      if (worker.stage() == Worker.Stage.CRASHED) {
        EndedWorkers.Crash crash = ended.crashed(order.ref(), pod, order.jobs());
        found = "; " + crash.message();
        if (crash.explained()) {
          explained.add(worker.name());
        }
      } else if (worker.gone()) {
        ended.left(order.ref(), worker.name(), order.jobs());
      }
      if (order.plan().lost().contains(worker)) {
        events.warning(order.pool(), "WorkerLost", worker.name() + ": " + PodStages.ending(pod) + found);
      }
      fleet.remove(pod);
      if (worker.gone()) {
        memory.buried(worker.name());
      }
    }
    // a heartbeat without a pod is of a worker whose end nobody saw
    order.seen().forEach((name, seen) -> {
      if (!byName.containsKey(name) && !seen.fresh()) {
        ended.left(order.ref(), name, order.jobs());
      }
    });
    return explained;
  }

  private Done create(Order order, Restraint restraint, Instant now) {
    Optional<String> refused = restraint.refusals().current(now);
    int missing = order.plan().create();
    if (missing == 0 || refused.isPresent()) {
      return new Done(0, refused.map(Realize::refusal).orElse(""), true, Duration.ZERO);
    }
    List<PodTemplateRules.Violation> violations = rules.check(order.pool().getSpec().template());
    if (!violations.isEmpty()) {
      return new Done(0, "spec." + violations.getFirst(), true, Duration.ZERO);
    }
    Duration delay = restraint.crashes().left(now);
    int allowed = restraint.crashes().allowed(missing, now);
    Optional<Duration> longestCall = jobs.longestCall(order.ref());
    SlowStart.Outcome<Pod> outcome = SlowStart.make(allowed, () -> fleet.create(order.pool(), longestCall));
    for (Pod pod : outcome.made()) {
      restraint.refusals().made();
      restraint.crashes().made(pod.getMetadata().getName(), now);
      cache.accept(pod);
    }
    return outcome.refused().map(refusal -> refused(outcome.made().size(), refusal, restraint, now))
        .orElseGet(() -> new Done(outcome.made().size(), "", true, delay));
  }

  private static Done refused(int created, KubernetesClientException refusal, Restraint restraint, Instant now) {
    boolean lasting = lasting(refusal);
    if (lasting) {
      restraint.refusals().refused(words(refusal), now);
    }
    return new Done(created, refusal(words(refusal)), lasting, Duration.ZERO);
  }

  /** Whether the same request would be refused again: by a quota or a policy, not for a conflict or by an API server in need. */
  private static boolean lasting(KubernetesClientException e) {
    return e.getCode() == HttpURLConnection.HTTP_FORBIDDEN || e.getCode() == HttpURLConnection.HTTP_BAD_REQUEST
        || e.getCode() == UNPROCESSABLE;
  }

  private static String words(KubernetesClientException e) {
    return e.getStatus() == null || e.getStatus().getMessage() == null ? e.getMessage() : e.getStatus().getMessage();
  }

  private static String refusal(String words) {
    return "the API server refuses worker pods: " + words;
  }
}
