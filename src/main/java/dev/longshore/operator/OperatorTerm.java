package dev.longshore.operator;

import dev.longshore.operator.leftovers.Leftovers;
import dev.longshore.operator.leftovers.Patience;
import dev.longshore.operator.leftovers.Sweep;
import dev.longshore.operator.mapping.JobSpecMapping;
import dev.longshore.operator.meters.OperatorGauges;
import dev.longshore.operator.meters.OperatorMeters;
import dev.longshore.operator.pods.PodFleet;
import dev.longshore.operator.pods.PodNames;
import dev.longshore.operator.pods.PodTemplateRules;
import dev.longshore.operator.pods.PoolBudgets;
import dev.longshore.operator.pods.WorkerPods;
import dev.longshore.operator.progress.ActiveJobs;
import dev.longshore.operator.progress.LadderKeeper;
import dev.longshore.operator.progress.ProgressLoop;
import dev.longshore.operator.progress.WorkerWatch;
import dev.longshore.operator.reconciler.EndingNamespaces;
import dev.longshore.operator.reconciler.Events;
import dev.longshore.operator.reconciler.GiveWay;
import dev.longshore.operator.reconciler.KnownJobs;
import dev.longshore.operator.reconciler.Parts;
import dev.longshore.operator.reconciler.Wake;
import dev.longshore.operator.reconciler.batchjob.BatchJobReconciler;
import dev.longshore.operator.reconciler.workerpool.WorkerPoolReconciler;
import dev.longshore.operator.status.PoolBoard;
import dev.longshore.operator.status.StatusPace;
import dev.longshore.operator.status.StatusWriter;
import dev.longshore.queue.WorkQueues;
import dev.longshore.store.Ledger;
import dev.longshore.store.Pools;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.ConfigurationServiceOverrider;
import io.javaoperatorsdk.operator.api.config.ControllerConfigurationOverrider;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/** One time of acting: from a start with empty caches to an end after which nothing of it runs. The next time is another one. */
final class OperatorTerm {
  private static final long RETRY_MILLIS = 500;
  private static final long LONGEST_RETRY_MILLIS = 30_000;

  private final OperatorSettings settings;
  private final ActiveJobs active;
  private final ProgressLoop progress;
  private final WorkerWatch workers;
  private final Sweep sweep;
  private final LadderKeeper ladder;
  private final ReconcileTimes times;
  private final Leftovers leftovers;
  private final OperatorGauges gauges;
  private final Operator operator;
  private final ExecutorService passes = Executors.newVirtualThreadPerTaskExecutor();
  private final Set<String> served;

  /** @param served the namespaces that it looks at; empty is all */
  OperatorTerm(KubernetesClient client, Ledger ledger, Pools pools, WorkQueues queues, OperatorSettings settings, InstantSource clock,
      MeterRegistry registry, OperatorMeters meters, Set<String> served, EndingNamespaces ending) {
    this.settings = settings;
    this.served = served;
    this.times = new ReconcileTimes(registry);
    active = new ActiveJobs(settings.auditQuiet());
    Wake wake = new Wake();
    progress = new ProgressLoop(active, ledger, queues, wake, clock);
    workers = new WorkerWatch(pools, wake);
    operator = new Operator(overrider -> configure(overrider, client));
    WorkerPods pods = new WorkerPods(settings.workerImage(), settings.imagePullSecrets(), settings.workerResources());
    Events events = new Events(client, clock);
    leftovers = new Leftovers(client, settings.leaseNamespace());
    KnownJobs known = new KnownJobs(active);
    gauges = new OperatorGauges(meters, active, known, queues, clock);
    Parts parts = new Parts(client, ledger, pools, queues, active, known, progress, workers, new JobSpecMapping(settings.policy()),
        new PodFleet(client, pods, new PodNames(RandomGenerator.getDefault())),
        new PodTemplateRules(Set.copyOf(settings.policy().serviceAccounts())), new PoolBudgets(client), new PoolBoard(),
        new StatusWriter(client, passes), new StatusPace(), events,
        new GiveWay(new Patience(settings.finalizerPatience(), clock), leftovers, ending, events),
        meters, wake, passes, clock);
    sweep = new Sweep(leftovers, client, queues, ledger, pools);
    ladder = new LadderKeeper(queues, clock);
    operator.register(new BatchJobReconciler(parts), jobs -> {
      watch(jobs);
      jobs.withGenericFilter(BatchJobReconciler::concerns);
    });
    operator.register(new WorkerPoolReconciler(parts, this::started), this::watch);
  }

  /** Returns once all resources have been read; throws when the API does not let it. */
  void start() {
    operator.start();
    progress.start();
    workers.start();
    sweep.start();
    ladder.start();
    gauges.start();
  }

  boolean started() {
    return operator.getRuntimeInfo().isStarted();
  }

  /** What keeps it from seeing the resources; empty when it does. */
  String unhealthy() {
    return operator.getRuntimeInfo().allEventSourcesAreHealthy() ? ""
        : "watches on the Kubernetes API are down: " + operator.getRuntimeInfo().unhealthyEventSources().keySet();
  }

  /** What clean-ups had to leave. */
  Leftovers leftovers() {
    return leftovers;
  }

  int activeJobs() {
    return active.all().size();
  }

  /** No pass begins from now on, and those that run are interrupted. */
  void fence() {
    passes.shutdownNow();
    progress.close();
    workers.close();
    sweep.close();
    ladder.close();
    gauges.close();
  }

  void stop() {
    progress.close();
    workers.close();
    sweep.close();
    ladder.close();
    gauges.close();
    operator.stop();
  }

  /** Waits for the passes that run; false when one goes on for longer than {@code patience}. */
  boolean awaitEnd(Duration patience) throws InterruptedException {
    return passes.awaitTermination(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void configure(ConfigurationServiceOverrider overrider, KubernetesClient client) {
    overrider.withKubernetesClient(client).withCloseClientOnStop(false).checkingCRDAndValidateLocalModel(false)
        .withUseSSAToPatchPrimaryResource(false).withExecutorService(passes).withMetrics(times);
  }

  private <R extends HasMetadata> void watch(ControllerConfigurationOverrider<R> overrider) {
    overrider.withRetry(new GenericRetry().setInitialInterval(RETRY_MILLIS).setIntervalMultiplier(2).setMaxInterval(LONGEST_RETRY_MILLIS)
        .withoutMaxAttempts());
    if (!served.isEmpty()) {
      overrider.settingNamespaces(served);
    }
  }
}
