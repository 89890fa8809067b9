package dev.longshore.runtime.local;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.job.JobRef;
import dev.longshore.operator.OperatorService;
import dev.longshore.operator.mapping.Policy;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.memory.MemoryWorkQueues;
import dev.longshore.queue.rabbitmq.RabbitSettings;
import dev.longshore.queue.rabbitmq.RabbitWorkQueues;
import dev.longshore.runtime.OperatorRole;
import dev.longshore.runtime.Termination;
import dev.longshore.runtime.WorkerAssembly;
import dev.longshore.runtime.console.CommandException;
import dev.longshore.runtime.console.ExitCode;
import dev.longshore.runtime.console.ProgressDisplay;
import dev.longshore.runtime.local.kube.CustomResourceInstaller;
import dev.longshore.runtime.local.pods.PodRunner;
import dev.longshore.store.Ledger;
import dev.longshore.store.Pools;
import dev.longshore.store.memory.MemoryLedger;
import dev.longshore.store.memory.MemoryPools;
import dev.longshore.store.redis.RedisConnection;
import dev.longshore.store.redis.RedisLedger;
import dev.longshore.store.redis.RedisPools;
import dev.longshore.store.redis.RedisSettings;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jboss.logging.Logger;

/** Everything that a cluster has, on this machine: the API, the operator in this process, and a pod runner in place of a kubelet. */
final class LocalCluster implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(LocalCluster.class);
  private static final Duration LEASE = Duration.ofSeconds(15);
  private static final String WORKER_SECRET = "longshore-worker";

  private final RunRequest request;
  private final LocalServices services;
  private final OperatorRole role;
  private final WorkerAssembly workers;
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private KubernetesClient client;
  private Ledger ledger;
  private OperatorService operator;
  private PodRunner pods;

  LocalCluster(RunRequest request, LocalServices services, OperatorRole role, WorkerAssembly workers) {
    this.request = request;
    this.services = services;
    this.role = role;
    this.workers = workers;
  }

  void start() throws IOException {
    client = own(new KubernetesClientBuilder().withConfig(services.kubernetesConfig()).build());
    new CustomResourceInstaller(client, LocalCluster.class.getClassLoader()).install(client);
    Pools pools;
    WorkQueues queues;
    if (request.embedded()) {
      ledger = own(new MemoryLedger(InstantSource.system(), LEASE));
      pools = own(new MemoryPools(InstantSource.system()));
      queues = own(new MemoryWorkQueues(InstantSource.system()));
    } else {
      RedisConnection store = own(new RedisConnection(services.store()));
      ledger = own(new RedisLedger(store, LEASE));
      pools = own(new RedisPools(store));
      queues = own(new RabbitWorkQueues(services.broker()));
    }
    requireHealthy(queues);
    namespaces().forEach(this::prepare);
    operator = own(role.start(client, ledger, pools, queues, OperatorSettingsFactory.local(Policy.local())));
    pods = own(request.embedded()
        ? PodRunner.embedded(client, services.state().path(), start -> workers.embedded(start, ledger, pools, queues, services.children()))
        : PodRunner.processes(client, services.children(), WorkerJvm.command(), services.state().path()));
    pods.start();
    request.manifests().others().forEach(other -> client.resource(other).createOr(existing -> existing.update()));
  }

  private <T extends AutoCloseable> T own(T part) {
    parts.push(part);
    return part;
  }
}
