package dev.longshore.operator.reconciler.workerpool;

import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.api.v1alpha1.WorkerPoolStatus;
import dev.longshore.job.PoolRef;
import dev.longshore.operator.autoscaler.Collect;
import dev.longshore.operator.leftovers.Leftover;
import dev.longshore.operator.meters.OperatorMeters;
import dev.longshore.operator.pods.PodFleet;
import dev.longshore.operator.pods.PoolBudgets;
import dev.longshore.operator.pods.WorkerPods;
import dev.longshore.operator.progress.ActiveJob;
import dev.longshore.operator.progress.ActiveJobs;
import dev.longshore.operator.progress.WorkerWatch;
import dev.longshore.operator.reconciler.ApiAnswer;
import dev.longshore.operator.reconciler.GiveWay;
import dev.longshore.operator.reconciler.Parts;
import dev.longshore.operator.reconciler.Wake;
import dev.longshore.operator.status.PoolBoard;
import dev.longshore.operator.status.PoolFigures;
import dev.longshore.operator.status.PoolStates;
import dev.longshore.operator.status.StatusPace;
import dev.longshore.operator.status.StatusWriter;
import dev.longshore.store.Pools;
import dev.longshore.store.StoreFullException;
import dev.longshore.store.StoreUnavailableException;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Cleaner;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.DeleteControl;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** Keeps as many workers in each pool as its jobs need. A pool that goes takes its pods and its keys with it. */
@ControllerConfiguration(name = "workerpool", finalizerName = WorkerPoolReconciler.FINALIZER)
public final class WorkerPoolReconciler implements Reconciler<WorkerPool>, Cleaner<WorkerPool> {
  public static final String FINALIZER = "longshore.dev/workerpool";
  private static final Duration SOON = Duration.ofMillis(50);
  private static final Duration AGAIN = Duration.ofSeconds(1);

  private final PoolPass pass;
  private final Pools pools;
  private final ActiveJobs active;
  private final PodFleet fleet;
  private final PoolBudgets poolBudgets;
  private final PoolBoard board;
  private final StatusWriter statuses;
  private final WorkerWatch workers;
  private final StatusPace pace;
  private final GiveWay giveWay;
  private final Wake wake;
  private final OperatorMeters meters;
  private final BooleanSupplier synced;
  private final InstantSource clock;
  private InformerEventSource<Pod, WorkerPool> pods;
  private InformerEventSource<PodDisruptionBudget, WorkerPool> budgets;

  /** @param synced whether the cached jobs are complete: before that a pool would seem to have no work */
  public WorkerPoolReconciler(Parts parts, BooleanSupplier synced) {
    this.pools = parts.pools();
    this.active = parts.active();
    this.fleet = parts.fleet();
    this.poolBudgets = parts.budgets();
    this.board = parts.board();
    this.statuses = parts.statuses();
    this.pace = parts.pace();
    this.workers = parts.workers();
    this.giveWay = parts.giveWay();
    this.wake = parts.wake();
    this.synced = synced;
    this.clock = parts.clock();
    this.meters = parts.meters();
    Realize realize = new Realize(parts, pod -> pods.handleRecentResourceCreate(ResourceID.fromResource(pod), pod));
    this.pass = new PoolPass(parts.known(), pools, fleet, new Collect(active), realize, parts.meters(), clock);
  }

  @Override
  public List<EventSource<?, WorkerPool>> prepareEventSources(EventSourceContext<WorkerPool> context) {
    pods = ofPools(Pod.class, context);
    budgets = ofPools(PodDisruptionBudget.class, context);
    return List.of(pods, budgets, wake.pools());
  }

  private static <R extends HasMetadata> InformerEventSource<R, WorkerPool> ofPools(Class<R> type, EventSourceContext<WorkerPool> context) {
    return new InformerEventSource<>(InformerEventSourceConfiguration.from(type, WorkerPool.class)
        .withLabelSelector(WorkerPods.POOL_LABEL)
        .withSecondaryToPrimaryMapper(made -> Set.of(
            new ResourceID(made.getMetadata().getLabels().get(WorkerPods.POOL_LABEL), made.getMetadata().getNamespace())))
        .withNamespacesInheritedFromController().build(), context);
  }

  @Override
  public UpdateControl<WorkerPool> reconcile(WorkerPool pool, Context<WorkerPool> context) {
    return UpdateControl.<WorkerPool>noUpdate().rescheduleAfter(ApiAnswer.orElse(AGAIN, pool, () -> pass(pool, context)));
  }

  /** Returns how long until the next pass. */
  private Duration pass(WorkerPool pool, Context<WorkerPool> context) {
    if (!synced.getAsBoolean()) {
      return SOON;
    }
    WorkerPoolStatus before = statuses.current(pool, WorkerPoolStatus.class).orElse(null);
    PoolStates states = new PoolStates(pool.getMetadata().getGeneration(), clock.instant(),
        WorkerPods.selector(pool.getMetadata().getName()));
    WorkerPoolStatus after;
    Duration again = AGAIN;
    try {
      PoolPass.Result result = pass.run(pool, context.getSecondaryResources(Pod.class));
      tell(ref(pool), result.figures());
      after = states.passed(before, result.figures(), result.trouble());
      keepBudget(pool, result.running(), context);
      follow(ref(pool), result);
      again = result.again();
    } catch (StoreUnavailableException e) {
      after = states.waiting(before, "LedgerUnavailable", "the ledger is away; the workers stay: " + e.getMessage());
    } catch (StoreFullException e) {
      after = states.waiting(before, "LedgerFull", "the ledger takes no more data; the workers stay: " + e.getMessage());
    }
    Duration late = write(pool, before, after);
    return late.isZero() || again.compareTo(late) < 0 ? again : late;
  }

  private void follow(PoolRef pool, PoolPass.Result result) {
    if (result.empty()) {
      workers.unfollow(pool);
    } else {
      workers.follow(pool, result.seen());
    }
  }

  /** Returns how long a difference of mere numbers has to wait; zero when nothing waits. */
  private Duration write(WorkerPool pool, WorkerPoolStatus before, WorkerPoolStatus after) {
    if (after.equals(before)) {
      return Duration.ZERO;
    }
    boolean urgent = before == null || !Objects.equals(before.conditions(), after.conditions())
        || !Objects.equals(before.desired(), after.desired());
    Duration late = pace.left(pool.getMetadata().getUid(), clock.instant());
    if (!urgent && late.isPositive()) {
      return late;
    }
    if (statuses.write(pool, after, WorkerPoolStatus.class).isPresent()) {
      pace.written(pool.getMetadata().getUid(), clock.instant());
    }
    return Duration.ZERO;
  }

  /** What limits a pool limits its jobs, and its workers stand in their status: their own numbers may stand still just for that. */
  private void tell(PoolRef pool, PoolFigures now) {
    boolean same = board.find(pool).map(PoolFigures::limitedBy).filter(now.limitedBy()::equals).isPresent();
    board.put(pool, now);
    for (ActiveJob job : active.of(pool)) {
      boolean news = job.workers(now.ready(), now.desired());
      if (news || !same) {
        wake.jobChanged(job.ref());
      }
    }
  }

  private void keepBudget(WorkerPool pool, int running, Context<WorkerPool> context) {
    Optional<PodDisruptionBudget> there = context.getSecondaryResource(PodDisruptionBudget.class);
    poolBudgets.keep(pool, running, there, clock.instant()).ifPresent(written -> {
      ResourceID id = ResourceID.fromResource(written);
      there.ifPresentOrElse(old -> budgets.handleRecentResourceUpdate(id, written, old),
          () -> budgets.handleRecentResourceCreate(id, written));
    });
  }

  /** Jobs that named the pool wait from here on until there is one of that name again. */
  @Override
  public DeleteControl cleanup(WorkerPool pool, Context<WorkerPool> context) {
    return ApiAnswer.orElse(DeleteControl.noFinalizerRemoval().rescheduleAfter(AGAIN.toMillis()), pool, () -> remove(pool, context));
  }

  private DeleteControl remove(WorkerPool pool, Context<WorkerPool> context) {
    board.remove(ref(pool));
    meters.forget(ref(pool));
    workers.unfollow(ref(pool));
    for (ActiveJob job : active.of(ref(pool))) {
      active.unfollow(job.ref());
      wake.jobChanged(job.ref());
    }
    Set<Pod> left = context.getSecondaryResources(Pod.class);
    boolean atOnce = giveWay.atOnce(pool);
    // a namespace that is being deleted would wait for each drain, which hands its items to nobody
    left.forEach(atOnce ? fleet::cut : fleet::remove);
    // there they go by themselves
    if (!left.isEmpty() && !atOnce) {
      giveWay.served(pool);
      return DeleteControl.noFinalizerRemoval().rescheduleAfter(AGAIN.toMillis());
    }
    Optional<String> undone = giveWay.undone(pool, () -> pools.delete(ref(pool)));
    if (undone.isPresent() && giveWay.stays(pool)) {
      return DeleteControl.noFinalizerRemoval().rescheduleAfter(AGAIN.toMillis());
    }
    undone.ifPresent(why -> giveWay.giveWay(pool, new Leftover.OfPool(ref(pool), pool.getMetadata().getUid()),
        "its assignment, heartbeats and decisions are left in the ledger (" + why + ")"));
    giveWay.gone(pool);
    context.getSecondaryResource(PodDisruptionBudget.class).ifPresent(budget -> poolBudgets.remove(pool, budget));
    pass.forget(pool);
    statuses.forget(pool);
    pace.forget(pool.getMetadata().getUid());
    return DeleteControl.defaultDelete();
  }

  private static PoolRef ref(WorkerPool pool) {
    return new PoolRef(pool.getMetadata().getNamespace(), pool.getMetadata().getName());
  }
}
