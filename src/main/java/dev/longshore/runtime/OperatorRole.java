package dev.longshore.runtime;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.job.FailureGroup;
import dev.longshore.job.ItemResult;
import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import dev.longshore.operator.OperatorService;
import dev.longshore.operator.OperatorSettings;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.rabbitmq.RabbitWorkQueues;
import dev.longshore.rest.JobViews;
import dev.longshore.store.Ledger;
import dev.longshore.store.Pools;
import dev.longshore.store.redis.RedisConnection;
import dev.longshore.store.redis.RedisLedger;
import dev.longshore.store.redis.RedisPools;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/** The operator, in a cluster or in a local run, and what its HTTP shows. */
@ApplicationScoped
public class OperatorRole implements JobViews {
  private static final Logger LOG = Logger.getLogger(OperatorRole.class);

  @Inject
  LongshoreConfig config;

  @Inject
  Connections connections;

  @Inject
  RoleState state;

  @Inject
  MeterRegistry metrics;

  private volatile KubernetesClient client;
  private volatile Ledger ledger;
  private volatile Pools pools;
  /** Empty is all. */
  private volatile Set<String> watched = Set.of();

  int run() throws Exception {
    ConfigBounds.check(config);
    Termination termination = Termination.installBeforeStart();
    try (KubernetesClient kubernetes = new KubernetesClientBuilder().build();
        RedisConnection store = connections.store();
        Ledger accounts = new RedisLedger(store, config.worker().leaseTime(), config.audit().grace());
        Pools pools = new RedisPools(store);
        RabbitWorkQueues queues = RabbitWorkQueues.ofOperator(connections.broker("operator"))) {
      OperatorService service = start(kubernetes, accounts, pools, queues, OperatorConfiguration.settings(config));
      termination.begun();
      termination.await();
      LOG.info("operator=stopping");
      service.stop();
      state.ended();
      return 0;
    }
  }

  /** Starts the operator of a local run. */
  public OperatorService startLocal(KubernetesClient kubernetes, Ledger accounts, Pools pools, WorkQueues queues, String image) {
    ConfigBounds.check(config);
    return start(kubernetes, accounts, pools, queues, OperatorConfiguration.local(image, config.audit().quiet()));
  }

  /** Starts the operator on the given parts; its HTTP then shows them. */
  private OperatorService start(KubernetesClient kubernetes, Ledger untimed, Pools pools, WorkQueues queues, OperatorSettings settings) {
    Ledger accounts = new TimedLedger(untimed, metrics);
    OperatorService service = new OperatorService(kubernetes, accounts, pools, queues, settings, java.time.InstantSource.system(), metrics,
        () -> Runtime.getRuntime().halt(1));
    client = kubernetes;
    ledger = accounts;
    this.pools = pools;
    watched = settings.watchNamespaces();
    ServiceGauges.register(metrics, accounts, queues);
    state.add(new RoleState.Part("redis", false, () -> of(accounts.health().up(), accounts.health().message())));
    state.add(new RoleState.Part("rabbitmq", false, () -> of(queues.health().up(), queues.health().message())));
    state.add(new RoleState.Part("operator", false, () -> of(service.health().up(), service.health().message())));
    service.start();
    return service;
  }

  private static RoleState.Condition of(boolean up, String message) {
    return up ? RoleState.Condition.UP : new RoleState.Condition(false, message);
  }

  @Override
  public List<BatchJob> list(String namespace) {
    var jobs = started().resources(BatchJob.class);
    if (namespace == null && watched.isEmpty()) {
      return jobs.inAnyNamespace().list().getItems();
    }
    Stream<String> namespaces = namespace == null ? watched.stream().sorted() : Stream.of(namespace);
    return namespaces.flatMap(name -> jobs.inNamespace(name).list().getItems().stream()).toList();
  }

  @Override
  public Optional<BatchJob> get(String namespace, String name) {
    return Optional.ofNullable(started().resources(BatchJob.class).inNamespace(namespace).withName(name).get());
  }

  @Override
  public void results(BatchJob job, long fromIndex, Consumer<ItemResult> action) {
    ledger.results(ref(job), fromIndex, action);
  }

  @Override
  public List<FailureGroup> failureGroups(BatchJob job, int max) {
    return ledger.failureGroups(ref(job), max);
  }

  @Override
  public void failures(BatchJob job, Optional<String> fingerprint, Consumer<ItemResult> action) {
    ledger.failures(ref(job), fingerprint, action);
  }

  @Override
  public Optional<List<String>> decisions(String namespace, String pool) {
    boolean there = started().resources(WorkerPool.class).inNamespace(namespace).withName(pool).get() != null;
    return there ? Optional.of(pools.decisions(new PoolRef(namespace, pool))) : Optional.empty();
  }

  private static JobRef ref(BatchJob job) {
    return new JobRef(job.getMetadata().getNamespace(), job.getMetadata().getName(), job.getMetadata().getUid());
  }

  private KubernetesClient started() {
    KubernetesClient now = client;
    if (now == null) {
      throw new IllegalStateException("the operator has not started yet");
    }
    return now;
  }
}
