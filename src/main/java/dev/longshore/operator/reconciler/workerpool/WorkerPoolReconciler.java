package dev.longshore.operator.reconciler.workerpool;

import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.api.v1alpha1.WorkerPoolStatus;
import dev.longshore.job.PoolRef;
import dev.longshore.operator.autoscaler.Collect;
import dev.longshore.operator.pods.PodFleet;
import dev.longshore.operator.pods.WorkerPods;
import dev.longshore.operator.progress.ActiveJob;
import dev.longshore.operator.progress.ActiveJobs;
import dev.longshore.operator.reconciler.ApiAnswer;
import dev.longshore.operator.reconciler.Parts;
import dev.longshore.operator.reconciler.Wake;
import dev.longshore.operator.status.PoolBoard;
import dev.longshore.operator.status.PoolStates;
import dev.longshore.operator.status.StatusWriter;
import dev.longshore.store.Pools;
import dev.longshore.store.StoreFullException;
import dev.longshore.store.StoreUnavailableException;
import io.fabric8.kubernetes.api.model.Pod;
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
import java.util.Set;
import java.util.function.BooleanSupplier;

/** Keeps as many workers in each pool as its jobs need. A pool that goes takes its pods and its keys with it. */
@ControllerConfiguration(name = "workerpool", finalizerName = WorkerPoolReconciler.FINALIZER)
public final class WorkerPoolReconciler implements Reconciler<WorkerPool>, Cleaner<WorkerPool> {
  public static final String FINALIZER = "longshore.dev/workerpool";
  private static final Duration SOON = Duration.ofMillis(50);
  private static final Duration PASS = Duration.ofSeconds(1);

  private final PoolPass pass;
  private final Pools pools;
  private final ActiveJobs active;
  private final PodFleet fleet;
  private final PoolBoard board;
  private final StatusWriter statuses;
  private final Wake wake;
  private final BooleanSupplier synced;
  private final InstantSource clock;
  private InformerEventSource<Pod, WorkerPool> pods;

  /** @param synced whether the cached jobs are complete: before that a pool would seem to have no work */
  public WorkerPoolReconciler(Parts parts, BooleanSupplier synced) {
    this.pools = parts.pools();
    this.active = parts.active();
    this.fleet = parts.fleet();
    this.board = parts.board();
    this.statuses = parts.statuses();
    this.wake = parts.wake();
    this.synced = synced;
    this.clock = parts.clock();
    Realize realize = new Realize(parts, pod -> pods.handleRecentResourceCreate(ResourceID.fromResource(pod), pod));
    this.pass = new PoolPass(parts.known(), pools, fleet, new Collect(active), realize, clock);
  }

  @Override
  public List<EventSource<?, WorkerPool>> prepareEventSources(EventSourceContext<WorkerPool> context) {
    pods = new InformerEventSource<>(InformerEventSourceConfiguration.from(Pod.class, WorkerPool.class)
        .withLabelSelector(WorkerPods.POOL_LABEL)
        .withSecondaryToPrimaryMapper(pod -> Set.of(
            new ResourceID(pod.getMetadata().getLabels().get(WorkerPods.POOL_LABEL), pod.getMetadata().getNamespace())))
        .withNamespacesInheritedFromController().build(), context);
    return List.of(pods, wake.pools());
  }

  @Override
  public UpdateControl<WorkerPool> reconcile(WorkerPool pool, Context<WorkerPool> context) {
    return UpdateControl.<WorkerPool>noUpdate().rescheduleAfter(ApiAnswer.orElse(PASS, () -> pass(pool, context)));
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
    Duration again = PASS;
    try {
      PoolPass.Result result = pass.run(pool, context.getSecondaryResources(Pod.class));
      board.put(ref(pool), result.figures());
      after = states.passed(before, result.figures(), result.crashes(), result.problem());
      again = result.delay().isZero() || result.delay().compareTo(PASS) > 0 ? PASS : result.delay();
    } catch (StoreUnavailableException e) {
      after = states.waiting(before, "LedgerUnavailable", "the ledger is away; the workers stay: " + e.getMessage());
    } catch (StoreFullException e) {
      after = states.waiting(before, "LedgerFull", "the ledger takes no more data; the workers stay: " + e.getMessage());
    }
    statuses.write(pool, after, WorkerPoolStatus.class);
    return again;
  }

  /** Jobs that named the pool wait from here on until there is one of that name again. */
  @Override
  public DeleteControl cleanup(WorkerPool pool, Context<WorkerPool> context) {
    return ApiAnswer.orElse(DeleteControl.noFinalizerRemoval().rescheduleAfter(PASS.toMillis()), () -> remove(pool, context));
  }

  private DeleteControl remove(WorkerPool pool, Context<WorkerPool> context) {
    board.remove(ref(pool));
    for (ActiveJob job : active.of(ref(pool))) {
      active.unfollow(job.ref());
      wake.jobChanged(job.ref());
    }
    Set<Pod> left = context.getSecondaryResources(Pod.class);
    left.forEach(fleet::remove);
    if (!left.isEmpty()) {
      return DeleteControl.noFinalizerRemoval().rescheduleAfter(PASS.toMillis());
    }
    try {
      pools.delete(ref(pool));
    } catch (StoreUnavailableException e) {
      return DeleteControl.noFinalizerRemoval().rescheduleAfter(PASS.toMillis());
    }
    pass.forget(pool);
    statuses.forget(pool);
    return DeleteControl.defaultDelete();
  }

  private static PoolRef ref(WorkerPool pool) {
    return new PoolRef(pool.getMetadata().getNamespace(), pool.getMetadata().getName());
  }
}
