package dev.longshore.operator.testing;

import static org.awaitility.Awaitility.await;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.api.v1alpha1.WorkerPoolStatus;
import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import dev.longshore.operator.OperatorService;
import dev.longshore.operator.OperatorSettings;
import dev.longshore.operator.mapping.Policy;
import dev.longshore.operator.reconciler.KnownJobs;
import dev.longshore.operator.status.Conditions;
import dev.longshore.queue.WorkQueues;
import dev.longshore.store.Heartbeat;
import dev.longshore.store.JobReading;
import dev.longshore.store.Ledger;
import dev.longshore.store.Pools;
import dev.longshore.store.Pools.Assignment;
import dev.longshore.store.Settlement;
import dev.longshore.store.memory.MemoryLedger;
import dev.longshore.store.memory.MemoryPools;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** An operator between a Kubernetes API, a ledger in memory and recorded queues; the test plays the workers. */
public final class OperatorRig implements AutoCloseable {
  public static final Duration SOON = Duration.ofSeconds(10);

  public final KubernetesClient client;
  public final String namespace;
  public final RecordingQueues queues = new RecordingQueues();
  /** Of ledger and pools. */
  public final Switch store = new Switch();
  /** Of all that the operator changes outside of Kubernetes. */
  public final Switch all = new Switch();
  private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);
  private final InstantSource clock = () -> Instant.now().plus(ahead.get());
  public final Ledger ledger = new MemoryLedger(clock, Duration.ofSeconds(10));
  public final Pools pools = new MemoryPools(clock);
  /** Of the next operator that is started. */
  public Duration auditQuiet = OperatorSettings.AUDIT_QUIET;
  /** Of the next operator that is started; its own, and the jobs', unless told otherwise. */
  public String leaseNamespace;
  private OperatorService operator;

  public OperatorRig(KubernetesClient client, String namespace) {
    this.client = client;
    this.namespace = namespace;
    leaseNamespace = namespace;
    client.resource(new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build()).create();
    start();
  }

  public void start() {
    start(false, () -> {});
  }

  public void start(boolean elected, Runnable leadershipLost) {
    OperatorSettings settings = new OperatorSettings("test", Set.of(namespace), elected, leaseNamespace, "example.org/longshore:1", List.of(),
        OperatorSettings.defaultWorkerResources(), auditQuiet, OperatorSettings.FINALIZER_PATIENCE,
        Policy.cluster());
    operator = new OperatorService(client, all.guard(Ledger.class, store.guard(Ledger.class, ledger)),
        all.guard(Pools.class, store.guard(Pools.class, pools)), all.guard(WorkQueues.class, queues), settings, clock,
        new SimpleMeterRegistry(), leadershipLost);
    operator.start();
  }

  public void stop() {
    operator.stop();
  }

  public OperatorService operator() {
    return operator;
  }

  /** Moves everybody's clock, and has each pool looked at, which a timer would do that began before. */
  public void later(Duration by) {
    Duration now = ahead.updateAndGet(before -> before.plus(by));
    Stream.<HasMetadata>concat(pods().stream(), client.policy().v1().podDisruptionBudget().inNamespace(namespace).list().getItems().stream())
        .forEach(owned -> touch(owned, now));
  }

  private void touch(HasMetadata owned, Duration now) {
    try {
      client.resource(owned).patch(PatchContext.of(PatchType.JSON_MERGE), "{\"metadata\": {\"annotations\": {\"later\": \"" + now + "\"}}}");
    } catch (KubernetesClientException e) {
      // the operator may have removed it since it was listed
      if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
        throw e;
      }
    }
  }

  public JobRef create(String yaml) {
    return KnownJobs.refOf(client.resources(BatchJob.class).inNamespace(namespace).load(yaml(yaml)).create());
  }

  private static InputStream yaml(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  public WorkerPool createPool(String yaml) {
    return client.resources(WorkerPool.class).inNamespace(namespace).load(yaml(yaml)).create();
  }

  public PoolRef poolRef(String name) {
    return new PoolRef(namespace, name);
  }

  public BatchJob job(JobRef ref) {
    return client.resources(BatchJob.class).inNamespace(namespace).withName(ref.name()).get();
  }

  public WorkerPool pool(String name) {
    return client.resources(WorkerPool.class).inNamespace(namespace).withName(name).get();
  }

  public List<Pod> pods() {
    return client.pods().inNamespace(namespace).list().getItems();
  }

  public void awaitPhase(JobRef ref, String phase) {
    await("phase " + phase).atMost(SOON).until(() -> {
      BatchJob job = job(ref);
      return job.getStatus() != null && phase.equals(job.getStatus().phase());
    });
  }

  public boolean isTrue(JobRef ref, String condition) {
    BatchJob job = job(ref);
    return job.getStatus() != null && Conditions.isTrue(job.getStatus().conditions(), condition);
  }

  public void awaitReason(JobRef ref, String condition, String reason) {
    await(condition + " " + reason).atMost(SOON).until(() -> {
      BatchJob job = job(ref);
      return job.getStatus() != null && Conditions.find(job.getStatus().conditions(), condition)
          .filter(found -> reason.equals(found.getReason())).isPresent();
    });
  }

  public void awaitPoolStatus(String pool, Predicate<WorkerPoolStatus> holds) {
    await("pool " + pool).atMost(SOON).until(() -> pool(pool).getStatus() != null && holds.test(pool(pool).getStatus()));
  }

  public void awaitPoolReason(String pool, String reason) {
    awaitPoolStatus(pool, status -> status.conditions().stream().anyMatch(condition -> condition.getReason().equals(reason)));
  }

  public void awaitPods(int count) {
    await(count + " pods").atMost(SOON).until(() -> pods().size() == count);
  }

  /** What a kubelet would say of a pod. */
  public void podPhase(Pod pod, String phase) {
    client.pods().inNamespace(namespace).withName(pod.getMetadata().getName())
        .editStatus(current -> {
          current.setStatus(new PodStatusBuilder().withPhase(phase).build());
          return current;
        });
  }

  public void beat(Pod pod, Heartbeat.State state) {
    pools.beat(new PoolRef(namespace, pod.getMetadata().getLabels().get("longshore.dev/pool")),
        new Heartbeat(pod.getMetadata().getName(), state, 0, 0, Duration.ZERO, Set.of(), 0, 0, 10, ""));
  }

  /** What a worker that reads the source tells the ledger. */
  public void intake(JobRef ref, long items) {
    ledger.beginIntake(ref, 1, "reader").orElseThrow();
    ledger.announce(ref, 1, items);
    ledger.completeIntake(ref, 1, items);
  }

  /** What a worker that does all of {@code indexes} tells it. */
  public void succeed(JobRef ref, IndexSet indexes) {
    ledger.take(ref, indexes, 1, "worker");
    ledger.settle(ref, new Settlement(1, "worker", indexes, List.of(), List.of(), List.of(), null, Duration.ofMillis(5)));
  }

  /** What a worker that cannot do an item tells it. */
  public void fail(JobRef ref, long index, String message) {
    IndexSet one = IndexSet.range(index, index);
    ledger.take(ref, one, 1, "worker");
    ledger.settle(ref, new Settlement(1, "worker", IndexSet.empty(), List.of(new Settlement.Failed(index, new Failure("http 404", message))),
        List.of(), List.of(), null, Duration.ofMillis(5)));
  }

  /** Changes a resource as {@code kubectl patch --type=merge} does; {@code null} takes a field away. */
  public void patch(JobRef ref, String spec) {
    client.resources(BatchJob.class).inNamespace(namespace).withName(ref.name())
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\": " + spec + "}");
  }

  public JobReading reading(JobRef ref) {
    return ledger.read(List.of(ref)).get(ref);
  }

  public Assignment assignment(String pool) {
    return pools.assignment(poolRef(pool)).orElseThrow();
  }

  @Override
  public void close() {
    operator.stop();
  }
}
