package dev.longshore.store.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec.DedupScope;
import dev.longshore.store.Accounts;
import dev.longshore.store.Identities.Identified;
import dev.longshore.store.IdentitiesContract;
import dev.longshore.store.Ledger;
import dev.longshore.testing.Services;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The contract of identities on a real Redis. */
class RedisIdentitiesIT extends IdentitiesContract {
  @RegisterExtension
  static final Services SERVICES = new Services();

  private static RedisConnection redis;
  private static RedisLedger ledger;

  @BeforeAll
  static void connect() {
    redis = new RedisConnection(new RedisSettings(SERVICES.redisUrl(), SERVICES.redisPassword()));
    ledger = new RedisLedger(redis, Duration.ofSeconds(10));
  }

  @AfterAll
  static void disconnect() {
    ledger.close();
    redis.close();
  }

  @Override
  protected Ledger ledger() {
    return ledger;
  }

  @Test
  void everythingThatOutlivesAJobExpires() {
    JobRef job = new JobRef("expiry", "once", java.util.UUID.randomUUID().toString());
    ledger.open(job, Accounts.spec(), null);
    ledger.identities().register(job);
    List<Identified> items = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      items.add(new Identified(i, "%022d".formatted(i)));
    }
    ledger.identities().record(job, items, false);
    ledger.identities().claim(job, DedupScope.NAMESPACE, Duration.ofHours(1), items, false);
    ledger.delete(job);

    List<String> left = keys("longshore:expiry:*");
    assertThat(left).isNotEmpty().allSatisfy(RedisIdentitiesIT::expires);
  }

  private static void expires(String key) {
    assertThat(redis.call(Command.PTTL, key).toLong()).as("time to live of %s", key).isPositive();
  }

  @Test
  void noNameStaysForGood() {
    JobRef kept = new JobRef("names", "once", java.util.UUID.randomUUID().toString());
    JobRef brief = new JobRef("names", "once", java.util.UUID.randomUUID().toString());
    ledger.open(kept, Accounts.spec(), null);
    ledger.identities().register(kept);
    ledger.identities().record(kept, List.of(new Identified(0, "%022d".formatted(0))), false);
    ledger.delete(kept);
    ledger.open(brief, Accounts.specDeduplicating(DedupScope.JOB, Duration.ofHours(1), Duration.ZERO), null);
    ledger.identities().register(brief);
    ledger.delete(brief);
    assertThat(keys("longshore:names:*")).isNotEmpty().allSatisfy(RedisIdentitiesIT::expires);
  }

  @Test
  void aJobThatIsDeletedWhileItsSourceOpensLeavesNoName() {
    JobRef late = new JobRef("late", "once", java.util.UUID.randomUUID().toString());
    ledger.open(late, Accounts.spec(), null);
    ledger.delete(late);
    ledger.identities().register(late);
    assertThat(keys("longshore:late:*")).isEmpty();
  }

  private static List<String> keys(String pattern) {
    List<String> keys = new ArrayList<>();
    for (Response key : redis.call(Command.KEYS, pattern)) {
      keys.add(key.toString());
    }
    return keys;
  }
}
