package dev.longshore.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.job.Chunk;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.operator.OperatorService;
import dev.longshore.operator.OperatorSettings;
import dev.longshore.operator.mapping.Policy;
import dev.longshore.operator.reconciler.KnownJobs;
import dev.longshore.process.ChildProcesses;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.queue.rabbitmq.RabbitSettings;
import dev.longshore.queue.rabbitmq.RabbitWorkQueues;
import dev.longshore.runtime.local.kube.CustomResourceInstaller;
import dev.longshore.runtime.local.kube.KubernetesPrograms;
import dev.longshore.runtime.local.kube.RealKubernetes;
import dev.longshore.store.Ledger;
import dev.longshore.store.redis.RedisConnection;
import dev.longshore.store.redis.RedisLedger;
import dev.longshore.store.redis.RedisPools;
import dev.longshore.store.redis.RedisSettings;
import dev.longshore.testing.Services;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * How soon the operator reacts, between a real kube-apiserver, RabbitMQ and Redis. It runs in this JVM, so that the moment is known at
 * which the confirm of a job's first message reaches it; the moment of a pod is that at which a watch of the test's own shows it. There are
 * no workers: the test says to the ledger what the one that reads a source says. {@code -Dbench.trials} sets how often each is tried.
 */
class ReactionBench {
  @RegisterExtension
  static final Services SERVICES = new Services();
  private static final int TRIALS = Integer.getInteger("bench.trials", 100);
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String NAMESPACE = "default";
  private static final String KEDA = "KEDA, measured on such a machine: ";
  private static final KubernetesSerialization YAML = new KubernetesSerialization();
  /** Of a job: 100 items for each worker. */
  private static final String WORKERS = "workers: {maxReplicas: 20, scaling: {backlogPerWorker: 100}}";
  private static final int ITEMS_OF_TEN = 1_000;

  @TempDir
  Path folder;

  private final ChildProcesses children = new ChildProcesses();
  private final Map<String, Long> confirmed = new ConcurrentHashMap<>();
  private final Map<String, List<Long>> pods = new ConcurrentHashMap<>();
  private RealKubernetes api;
  private KubernetesClient client;
  private RedisConnection redis;
  private Ledger ledger;
  private RabbitWorkQueues queues;
  private OperatorService operator;

  @BeforeEach
  void start() throws Exception {
    api = new RealKubernetes(KubernetesPrograms.require(), children, folder, false, InstantSource.system());
    client = new KubernetesClientBuilder().withConfig(api.clientConfig()).build();
    new CustomResourceInstaller(client, ReactionBench.class.getClassLoader()).install(client);
    redis = new RedisConnection(new RedisSettings(SERVICES.redisUrl(), SERVICES.redisPassword()));
    ledger = new RedisLedger(redis, Duration.ofSeconds(15), Ledger.RETRY_GRACE);
    queues = RabbitWorkQueues.ofOperator(new RabbitSettings(SERVICES.rabbitUrl(), SERVICES.rabbitUsername(), SERVICES.rabbitPassword(),
        "bench"));
    OperatorSettings settings = new OperatorSettings("bench", Set.of(), false, NAMESPACE, "example.org/longshore:1", List.of(),
        OperatorSettings.defaultWorkerResources(), OperatorSettings.AUDIT_QUIET, OperatorSettings.LET_GO_AFTER, Policy.cluster());
    operator = new OperatorService(client, ledger, new RedisPools(redis), noting(queues), settings, InstantSource.system(),
        new SimpleMeterRegistry(), () -> { });
    operator.start();
    client.pods().inNamespace(NAMESPACE).withLabel("longshore.dev/pool").watch(new Watcher<Pod>() {
      @Override
      public void eventReceived(Action action, Pod pod) {
        if (action == Action.ADDED) {
          pods(pod.getMetadata().getLabels().get("longshore.dev/pool")).add(System.nanoTime());
        }
      }

      @Override
      public void onClose(WatcherException cause) {}
    });
  }

  @AfterEach
  void stop() {
    operator.stop();
    queues.close();
    redis.close();
    client.close();
    api.close();
    children.close();
  }

  @Test
  void fromZeroAndAtAStepOfTheBacklog() {
    BenchmarkPage page = new BenchmarkPage("Reaction");
    Times applied = new Times();
    Times shared = new Times();
    Times own = new Times();
    Times tenth = new Times();
    Times step = new Times();
    fromZero("warm-up", new Times(), new Times());
    for (int i = 0; i < TRIALS; i++) {
      fromZero("zero-" + i, shared, applied);
      ownFromZero("own-" + i, own);
      resumed("ten-" + i, tenth);
      grown("step-" + i, step);
    }
    String of = ", median, p99, longest of " + TRIALS;
    page.row("a pool at 0, confirm of its job's first message to pod object" + of, shared.told(), "p50 150 ms, p99 1 s",
        KEDA + "8 s in the middle, up to 26 s; here from the request that makes the job: " + applied.told());
    page.row("a job with a pool of its own, confirm of its first message to pod object" + of, own.told(), "p50 150 ms, p99 1 s", "");
    page.row("a pool at 0 and a backlog for ten workers, from the request that resumes the job to the tenth pod object" + of, tenth.told(),
        "1 s", KEDA + "46 s in the middle, up to 70 s");
    page.row("work for one worker grows to that of ten while the source is read, to the next pod object" + of, step.told(), "p99 1 s",
        "the decision comes before it");
    page.write();
    assertThat(shared.percentile(50)).as("ms, shared: %s", shared).isLessThan(150);
    assertThat(shared.percentile(99)).as("ms, shared: %s", shared).isLessThan(1_000);
    assertThat(own.percentile(50)).as("ms, own: %s", own).isLessThan(150);
    assertThat(own.percentile(99)).as("ms, own: %s", own).isLessThan(1_000);
    assertThat(tenth.percentile(99)).as("ms, tenth: %s", tenth).isLessThan(1_000);
    assertThat(step.percentile(99)).as("ms, step: %s", step).isLessThan(1_000);
  }

  private void fromZero(String name, Times fromConfirm, Times fromApply) {
    client.resource(YAML.unmarshal("""
        apiVersion: longshore.dev/v1alpha1
        kind: WorkerPool
        metadata: {name: %s}
        spec: {minReplicas: 0, maxReplicas: 20}
        """.formatted(name), WorkerPool.class)).inNamespace(NAMESPACE).create();
    await(name + " is at zero").atMost(LIMIT).until(() -> pool(name).getStatus() != null && pool(name).getStatus().desired() != null);
    long start = System.nanoTime();
    JobRef job = create(job(name, "poolRef: {name: " + name + "}"));
    fromConfirm.add(confirmed(job), pod(name, 1));
    fromApply.add(start, pod(name, 1));
    remove(job);
    client.resource(pool(name)).delete();
  }

  private void ownFromZero(String name, Times times) {
    JobRef job = create(job(name, WORKERS));
    times.add(confirmed(job), pod(name, 1));
    remove(job);
  }

  /** The messages are in the queue, confirmed, and only the suspended job keeps workers from them. */
  private void resumed(String name, Times times) {
    JobRef job = create(job(name, "suspend: true\n  " + WORKERS));
    confirmed(job);
    ledger.beginIntake(job, 1, "reader").orElseThrow();
    ledger.announce(job, 1, ITEMS_OF_TEN);
    CompletableFuture.allOf(IntStream.range(0, 10).mapToObj(i -> queues.publish(job, Kind.WORK, work(i)))
        .toArray(CompletableFuture[]::new)).join();
    ledger.completeIntake(job, 1, ITEMS_OF_TEN);
    await("it has been read").atMost(LIMIT).until(() -> job(job).getStatus().items() != null
        && job(job).getStatus().items().total() != null);
    long start = System.nanoTime();
    client.resources(BatchJob.class).inNamespace(NAMESPACE).withName(name).patch(PatchContext.of(PatchType.JSON_MERGE),
        "{\"spec\": {\"suspend\": false}}");
    times.add(start, pod(name, 10));
    remove(job);
  }

  private void grown(String name, Times times) {
    JobRef job = create(job(name, WORKERS));
    pod(name, 1);
    ledger.beginIntake(job, 1, "reader").orElseThrow();
    ledger.announce(job, 1, ITEMS_OF_TEN / 10);
    await("it has been read").atMost(LIMIT).until(() -> job(job).getStatus().items() != null
        && job(job).getStatus().items().pending() == ITEMS_OF_TEN / 10);
    ledger.announce(job, 1, ITEMS_OF_TEN);
    times.add(System.nanoTime(), pod(name, 2));
    pod(name, 10);
    remove(job);
  }

  // -- the parts of a trial ------------------------------------------------------------------------------------------------------

  private static String job(String name, String where) {
    return """
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: %s}
        spec:
          source: {items: [1]}
          processor: {noop: {}}
          %s
        """.formatted(name, where);
  }

  private static Message.Work work(int chunk) {
    List<byte[]> items = IntStream.range(0, ITEMS_OF_TEN / 10).mapToObj(i -> new byte[] {'1'}).toList();
    long first = (long) chunk * items.size();
    return Message.Work.of(1, new Chunk(IndexSet.range(first, first + items.size() - 1), 1, items));
  }

  private JobRef create(String yaml) {
    return KnownJobs.refOf(client.resource(YAML.unmarshal(yaml, BatchJob.class)).inNamespace(NAMESPACE).create());
  }

  private BatchJob job(JobRef ref) {
    return client.resources(BatchJob.class).inNamespace(NAMESPACE).withName(ref.name()).get();
  }

  private WorkerPool pool(String name) {
    return client.resources(WorkerPool.class).inNamespace(NAMESPACE).withName(name).get();
  }

  /** Deletes a job, whose queues and pool go with it, so that one trial does not weigh on the next. */
  private void remove(JobRef ref) {
    client.resources(BatchJob.class).inNamespace(NAMESPACE).withName(ref.name()).delete();
    await(ref.name() + " is gone").atMost(LIMIT).until(() -> job(ref) == null);
  }

  private List<Long> pods(String pool) {
    return pods.computeIfAbsent(pool, name -> new CopyOnWriteArrayList<>());
  }

  /** When the {@code nth} pod of the pool was seen. */
  private long pod(String pool, int nth) {
    await(nth + " pods of " + pool).atMost(LIMIT).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(5))
        .until(() -> pods(pool).size() >= nth);
    return pods(pool).get(nth - 1);
  }

  /** When the job's first message was confirmed. */
  private long confirmed(JobRef job) {
    await("the first message of " + job).atMost(LIMIT).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(5))
        .until(() -> confirmed.containsKey(job.uid()));
    return confirmed.get(job.uid());
  }

  /** The same queues; notes when the first message of a job was confirmed. */
  private WorkQueues noting(WorkQueues these) {
    Class<?>[] port = {WorkQueues.class};
    return (WorkQueues) Proxy.newProxyInstance(WorkQueues.class.getClassLoader(), port, (proxy, method, args) -> {
      try {
        Object answer = method.invoke(these, args);
        if (method.getName().equals("publish")) {
          ((CompletableFuture<?>) answer).thenRun(() -> confirmed.putIfAbsent(((JobRef) args[0]).uid(), System.nanoTime()));
        }
        return answer;
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    });
  }
}
