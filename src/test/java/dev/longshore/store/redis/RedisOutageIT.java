package dev.longshore.store.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.runtime.local.services.PrivateRedis;
import dev.longshore.store.Accounts;
import dev.longshore.store.LedgerGoneException;
import dev.longshore.store.StoreFullException;
import dev.longshore.store.StoreRefusedException;
import dev.longshore.store.StoreUnavailableException;
import dev.longshore.testing.Services;
import io.vertx.redis.client.Command;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a ledger does when its Redis goes away, is full, is set up wrong, or comes back empty. */
class RedisOutageIT {
  @RegisterExtension
  static final Services SERVICES = new Services();

  private static final Duration LEASE = Duration.ofSeconds(30);

  private final JobRef job = Accounts.newJob();
  private PrivateRedis server;
  private RedisConnection redis;
  private RedisLedger ledger;

  @BeforeEach
  void start() {
    server = SERVICES.ownRedis();
    redis = new RedisConnection(new RedisSettings(server.url(), server.password()));
    ledger = new RedisLedger(redis, LEASE);
    ledger.open(job, Accounts.spec(), null);
  }

  @AfterEach
  void end() throws Exception {
    ledger.close();
    redis.close();
    server.close();
  }

  @Test
  void aCallFailsSoonWhileRedisIsAwayAndAllGoesOnWhenItIsBack() throws Exception {
    Set<JobRef> heard = ConcurrentHashMap.newKeySet();
    ledger.take(job, IndexSet.range(0, 9), 1, "w1");
    try (AutoCloseable listening = ledger.listen(heard::add)) {
      server.stop();

      long before = System.nanoTime();
      assertThatThrownBy(() -> ledger.take(job, IndexSet.range(0, 9), 1, "w2")).isInstanceOf(StoreUnavailableException.class)
          .hasMessageContaining(server.url());
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(5));
      assertThat(ledger.health().up()).isFalse();

      server.start();
      await().atMost(Duration.ofSeconds(20)).ignoreExceptions().until(() -> ledger.health().up());
      assertThat(ledger.take(job, IndexSet.range(0, 9), 1, "w2").leased()).isEqualTo(IndexSet.range(0, 9));
      await().atMost(Duration.ofSeconds(20)).ignoreExceptions().until(() -> {
        JobRef failing = Accounts.newJobIn(ledger);
        ledger.fail(failing, "InvalidSource", "x");
        return !heard.isEmpty();
      });
    }
  }

  @Test
  void aFullRedisIsToldApartAndLeavesNoHalfStep() {
    ledger.take(job, IndexSet.range(0, 9), 2, "w1");
    redis.call(Command.CONFIG, "SET", "maxmemory", "1mb");

    assertThatThrownBy(() -> ledger.take(job, IndexSet.range(10, 19), 1, "w1")).isInstanceOf(StoreFullException.class);
    assertThatThrownBy(() -> ledger.settle(job, Accounts.success(IndexSet.range(0, 9), 2, "w1", "w1"))).isInstanceOf(StoreFullException.class);
    // its first write would need no memory, its second would
    assertThatThrownBy(() -> ledger.release(job, IndexSet.range(3, 4), 2, "w1")).isInstanceOf(StoreFullException.class);
    assertThat(ledger.audit(job).violations()).isEmpty();
    assertThat(ledger.audit(job).leasedItems()).isEqualTo(10);
    ledger.delete(job);

    redis.call(Command.CONFIG, "SET", "maxmemory", "0");
    assertThat(ledger.open(job, Accounts.spec(), null)).isTrue();
  }

  @Test
  void aRedisThatDropsKeysIsRefused() {
    ledger.take(job, IndexSet.range(0, 9), 1, "w1");
    redis.call(Command.CONFIG, "SET", "maxmemory-policy", "allkeys-lru");

    assertThat(ledger.health().up()).isFalse();
    assertThat(ledger.health().message()).contains("allkeys-lru").contains("noeviction");
    await().atMost(Duration.ofSeconds(20)).until(() -> ledger.refusal().isPresent());
    JobRef other = Accounts.newJob();
    assertThatThrownBy(() -> ledger.open(other, Accounts.spec(), null)).isInstanceOf(StoreRefusedException.class).hasMessageContaining("noeviction");
    assertThatThrownBy(() -> ledger.take(job, IndexSet.range(10, 19), 1, "w1")).isInstanceOf(StoreRefusedException.class);
    // what was begun before can be brought to its end
    ledger.settle(job, Accounts.success(IndexSet.range(0, 9), 1, "w1", "w1"));

    redis.call(Command.CONFIG, "SET", "maxmemory-policy", "noeviction");
    await().atMost(Duration.ofSeconds(20)).until(() -> ledger.refusal().isEmpty());
    assertThat(ledger.open(other, Accounts.spec(), null)).isTrue();
    assertThat(ledger.take(job, IndexSet.range(10, 19), 1, "w1").yours()).isEqualTo(IndexSet.range(10, 19));
    assertThat(ledger.audit(job).violations()).isEmpty();
  }

  @Test
  void anEmptyRedisIsALostLedgerAndNoEmptyJob() {
    redis.call(Command.FLUSHALL);

    assertThatThrownBy(() -> ledger.take(job, IndexSet.range(0, 9), 1, "w1")).isInstanceOf(LedgerGoneException.class);
  }

  @Test
  void waitsWhenRedisDoesNotSyncEachWrite() {
    redis.call(Command.CONFIG, "SET", "appendfsync", "everysec");

    long before = System.nanoTime();
    ledger.awaitDurable(job);

    // at once on 7.2 and later, which can be asked
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(6));
    if (redis.call(Command.COMMAND, "INFO", "WAITAOF").get(0) == null) {
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThan(Duration.ofMillis(1_990));
    }
    assertThat(ledger.audit(job).violations()).isEmpty();
  }
}
