package dev.longshore.store.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import dev.longshore.store.Accounts;
import dev.longshore.store.Heartbeat;
import dev.longshore.store.Ledger;
import dev.longshore.store.StoreUnavailableException;
import dev.longshore.testing.RedisServers;
import dev.longshore.testing.Services;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The contract on a Redis Cluster of three nodes, whose jobs lie on all of them. */
class RedisClusterIT extends RedisLedgerContract {
  @RegisterExtension
  static final Services SERVICES = new Services();
  @TempDir
  static Path folder;

  private static RedisServers servers;
  private static RedisConnection redis;
  private static RedisLedger ledger;

  @BeforeAll
  static void start() {
    servers = RedisServers.cluster(SERVICES.children(), folder, 3);
    redis = new RedisConnection(new RedisSettings(servers.url(), RedisServers.PASSWORD));
    ledger = new RedisLedger(redis, LEASE);
  }

  @AfterAll
  static void stop() {
    if (redis != null) {
      ledger.close();
      redis.close();
      servers.close();
    }
  }

  @Override
  protected Ledger ledger() {
    return ledger;
  }

  @Override
  RedisConnection redis() {
    return redis;
  }

  @Override
  protected int randomRuns() {
    return 3;
  }

  @Test
  void manyJobsAreReadInOneRoundFromAllNodes() {
    List<JobRef> jobs = Stream.generate(() -> Accounts.newJobIn(ledger)).limit(60).toList();
    Set<RedisAddress.Node> nodes = jobs.stream().map(job -> redis.server(RedisKeys.meta(job))).collect(java.util.stream.Collectors.toSet());
    assertThat(nodes).as("nodes that have some of 60 jobs").hasSize(3);
    jobs.forEach(job -> ledger.announce(job, 1, job.uid().charAt(0)));

    assertThat(ledger.read(jobs)).hasSize(60).allSatisfy((job, reading) -> assertThat(reading.counts().known()).isEqualTo(job.uid().charAt(0)));
    assertThat(ledger.beat(jobs, "w1")).isEmpty();
  }

  @Test
  void heartbeatsOfManyPoolsAreReadFromAllNodes() {
    RedisPools pools = new RedisPools(redis);
    List<PoolRef> all = IntStream.range(0, 30).mapToObj(i -> new PoolRef("tests", "pool-" + i)).toList();
    all.forEach(pool -> pools.beat(pool, new Heartbeat(pool.name(), Heartbeat.State.READY, 0, 0, null, Set.of(), 0, 0, 0, "")));

    assertThat(pools.heartbeats(all)).hasSize(30).allSatisfy((pool, beats) -> {
      assertThat(beats).containsOnlyKeys(pool.name());
      assertThat(beats.get(pool.name()).age()).isLessThan(Duration.ofSeconds(20));
    });
  }

  @Test
  void eventsReachAListenerOnAnyNode() throws Exception {
    List<JobRef> heard = new CopyOnWriteArrayList<>();
    try (AutoCloseable listening = ledger.listen(heard::add)) {
      // repeated, because a subscription takes a moment
      await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
        ledger.fail(Accounts.newJobIn(ledger), "Test", "told");
        assertThat(heard.stream().map(job -> redis.server(RedisKeys.meta(job))).distinct()).as("nodes of whose jobs it heard").hasSize(3);
      });
    }
  }

  @Test
  void aMoveOfASlotIsFollowed() {
    JobRef moved = Accounts.newJobIn(ledger);
    ledger.take(moved, set("0-9"), 1, "w1");
    ledger.beginIntake(moved, 1, "w1");
    ledger.advance(moved, 1, 0, "here");
    int slot = HashSlot.of(RedisKeys.meta(moved));
    RedisAddress.Node from = redis.server(RedisKeys.meta(moved));
    List<RedisServers.Server> all = IntStream.range(0, 3).mapToObj(servers::server).toList();
    RedisServers.Server source = all.stream().filter(server -> server.port() == from.port()).findFirst().orElseThrow();
    RedisServers.Server target = all.stream().filter(server -> server != source).findFirst().orElseThrow();
    String sourceId = source.call("CLUSTER", "MYID");
    String targetId = target.call("CLUSTER", "MYID");
    target.call("CLUSTER", "SETSLOT", "" + slot, "IMPORTING", sourceId);
    source.call("CLUSTER", "SETSLOT", "" + slot, "MIGRATING", targetId);
    for (String key : source.call("CLUSTER", "GETKEYSINSLOT", "" + slot, "100").split("\n")) {
      source.call("MIGRATE", "127.0.0.1", "" + target.port(), key, "0", "2000", "AUTH", RedisServers.PASSWORD);
    }
    // every key is gone from the source, which still owns the slot: it sends to the other for each call
    assertThat(ledger.position(moved)).contains("here");
    assertThatThrownBy(() -> ledger.take(moved, set("10-19"), 1, "w1")).as("several keys, while they move").isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("TRYAGAIN");

    target.call("CLUSTER", "SETSLOT", "" + slot, "NODE", targetId);
    source.call("CLUSTER", "SETSLOT", "" + slot, "NODE", targetId);
    assertThat(ledger.take(moved, set("20-29"), 1, "w1").yours()).isEqualTo(set("20-29"));
    assertThat(ledger.read(List.of(moved)).get(moved).counts().inFlight()).isEqualTo(20);
    await().atMost(Duration.ofSeconds(5)).until(() -> {
      ledger.read(List.of(moved));
      return redis.server(RedisKeys.meta(moved)).port() == target.port();
    });
  }
}
