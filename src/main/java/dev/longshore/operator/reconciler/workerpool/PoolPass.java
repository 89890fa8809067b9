package dev.longshore.operator.reconciler.workerpool;

import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import dev.longshore.metrics.PoolLabels;
import dev.longshore.operator.autoscaler.Ceiling;
import dev.longshore.operator.autoscaler.Ceilings;
import dev.longshore.operator.autoscaler.Collect;
import dev.longshore.operator.autoscaler.Collect.Wishes;
import dev.longshore.operator.autoscaler.Decision;
import dev.longshore.operator.autoscaler.Evaluate;
import dev.longshore.operator.autoscaler.Execute;
import dev.longshore.operator.autoscaler.Execute.Plan;
import dev.longshore.operator.autoscaler.PoolMemory;
import dev.longshore.operator.autoscaler.Recorded;
import dev.longshore.operator.autoscaler.Restraint;
import dev.longshore.operator.autoscaler.ScaleInput;
import dev.longshore.operator.autoscaler.Worker;
import dev.longshore.operator.meters.OperatorMeters;
import dev.longshore.operator.meters.PoolCount;
import dev.longshore.operator.pods.PodFleet;
import dev.longshore.operator.pods.PodStages;
import dev.longshore.operator.reconciler.KnownJobs;
import dev.longshore.operator.status.PoolFigures;
import dev.longshore.operator.status.Trouble;
import dev.longshore.store.Pools;
import dev.longshore.store.Pools.Assignment;
import dev.longshore.store.Pools.Seen;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** One pass over one pool: collect, evaluate, execute, realize. */
final class PoolPass {
  /** For a worker whose drain has outlasted its limit, to hand on what it has. */
  private static final Duration CUT_SHORT = Duration.ofSeconds(10);

  private final KnownJobs jobs;
  private final Pools pools;
  private final Collect collect;
  private final Evaluate evaluate = new Evaluate();
  private final Execute execute = new Execute();
  private final Realize realize;
  private final OperatorMeters meters;
  private final InstantSource clock;
  private final PodFleet fleet;
  private final Map<String, PoolMemory> memories = new ConcurrentHashMap<>();
  private final Map<String, Restraint> restraints = new ConcurrentHashMap<>();
  private final Map<String, Template> templates = new ConcurrentHashMap<>();

  PoolPass(KnownJobs jobs, Pools pools, PodFleet fleet, Collect collect, Realize realize, OperatorMeters meters,
      InstantSource clock) {
    this.jobs = jobs;
    this.pools = pools;
    this.fleet = fleet;
    this.collect = collect;
    this.realize = realize;
    this.meters = meters;
    this.clock = clock;
  }

  /**
   * What a pass found and did.
   *
   * @param running workers whose process runs
   * @param trouble what keeps the pool from getting further
   * @param seen the heartbeats
   * @param again how long until the next pass, if nothing is heard of the pool before
   */
  record Result(PoolFigures figures, int running, Trouble trouble, Map<String, Seen> seen, Duration again) {
    /** Whether nobody is there to be watched. */
    boolean empty() {
      return figures.replicas() == 0 && seen.isEmpty();
    }
  }

  /** What pods are made from, hashed once for each generation of a pool. */
  private record Template(long generation, String hash) {}

  Result run(WorkerPool pool, Collection<Pod> known) {
    Instant now = clock.instant();
    PoolMemory earlier = memories.get(pool.getMetadata().getUid());
    List<Pod> pods = known.stream().filter(pod -> earlier == null || !earlier.isBuried(pod.getMetadata().getName())).toList();
    PoolRef ref = new PoolRef(pool.getMetadata().getNamespace(), pool.getMetadata().getName());
    Pools.Reading read = pools.read(ref);
    Map<String, Seen> seen = read.heartbeats();
    Optional<Assignment> assignment = read.assignment();
    List<JobRef> expected = jobs.of(ref);
    Set<JobRef> paused = jobs.paused(ref);
    Set<JobRef> ending = jobs.ending(ref);
    String template = template(pool);
    List<Worker> workers = pods.stream().map(pod -> PodStages.worker(pod, seen.get(pod.getMetadata().getName()), template)).toList();
    PoolMemory memory = memories.computeIfAbsent(pool.getMetadata().getUid(), uid -> remember(pool, workers, assignment, now));
    Wishes wishes = PoolWishes.of(pool, expected.isEmpty());

    memory.seen(known.stream().map(pod -> pod.getMetadata().getName()).toList());
    Restraint restraint = restraints.computeIfAbsent(pool.getMetadata().getUid(), uid -> new Restraint());
    List<Ceiling> ceilings = Ceilings.of(workers, memory.draining(), restraint.refusals().current(now));
    ScaleInput input = collect.collect(wishes, memory, workers, new Collect.Jobs(expected, paused, ending), ceilings, now);
    Decision decision = evaluate.evaluate(input);
    Recorded recorded = new Recorded(now, input, decision);
    if (memory.isNews(recorded)) {
      pools.record(ref, recorded.line());
      meters.decided(labels(pool), decision);
    }
    Set<String> overdue = memory.overdue(wishes.drainTimeout(), now);
    Plan plan = execute.plan(decision.desired(), ceilings, workers, memory.draining(),
        memory.overdue(wishes.drainTimeout().plus(CUT_SHORT), now));
    memory.decided(decision, wishes.policy().reach(), now);
    memory.draining(plan.draining(), now);

    Realize.Done done = realize.realize(new Realize.Order(pool, ref, pods, plan, workers, seen, assignment.orElse(null), expected, paused,
        ending, overdue), memory, restraint, now);
    int present = (int) workers.stream().filter(worker -> !worker.gone()).count() + done.created();
    int busy = (int) workers.stream().filter(Worker::busy).count();
    long chunks = workers.stream().filter(worker -> worker.seen() != null && !worker.gone())
        .mapToLong(worker -> worker.seen().heartbeat().chunks()).sum();
    int running = (int) workers.stream().filter(worker -> !worker.gone() && worker.stage() != Worker.Stage.PENDING).count();
    // A refusal of this very pass counts.
    List<Ceiling> reached = Ceilings.of(workers, plan.draining(), restraint.refusals().current(now));
    Trouble trouble = Trouble.of(done.problem(), restraint.crashes().crashes(), restraint.crashes().held(now), workers);
    Decision.LimitedBy limitedBy = trouble.limit(Ceilings.limitedBy(decision, reached));
    meters.passed(ref, count(labels(pool), input, decision, workers, limitedBy.reason()), plan.lost().size());
    return new Result(new PoolFigures(decision.desired(), present, input.ready(), busy, plan.draining().size(), chunks,
        limitedBy, decision.atRisk()), running, trouble, seen,
        NextPass.after(input, decision, plan, done, restraint.refusals().left(now)));
  }

  private static PoolLabels labels(WorkerPool pool) {
    return PoolLabels.of(pool.getMetadata().getNamespace(), pool.getMetadata().getName(), PoolWishes.ownedByJob(pool));
  }

  private static PoolCount count(PoolLabels labels, ScaleInput input, Decision decision, List<Worker> workers, String limitedBy) {
    int busy = (int) workers.stream().filter(Worker::busy).filter(worker -> !worker.leaving()).count();
    int pending = (int) workers.stream().filter(worker -> worker.stage() == Worker.Stage.PENDING && !worker.leaving()).count();
    return new PoolCount(labels, Math.max(0, input.ready() - busy), busy, input.draining(), Math.max(0, input.starting() - pending), pending,
        decision.desired(), input.bounds().max(), limitedBy, decision.atRisk().size());
  }

  void forget(WorkerPool pool) {
    memories.remove(pool.getMetadata().getUid());
    restraints.remove(pool.getMetadata().getUid());
    templates.remove(pool.getMetadata().getUid());
  }

  private String template(WorkerPool pool) {
    long generation = pool.getMetadata().getGeneration();
    return templates.compute(pool.getMetadata().getUid(), (uid, before) -> before != null && before.generation() == generation ? before
        : new Template(generation, fleet.template(pool))).hash();
  }

  private static PoolMemory remember(WorkerPool pool, List<Worker> workers, Optional<Assignment> assignment, Instant now) {
    int running = (int) workers.stream().filter(worker -> !worker.gone()).count();
    Integer desired = pool.getStatus() == null ? null : pool.getStatus().desired();
    return new PoolMemory(desired == null ? running : desired, assignment.map(Assignment::draining).orElse(Set.of()), now);
  }
}
