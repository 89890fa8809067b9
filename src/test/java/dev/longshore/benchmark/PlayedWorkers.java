package dev.longshore.benchmark;

import dev.longshore.job.Chunk;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import dev.longshore.queue.Delivery;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.queue.rabbitmq.RabbitSettings;
import dev.longshore.queue.rabbitmq.RabbitWorkQueues;
import dev.longshore.store.Heartbeat;
import dev.longshore.store.Ledger;
import dev.longshore.store.Pools;
import dev.longshore.store.Settlement;
import dev.longshore.store.redis.RedisConnection;
import dev.longshore.store.redis.RedisLedger;
import dev.longshore.store.redis.RedisPools;
import dev.longshore.store.redis.RedisSettings;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * One worker of each of many jobs, as Kubernetes, broker and store see it: its pod runs, it consumes both queues, says each second that it
 * lives, and has a lease of what it works on. No process stands behind it.
 */
final class PlayedWorkers implements AutoCloseable {
  static final Duration LEASE = Duration.ofMinutes(10);
  static final int IN_HAND = 20;
  private static final int MOVED_AT_ONCE = 5;
  private static final int LEASE_ROUNDS = 60;
  private static final Message MESSAGE =
      Message.Work.of(1, new Chunk(IndexSet.range(0, 0), 1, List.of("1".getBytes(StandardCharsets.UTF_8))));

  private final KubernetesClient client;
  private final RedisConnection redis;
  private final Ledger ledger;
  private final Pools pools;
  private final RabbitWorkQueues work;
  private final RabbitWorkQueues feeds;
  private final Map<JobRef, Player> players = new ConcurrentHashMap<>();
  private final ScheduledExecutorService thread =
      Executors.newScheduledThreadPool(2, Thread.ofPlatform().daemon().name("played-", 1).factory());
  private int round;

  /** A worker, and the first of the items that it has in hand. */
  private static final class Player {
    final String pod;
    long next;
    volatile boolean moving;

    Player(String pod) {
      this.pod = pod;
    }
  }

  PlayedWorkers(KubernetesClient client, RedisSettings store, RabbitSettings broker) {
    this.client = client;
    redis = new RedisConnection(store);
    ledger = new RedisLedger(redis, LEASE, Ledger.RETRY_GRACE);
    pools = new RedisPools(redis);
    // a connection has no more than 2,047 channels, and each consumer has one
    work = new RabbitWorkQueues(broker);
    feeds = new RabbitWorkQueues(broker);
    thread.scheduleAtFixedRate(this::beat, 1, 1, TimeUnit.SECONDS);
    thread.scheduleAtFixedRate(this::move, 250, 250, TimeUnit.MILLISECONDS);
  }

  /**
   * The pod's worker starts, reads the source of its job and takes the first {@value #IN_HAND} items.
   *
   * @param items that the source has; when there are more, one more message waits behind that which the worker holds
   */
  void start(Pod pod, JobRef job, long items) {
    String name = pod.getMetadata().getName();
    client.pods().inNamespace(job.namespace()).withName(name).editStatus(current -> {
      current.setStatus(new PodStatusBuilder().withPhase("Running").build());
      return current;
    });
    work.consume(job, Kind.WORK, 1, delivery -> { });
    feeds.consume(job, Kind.CONTROL, 1, Delivery::ack);
    ledger.beat(List.of(job), name);
    ledger.beginIntake(job, 1, name).orElseThrow();
    ledger.announce(job, 1, items);
    ledger.completeIntake(job, 1, items);
    ledger.take(job, IndexSet.range(0, IN_HAND - 1), 1, name);
    for (int message = 0; message < (items > IN_HAND ? 2 : 1); message++) {
      work.publish(job, Kind.WORK, MESSAGE).join();
    }
    players.put(job, new Player(name));
  }

  /** From now on items of this job become final, some each quarter of a second. */
  void move(JobRef job) {
    players.get(job).moving = true;
  }

  private void beat() {
    round++;
    players.forEach((job, player) -> {
      pools.beat(new PoolRef(job.namespace(), job.name()),
          new Heartbeat(player.pod, Heartbeat.State.READY, 1, IN_HAND, Set.of(job.uid()), 100, player.next, 20, ""));
      if (Math.floorMod(job.hashCode(), LEASE_ROUNDS) == round % LEASE_ROUNDS) {
        ledger.beat(List.of(job), player.pod);
      }
    });
  }

  private void move() {
    players.forEach((job, player) -> {
      if (player.moving) {
        IndexSet done = IndexSet.range(player.next, player.next + MOVED_AT_ONCE - 1);
        ledger.settle(job, new Settlement(1, player.pod, done, List.of(), List.of(), List.of(), null, Duration.ofMillis(250)));
        long further = player.next + IN_HAND;
        ledger.take(job, IndexSet.range(further, further + MOVED_AT_ONCE - 1), 1, player.pod);
        player.next += MOVED_AT_ONCE;
      }
    });
  }

  @Override
  public void close() {
    thread.shutdownNow();
    work.close();
    feeds.close();
    redis.close();
  }
}
