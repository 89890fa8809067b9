package dev.longshore.operator;

import dev.longshore.operator.mapping.JobSpecMapping;
import dev.longshore.operator.pods.PodFleet;
import dev.longshore.operator.pods.PodNames;
import dev.longshore.operator.pods.PodTemplateRules;
import dev.longshore.operator.pods.PoolBudgets;
import dev.longshore.operator.pods.WorkerPods;
import dev.longshore.operator.progress.ActiveJobs;
import dev.longshore.operator.progress.ProgressLoop;
import dev.longshore.operator.reconciler.Events;
import dev.longshore.operator.reconciler.KnownJobs;
import dev.longshore.operator.reconciler.Parts;
import dev.longshore.operator.reconciler.Wake;
import dev.longshore.operator.reconciler.batchjob.BatchJobReconciler;
import dev.longshore.operator.reconciler.workerpool.WorkerPoolReconciler;
import dev.longshore.operator.status.PoolBoard;
import dev.longshore.operator.status.StatusWriter;
import dev.longshore.queue.WorkQueues;
import dev.longshore.store.Ledger;
import dev.longshore.store.Pools;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.ConfigurationServiceOverrider;
import io.javaoperatorsdk.operator.api.config.ControllerConfigurationOverrider;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.random.RandomGenerator;

/** The operator: started and stopped by whoever has its client, ledger, pools and queues, which it does not close. */
public final class OperatorService {
  private static final String LEASE = "longshore-operator";
  private static final long RETRY_MILLIS = 500;
  private static final long LONGEST_RETRY_MILLIS = 30_000;

  private final OperatorSettings settings;
  private final ActiveJobs active;
  private final ProgressLoop progress;
  private final Operator operator;
  private final ApiProbe api;
  private final Ledger ledger;
  private final WorkQueues queues;
  private final Runnable leadershipLost;
  private volatile boolean stopping;

  /**
   * Wires the operator; nothing runs before {@link #start}.
   *
   * @param leadershipLost called when another replica works in place of this one: the process must end, two that work would undo each other
   */
  public OperatorService(KubernetesClient client, Ledger ledger, Pools pools, WorkQueues queues, OperatorSettings settings,
      InstantSource clock, MeterRegistry meters, Runnable leadershipLost) {
    this.settings = settings;
    this.leadershipLost = leadershipLost;
    this.ledger = ledger;
    this.queues = queues;
    active = new ActiveJobs(settings.auditQuiet());
    Wake wake = new Wake();
    progress = new ProgressLoop(active, ledger, queues, wake, clock);
    api = new ApiProbe(client);
    operator = new Operator(overrider -> configure(overrider, client));
    WorkerPods pods = new WorkerPods(settings.workerImage(), settings.imagePullSecrets(), settings.workerResources());
    Parts parts = new Parts(client, ledger, pools, queues, active, new KnownJobs(active), progress, new JobSpecMapping(settings.policy()),
        new PodFleet(client, pods, new PodNames(RandomGenerator.getDefault())),
        new PodTemplateRules(Set.copyOf(settings.policy().serviceAccounts())), new PoolBudgets(client), new PoolBoard(),
        new StatusWriter(client), new Events(client, clock), wake, clock);
    operator.register(new BatchJobReconciler(parts), this::watch);
    operator.register(new WorkerPoolReconciler(parts, () -> operator.getRuntimeInfo().isStarted()), this::watch);
    Gauge.builder("longshore.operator.active.jobs", active, jobs -> jobs.all().size())
        .description("Jobs that the operator follows").register(meters);
  }

  /** Returns once all resources have been read (and, with leader election, once the election has begun). */
  public void start() {
    api.start();
    operator.start();
    progress.start();
  }

  public void stop() {
    stopping = true;
    api.close();
    progress.close();
    operator.stop();
  }

  /** Whether it can do its work; with what is wrong when not. */
  public Health health() {
    if (!operator.getRuntimeInfo().isStarted()) {
      return new Health(false, "not started");
    }
    Optional<String> away = api.problem();
    if (away.isPresent()) {
      return new Health(false, "the Kubernetes API is away: " + away.get());
    }
    if (!operator.getRuntimeInfo().allEventSourcesAreHealthy()) {
      return new Health(false, "watches on the Kubernetes API are down: " + operator.getRuntimeInfo().unhealthyEventSources().keySet());
    }
    if (!ledger.health().up()) {
      return new Health(false, "ledger: " + ledger.health().message());
    }
    return new Health(queues.health().up(), queues.health().up() ? "" : "broker: " + queues.health().message());
  }

  /** Whether it can do its work, and what is wrong when it cannot. */
  public record Health(boolean up, String message) {}

  private void configure(ConfigurationServiceOverrider overrider, KubernetesClient client) {
    overrider.withKubernetesClient(client).withCloseClientOnStop(false).checkingCRDAndValidateLocalModel(false)
        .withUseSSAToPatchPrimaryResource(false).withExecutorService(Executors.newVirtualThreadPerTaskExecutor());
    if (settings.leaderElection()) {
      LeaderCallbacks callbacks = new LeaderCallbacks(() -> {}, this::stopLeading, leader -> {});
      overrider.withLeaderElectionConfiguration(new LeaderElectionConfiguration(LEASE, settings.leaseNamespace(),
          LeaderElectionConfiguration.LEASE_DURATION_DEFAULT_VALUE, LeaderElectionConfiguration.RENEW_DEADLINE_DEFAULT_VALUE,
          LeaderElectionConfiguration.RETRY_PERIOD_DEFAULT_VALUE, settings.identity(), callbacks, false));
    }
  }

  /** Also called at a stop, where it is no news. */
  private void stopLeading() {
    if (!stopping) {
      leadershipLost.run();
    }
  }

  private <R extends HasMetadata> void watch(ControllerConfigurationOverrider<R> overrider) {
    overrider.withRetry(new GenericRetry().setInitialInterval(RETRY_MILLIS).setIntervalMultiplier(2).setMaxInterval(LONGEST_RETRY_MILLIS)
        .withoutMaxAttempts());
    if (!settings.watchNamespaces().isEmpty()) {
      overrider.settingNamespaces(settings.watchNamespaces());
    }
  }
}
