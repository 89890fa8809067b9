package dev.longshore.runtime.local;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import dev.longshore.operator.OperatorService;
import dev.longshore.processor.Processors;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.memory.MemoryWorkQueues;
import dev.longshore.queue.rabbitmq.RabbitSettings;
import dev.longshore.queue.rabbitmq.RabbitWorkQueues;
import dev.longshore.runtime.OperatorRole;
import dev.longshore.runtime.PluginFolder;
import dev.longshore.runtime.Termination;
import dev.longshore.runtime.WorkerAssembly;
import dev.longshore.runtime.console.CommandException;
import dev.longshore.runtime.console.ExitCode;
import dev.longshore.runtime.console.ProgressDisplay;
import dev.longshore.runtime.local.kube.CustomResourceInstaller;
import dev.longshore.runtime.local.kube.LocalKubernetes;
import dev.longshore.runtime.local.pods.PodRunner;
import dev.longshore.runtime.local.pods.WorkerStarter;
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
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jboss.logging.Logger;

/** Everything that a cluster has, on this machine: the API, the operator in this process, and a pod runner in place of a kubelet. */
final class LocalCluster implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(LocalCluster.class);
  private static final Duration LEASE = Duration.ofSeconds(15);
  private static final String WORKER_SECRET = "longshore-worker";
  private static final int CONFLICTS = 20;
  private static final Duration DRAIN = Duration.ofSeconds(60);
  /** No image is pulled here: the name stands for this process's own software. */
  private static final String IMAGE = "docker.io/longshore/longshore:local";

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
    client = own(new KubernetesClientBuilder().withConfig(services.kubernetes()).build());
    new CustomResourceInstaller(client, LocalCluster.class.getClassLoader()).install(client);
    Pools pools;
    WorkQueues queues;
    if (request.embedded()) {
      ScheduledExecutorService delays = Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().name("delays").factory());
      own(delays::shutdownNow);
      ledger = own(new MemoryLedger(InstantSource.system(), LEASE));
      pools = own(new MemoryPools(InstantSource.system()));
      queues = own(new MemoryWorkQueues(delays));
    } else {
      RedisConnection store = own(new RedisConnection(services.store()));
      ledger = own(new RedisLedger(store, LEASE));
      pools = own(new RedisPools(store));
      RabbitWorkQueues rabbit = own(RabbitWorkQueues.ofOperator(services.broker()));
      rabbit.declareLadder();
      queues = rabbit;
      require("the store", ledger.health().up(), ledger.health().message());
      require("the broker", queues.health().up(), queues.health().message());
    }
    namespaces().forEach(this::prepare);
    operator = role.startLocal(client, ledger, pools, queues, IMAGE);
    own(operator::stop);
    pods = request.embedded()
        ? PodRunner.embedded(client, embeddedWorkers(pools, queues), IMAGE, InstantSource.system())
        : PodRunner.ofProcesses(client, services.children(), WorkerJvm.command(IMAGE, plugins()), services.state().path(), InstantSource.system());
    own(() -> pods.close(DRAIN));
    pods.start();
    for (HasMetadata other : request.manifests().others()) {
      createOrUpdate(inNamespace(other));
    }
  }

  private WorkerStarter embeddedWorkers(Pools pools, WorkQueues queues) {
    return pod -> new EmbeddedWorker(pod, environment -> {
      Processors processors = new Processors(services.children(), environment::get, PluginFolder.given());
      return new EmbeddedWorker.Parts(
          workers.worker(new PoolRef(pod.namespace(), environment.get("LONGSHORE_POOL")), pod.name(), ledger, pools, queues, processors, environment),
          processors);
    });
  }

  private boolean plugins() {
    return request.manifests().jobs().stream().map(BatchJob::getSpec)
        .anyMatch(spec -> spec.processor().plugin() != null || spec.fallback() != null && spec.fallback().plugin() != null);
  }

  private static void require(String what, boolean up, String message) {
    if (!up) {
      throw new CommandException(ExitCode.ENVIRONMENT, what + " cannot be used: " + message);
    }
  }

  private static HasMetadata inNamespace(HasMetadata resource) {
    if (resource.getMetadata().getNamespace() == null) {
      resource.getMetadata().setNamespace("default");
    }
    return resource;
  }

  private Set<String> namespaces() {
    Set<String> names = new TreeSet<>();
    request.manifests().jobs().forEach(job -> names.add(job.getMetadata().getNamespace()));
    request.manifests().others().forEach(other -> names.add(inNamespace(other).getMetadata().getNamespace()));
    return names;
  }

  /** Makes the namespace, and in it the Secret from which workers know broker and store; embedded ones need neither. */
  private void prepare(String namespace) {
    if (client.namespaces().withName(namespace).get() == null) {
      client.resource(new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build()).create();
    }
    Map<String, String> values = request.embedded() ? Map.of() : addresses();
    createOrUpdate(new SecretBuilder().withNewMetadata().withName(WORKER_SECRET).withNamespace(namespace).endMetadata()
        .withStringData(values).build());
  }

  private Map<String, String> addresses() {
    RabbitSettings broker = services.broker();
    RedisSettings store = services.store();
    Map<String, String> values = new HashMap<>();
    values.put("LONGSHORE_RABBITMQ_URL", broker.url());
    values.put("LONGSHORE_RABBITMQ_USERNAME", broker.username());
    values.put("LONGSHORE_RABBITMQ_PASSWORD", broker.password());
    values.put("LONGSHORE_REDIS_URL", store.url());
    values.put("LONGSHORE_REDIS_USERNAME", store.username());
    values.put("LONGSHORE_REDIS_PASSWORD", store.password());
    broker.tls().all().forEach(pem -> values.put(pem.option(), pem.read()));
    store.tls().all().forEach(pem -> values.put(pem.option(), pem.read()));
    values.values().removeIf(Objects::isNull);
    return values;
  }

  /** Creates the job, or finds the one that an earlier run with the same state left. */
  JobRef apply(BatchJob job) {
    BatchJob there = createOrUpdate(job);
    return new JobRef(there.getMetadata().getNamespace(), there.getMetadata().getName(), there.getMetadata().getUid());
  }

  /** The operator, which is at work already, may write to what is there between the reading and the update. */
  private <T extends HasMetadata> T createOrUpdate(T wanted) {
    for (int tries = 1;; tries++) {
      try {
        return client.resource(wanted).createOr(NonDeletingOperation::update);
      } catch (KubernetesClientException e) {
        if (e.getCode() != HttpURLConnection.HTTP_CONFLICT || tries == CONFLICTS) {
          throw e;
        }
      }
    }
  }

  BatchJob get(JobRef job) {
    BatchJob found = client.resources(BatchJob.class).inNamespace(job.namespace()).withName(job.name()).get();
    if (found == null) {
      throw new CommandException(ExitCode.FAILED, "the BatchJob " + job + " was deleted");
    }
    return found;
  }

  Ledger ledger() {
    return ledger;
  }

  /** What runs where, for people. */
  List<String> describe() {
    List<String> lines = new ArrayList<>();
    LocalKubernetes api = services.localApi();
    lines.add("kubernetes: " + (api == null ? "context " + request.context().orElseThrow() : api.describe())
        + (request.embedded() ? "; queue, ledger and workers: in this process, in memory: nothing of it survives it"
        : "; rabbitmq: " + services.broker().url() + (request.broker().isPresent() ? "" : " (private)")
            + "; redis: " + services.store().url() + (request.redis().isPresent() ? "" : " (private)")));
    if (!services.state().isTemporary()) {
      lines.add("state: " + services.state().path() + " (logs in logs/)");
    }
    return lines;
  }

  /** Lets the workers finish what they have and hand back the rest; no new ones are started. */
  void drain() {
    operator.stop();
    pods.close(DRAIN);
  }

  /** Leaves a kubeconfig by which the command line finds this operator, says so, and waits for the end. */
  void stayUp(ProgressDisplay display, Termination termination) throws IOException, InterruptedException {
    String address = "http://127.0.0.1:" + ConfigProvider.getConfig().getValue("quarkus.http.port", Integer.class);
    LocalKubernetes api = services.localApi();
    display.say("Staying up until Ctrl-C. HTTP: " + address + "/api/v1/batchjobs");
    if (api != null) {
      Path kubeconfig = KeptKubeconfig.write(api.kubeconfig(), services.state().path().resolve("kubeconfig"), address);
      display.say("  export KUBECONFIG=" + kubeconfig + "\n  longshore get" + api.kubectl().map(k -> "\n  " + k + " get bj").orElse(""));
    }
    termination.await();
  }

  @Override
  public void close() {
    for (AutoCloseable part : parts) {
      try {
        part.close();
      } catch (Exception e) {
        LOG.warnf("part=%s reason=\"%s\" the end was not clean", part.getClass().getSimpleName(), e.getMessage());
      }
    }
  }

  private <T extends AutoCloseable> T own(T part) {
    parts.push(part);
    return part;
  }
}
