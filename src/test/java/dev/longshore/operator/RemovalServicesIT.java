package dev.longshore.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.job.JobRef;
import dev.longshore.operator.leftovers.Leftovers;
import dev.longshore.operator.mapping.Policy;
import dev.longshore.operator.reconciler.KnownJobs;
import dev.longshore.process.ChildProcesses;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.queue.rabbitmq.RabbitSettings;
import dev.longshore.queue.rabbitmq.RabbitWorkQueues;
import dev.longshore.runtime.local.kube.CustomResourceInstaller;
import dev.longshore.runtime.local.kube.KubernetesPrograms;
import dev.longshore.runtime.local.kube.LocalKubernetes;
import dev.longshore.runtime.local.kube.RealKubernetes;
import dev.longshore.runtime.local.services.PrivateRabbitMq;
import dev.longshore.runtime.local.services.PrivateRedis;
import dev.longshore.store.Ledger;
import dev.longshore.store.redis.RedisConnection;
import dev.longshore.store.redis.RedisLedger;
import dev.longshore.store.redis.RedisPools;
import dev.longshore.store.redis.RedisSettings;
import dev.longshore.testing.Services;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A real broker and a real store that are stopped while jobs are deleted, and come back to another operator. */
class RemovalServicesIT {
  @RegisterExtension
  static final Services SERVICES = new Services();
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration PATIENCE = Duration.ofSeconds(3);
  private static final String NAMESPACE = "default";

  @TempDir
  Path folder;

  @Test
  void whatDeletedJobsLeftInServicesThatWereAwayIsGoneInTheEnd() throws Exception {
    try (ChildProcesses children = new ChildProcesses();
        PrivateRabbitMq rabbit = SERVICES.ownRabbit();
        PrivateRedis store = SERVICES.ownRedis();
        LocalKubernetes api = new RealKubernetes(KubernetesPrograms.require(), children, folder, false, InstantSource.system());
        KubernetesClient client = new KubernetesClientBuilder().withConfig(api.clientConfig()).build()) {
      new CustomResourceInstaller(client, RemovalServicesIT.class.getClassLoader()).install(client);
      JobRef first;
      JobRef second;
      try (Replica replica = new Replica(client, rabbit, store)) {
        first = running(client, replica, "first");
        second = running(client, replica, "second");

        rabbit.stop();
        delete(client, first);
        assertThat(replica.ledger.spec(first)).as("the store was there").isEmpty();
        store.stop();
        delete(client, second);
        assertThat(client.resources(WorkerPool.class).inNamespace(NAMESPACE).list().getItems()).as("pools").isEmpty();
        assertThat(gaveWay(client)).containsExactlyInAnyOrder("BatchJob first", "BatchJob second", "WorkerPool second");
      }
      rabbit.start();
      store.start();
      try (Replica next = new Replica(client, rabbit, store)) {
        for (JobRef job : List.of(first, second)) {
          await("the queues of " + job + " are swept").atMost(LIMIT).ignoreException(QueueUnavailableException.class)
              .until(() -> !next.queues.depth(job, Kind.WORK).exists() && !next.queues.depth(job, Kind.CONTROL).exists()
                  && !next.queues.depth(job, Kind.DEAD).exists());
          await("the account of " + job + " is swept").atMost(LIMIT).until(() -> next.ledger.spec(job).isEmpty());
        }
        await("nothing is remembered any more").atMost(LIMIT)
            .until(() -> client.configMaps().inNamespace(NAMESPACE).withName(Leftovers.NAME).get() == null);
      }
    }
  }

  private static JobRef running(KubernetesClient client, Replica replica, String name) {
    JobRef job = KnownJobs.refOf(client.resources(BatchJob.class).inNamespace(NAMESPACE)
        .load(new ByteArrayInputStream(OperatorScene.TRACKS.replace("name: tracks", "name: " + name).getBytes(StandardCharsets.UTF_8))).create());
    await(job + " is fed").atMost(LIMIT).until(() -> replica.ledger.spec(job).isPresent() && replica.queues.depth(job, Kind.CONTROL).ready() == 1);
    return job;
  }

  private static void delete(KubernetesClient client, JobRef job) {
    client.resources(BatchJob.class).inNamespace(NAMESPACE).withName(job.name()).delete();
    await(job + " gives way").atMost(LIMIT).until(() -> client.resources(BatchJob.class).inNamespace(NAMESPACE).withName(job.name()).get() == null);
  }

  private static List<String> gaveWay(KubernetesClient client) {
    return client.v1().events().inNamespace(NAMESPACE).list().getItems().stream().filter(event -> event.getReason().equals("CleanupGaveWay"))
        .map(event -> event.getInvolvedObject().getKind() + " " + event.getInvolvedObject().getName()).toList();
  }

  /** An operator with its own connections, which ends with them. */
  private static final class Replica implements AutoCloseable {
    private final RedisConnection redis;
    private final Ledger ledger;
    private final RabbitWorkQueues queues;
    private final OperatorService operator;

    Replica(KubernetesClient client, PrivateRabbitMq rabbit, PrivateRedis store) {
      redis = new RedisConnection(new RedisSettings(store.url(), store.password()));
      ledger = new RedisLedger(redis, Duration.ofSeconds(15), Ledger.RETRY_GRACE);
      queues = RabbitWorkQueues.ofOperator(new RabbitSettings(rabbit.url(), rabbit.username(), rabbit.password(), "removal"));
      operator = new OperatorService(client, ledger, new RedisPools(redis), queues, new OperatorSettings("removal", Set.of(NAMESPACE), false,
          NAMESPACE, "example.org/longshore:1", List.of(), OperatorSettings.defaultWorkerResources(), OperatorSettings.AUDIT_QUIET, PATIENCE,
          Policy.cluster()), InstantSource.system(), new SimpleMeterRegistry(), () -> { });
      operator.start();
    }

    @Override
    public void close() {
      operator.stop();
      queues.close();
      redis.close();
    }
  }
}
